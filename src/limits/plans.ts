/** The plans: which limits an API key may be given, by default or as the operator's JSON says. */
import { invalid, Violations } from '../otp/error.ts';
import { MONTH } from '../ports/limits.ts';
import type { LimitWindow } from '../ports/store.ts';

/** A plan: the limits of a key, under a name. */
export interface Plan {
  readonly name: string;
  /** The limits, shortest window first; none: unlimited. */
  readonly windows: readonly LimitWindow[];
  /** The most WatchToken streams that one key may have open. */
  readonly streams: number;
}

/** The plans without their months, made once for each: what shares a batch is told apart by identity. */
const withoutMonths = new WeakMap<Plan, Plan>();

/** The plan as it holds for a call that costs no credits. */
export function withoutMonth(plan: Plan): Plan {
  const known = withoutMonths.get(plan);
  if (known !== undefined) return known;
  const without = { ...plan, windows: plan.windows.filter((window) => window.name !== MONTH) };
  withoutMonths.set(plan, without);
  return without;
}

/** Plans by name, in the order configured. */
export type Plans = ReadonlyMap<string, Plan>;

/** In ms; of the calendar month that of the longest. */
const PERIODS = { minute: 60_000, hour: 3_600_000, day: 86_400_000, [MONTH]: 31 * 86_400_000 } as const;
type WindowName = keyof typeof PERIODS;
const WINDOW_NAMES = ['minute', 'hour', 'day', MONTH] as const satisfies readonly WindowName[];
const MEMBERS: readonly string[] = [...WINDOW_NAMES, 'streams'];

const MAX_LIMIT = 1_000_000_000;
const MAX_STREAMS = 10_000;
const DEFAULT_STREAMS = 100;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

/** The plans in force if the operator names no others. */
export const DEFAULT_PLANS: Plans = byName([
  plan('free', { minute: 5, hour: 100 }),
  plan('pro', { minute: 30, hour: 1000, day: 10_000 }),
  plan('ultra', { minute: 100, hour: 5000 }),
  plan('unlimited', {}),
]);

/** Whether a text may name a plan: 1 to 32 letters, digits, dashes and underscores, the first a letter or digit. */
export function isPlanName(text: string): boolean {
  return NAME.test(text);
}

/**
 * Reads plans from JSON: `{"free": {"minute": 5, "month": 1000, "streams": 10}}`. A window left out or null does not limit; `streams` is 100
 * if left out. They take the place of the default plans. Throws `InvalidInputError` with every mistake, each under its path (`free.minute`).
 */
export function parsePlans(json: string): Plans {
  const members = membersOf(parseJson(json));
  if (members === undefined) throw invalid('the file', 'must be a JSON object of plans by name, such as {"free": {"minute": 5}}');
  if (members.length === 0) throw invalid('the file', 'must hold at least one plan');
  const violations = new Violations();
  const plans = members.map(([name, value]) => parsePlan(name, value, violations));
  violations.throwIfAny();
  return byName(plans);
}

/**
 * The plan of a key. A key whose plan is no longer configured falls to the strictest one that is: a plan that was renamed or mistyped then
 * neither locks its keys out nor frees them of limits.
 */
export function planOf(plans: Plans, name: string): Plan {
  const found = plans.get(name) ?? strictest(plans);
  if (found === undefined) throw new RangeError('no plan is configured');
  return found;
}

function strictest(plans: Plans): Plan | undefined {
  return [...plans.values()].toSorted((one, other) => sustainedRate(one) - sustainedRate(other))[0];
}

/** Calls per ms that a plan allows in the long run. */
function sustainedRate(plan: Plan): number {
  return Math.min(Number.MAX_VALUE, ...plan.windows.map((window) => window.limit / window.periodMs));
}

function parsePlan(name: string, value: unknown, violations: Violations): Plan {
  const path = printable(name);
  if (!isPlanName(name)) violations.add(path, 'must be named with 1 to 32 letters, digits, - and _, the first a letter or digit');
  const members = membersOf(value);
  if (members === undefined) {
    violations.add(path, 'must be an object, such as {"minute": 5, "hour": 100}');
    return plan(name, {});
  }
  for (const [member] of members)
    if (!MEMBERS.includes(member)) violations.add(`${path}.${printable(member)}`, `is not known; use ${MEMBERS.join(', ')}`);
  const given = new Map(members);
  const limits: Partial<Record<WindowName, number>> = {};
  for (const window of WINDOW_NAMES) {
    const limit = wholeNumber(given.get(window), `${path}.${window}`, 1, MAX_LIMIT, violations);
    if (limit !== undefined) limits[window] = limit;
  }
  return plan(name, limits, wholeNumber(given.get('streams'), `${path}.streams`, 0, MAX_STREAMS, violations));
}

function wholeNumber(value: unknown, path: string, least: number, most: number, violations: Violations): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  violations.add(path, `must be a whole number from ${least} to ${most}`);
  return undefined;
}

function plan(name: string, limits: Partial<Record<WindowName, number>>, streams: number = DEFAULT_STREAMS): Plan {
  const windows = WINDOW_NAMES.flatMap((window) => {
    const limit = limits[window];
    // A failed call is not paid for, but it did cost: the minute, which guards the service, keeps it.
    return limit === undefined ? [] : [{ name: window, periodMs: PERIODS[window], limit, refundable: window !== 'minute' }];
  });
  return { name, windows, streams };
}

function byName(plans: readonly Plan[]): Plans {
  return new Map(plans.map((plan) => [plan.name, plan]));
}

/** The parsed text, or undefined if it is no JSON: the parser's own message would quote a file that may be the wrong one. */
function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function membersOf(value: unknown): [string, unknown][] | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined;
}

/** A name from the file as it may stand in a message: short ASCII. */
function printable(name: string): string {
  return /^[\x21-\x7e]{1,32}$/.test(name) ? name : '?';
}
