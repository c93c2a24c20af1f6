/** The plans: the limits that an API key can have, built in or read from the operator's JSON. */
import { invalid, Violations } from '../otp/error.ts';
import { MONTH } from '../ports/limits.ts';
import type { LimitWindow } from '../ports/store.ts';
import { hasMemberTwice } from '../util/json-text.ts';

/** A plan: named limits for an API key. */
export interface Plan {
  readonly name: string;
  /** The limits, shortest window first; empty for an unlimited plan. */
  readonly windows: readonly LimitWindow[];
  /** The most WatchToken streams that one key may have open. */
  readonly streams: number;
}

/** Each plan without its month, made once: batches compare plans by identity. */
const withoutMonths = new WeakMap<Plan, Plan>();

/** The plan for a call that costs no credits. */
export function withoutMonth(plan: Plan): Plan {
  const known = withoutMonths.get(plan);
  if (known !== undefined) return known;
  const without = { ...plan, windows: plan.windows.filter((window) => window.name !== MONTH) };
  withoutMonths.set(plan, without);
  return without;
}

/** Plans by name, in the order configured. */
export type Plans = ReadonlyMap<string, Plan>;

/** In ms; for the calendar month, that of the longest month. */
const PERIODS = { minute: 60_000, hour: 3_600_000, day: 86_400_000, [MONTH]: 31 * 86_400_000 } as const;
type WindowName = keyof typeof PERIODS;
const WINDOW_NAMES = ['minute', 'hour', 'day', MONTH] as const satisfies readonly WindowName[];
const MEMBERS: readonly string[] = [...WINDOW_NAMES, 'streams'];

const MAX_LIMIT = 1_000_000_000;
const MAX_STREAMS = 10_000;
const DEFAULT_STREAMS = 100;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

/** The plans if the operator configures none. */
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
 * Reads plans from JSON: `{"free": {"minute": 5, "month": 1000, "streams": 10}}`. A window that is absent or null does not limit; `streams` is 100 if
 * absent. The plans replace the default plans. Throws `InvalidInputError` with every mistake, each under its path (`free.minute`).
 */
export function parsePlans(json: string): Plans {
  const value = parseJson(json);
  const members = membersOf(value);
  if (members === undefined) throw invalid('the file', 'must be a JSON object of plans by name, such as {"free": {"minute": 5}}');
  if (members.length === 0) throw invalid('the file', 'must hold at least one plan');
  if (hasMemberTwice(json, value)) throw invalid('the file', 'has a plan or a limit twice: remove one of the two');
  const violations = new Violations();
  const plans = members.map(([name, value]) => parsePlan(name, value, violations));
  violations.throwIfAny();
  return byName(plans);
}

/**
 * The plan of a key. A key whose plan is no longer configured gets the strictest configured plan: a renamed or mistyped plan then neither locks its keys
 * out nor lifts their limits.
 */
export function planOf(plans: Plans, name: string): Plan {
  const found = plans.get(name) ?? strictest(plans);
  if (found === undefined) throw new RangeError('no plan is configured');
  return found;
}

function strictest(plans: Plans): Plan | undefined {
  return [...plans.values()].toSorted((one, other) => sustainedRate(one) - sustainedRate(other))[0];
}

/** The calls per ms that a plan allows in the long run. */
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
    // A failed call is refunded, except to the minute: the call did use the server, which the minute protects.
    return limit === undefined ? [] : [{ name: window, periodMs: PERIODS[window], limit, refundable: window !== 'minute' }];
  });
  return { name, windows, streams };
}

function byName(plans: readonly Plan[]): Plans {
  return new Map(plans.map((plan) => [plan.name, plan]));
}

/** Parses a text; returns undefined if it is not JSON. The parser's message would quote the file, which may be the wrong file. */
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

/** A name from the file in a form that is safe in a message: short ASCII. */
function printable(name: string): string {
  return /^[\x21-\x7e]{1,32}$/.test(name) ? name : '?';
}
