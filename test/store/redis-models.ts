/** Models of the Redis scripts: the rules with the simplest possible state, and the calls that tests make on both. */
import fc from 'fast-check';
import {
  addCredits,
  advanceMonth,
  emptyMonth,
  type MonthLog,
  monthStateOf,
  monthWaitMs,
  takeCreditsBack,
} from '../../src/limits/calendar-month.ts';
import { addCall, advance, emptyLog, stateOf, takeBack, type WindowLog, waitMs } from '../../src/limits/sliding-window.ts';
import type { Attempt, CodeState, FormerState, Judgement, NotJudged, Preview, Reset, StateName } from '../../src/ports/codes.ts';
import { MONTH, refundedWindows } from '../../src/ports/limits.ts';
import type { ChargeResult, LimitWindow, RefundOptions, WindowUsage } from '../../src/ports/store.ts';
import {
  ANSWER_KEPT_MS,
  forgiven,
  isKept,
  judge,
  mayHaveFormer,
  presentState,
  reset,
  unlocked,
  withFormer,
} from '../../src/verification/rules.ts';
import { HOUR, MINUTE } from '../auth/fixtures.ts';

const LARGEST = Number.MAX_SAFE_INTEGER;

/** The windows of a plan. */
export const WINDOWS: readonly LimitWindow[] = [
  { name: 'minute', periodMs: MINUTE, limit: 4, refundable: false },
  { name: 'hour', periodMs: HOUR, limit: 12, refundable: true },
  { name: 'day', periodMs: 24 * HOUR, limit: 40, refundable: true },
  { name: 'month', periodMs: 31 * 24 * HOUR, limit: 100, refundable: true },
];

const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const step = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 9 }) },
  { weight: 4, arbitrary: fc.integer({ min: 30, max: 60 }) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 1000 }) },
  { weight: 1, arbitrary: fc.integer({ min: LARGEST - 3, max: LARGEST }) },
);
/** Attempts on two secrets under several names, some with one of three request ids. */
export const attempts: fc.Arbitrary<Omit<Attempt, 'former'>> = fc
  .record({
    /** The number of further codes before the last one. */
    before: fc.constantFrom(0, 0, 0, 1, 2),
    fingerprint: fc.constantFrom('one', 'one', 'one', 'other'),
    period: fc.constantFrom(0, 1, 30, 60, 3600, 86_400, 86_400),
    step: fc.option(step, { nil: undefined, freq: 2 }),
    drift: fc.integer({ min: -10, max: 10 }),
    claim: fc.boolean(),
    afterStep: maybe(step),
    matchableMs: fc.constantFrom(0, 30_000, 75_600_000),
    request: maybe(fc.record({ id: fc.constantFrom('1', '2', '3'), payload: fc.constantFrom('', 'some words\nand lines', '-') })),
    onlyRepeat: fc.constantFrom(undefined, undefined, false, true),
  })
  .map(({ before, ...one }) =>
    before === 0 || one.step === undefined ? one : { ...one, firstStep: Math.max(0, one.step - before) },
  );

/** A model of the limits of a subject. */
export interface LimitsModel {
  charge(windows: readonly LimitWindow[], cost: number, now: number): ChargeResult;
  refund(windows: readonly LimitWindow[], chargedAt: number, count: number, options: RefundOptions): void;
  usage(windows: readonly LimitWindow[], now: number): WindowUsage[];
}

/** Makes a model of the limits of a subject, by the rules of the window. */
export function createLimitsModel(): LimitsModel {
  const logs = new Map<string, WindowLog>();
  const logOf = ({ name }: LimitWindow): WindowLog => {
    const log = logs.get(name) ?? emptyLog();
    logs.set(name, log);
    return log;
  };
  let month: MonthLog | undefined;
  const monthAt = (now: number): MonthLog => {
    month ??= emptyMonth(now);
    advanceMonth(month, now);
    return month;
  };
  const isMonth = ({ name }: LimitWindow): boolean => name === MONTH;
  const advancedAt = (window: LimitWindow, now: number): WindowLog => {
    const log = logOf(window);
    advance(log, window, now);
    return log;
  };
  const stateAt = (window: LimitWindow, now: number) =>
    isMonth(window) ? monthStateOf(monthAt(now), window, now) : stateOf(advancedAt(window, now), window, now);
  return {
    charge(windows, cost, now) {
      const waits = windows.map((window) =>
        isMonth(window) ? monthWaitMs(monthAt(now), window, now, cost) : waitMs(advancedAt(window, now), window, now, cost),
      );
      const retryAfterMs = Math.max(...waits);
      const allowed = retryAfterMs === 0;
      const refusing = allowed ? undefined : windows[waits.indexOf(retryAfterMs)];
      let warnings: number[] | undefined;
      if (allowed)
        for (const window of windows) {
          if (isMonth(window)) warnings = addCredits(monthAt(now), window, cost);
          else addCall(logOf(window), window, now, cost);
        }
      const states = windows.map((window) => stateAt(window, now));
      return { allowed, chargedAt: now, retryAfterMs, refusing, states, warnings };
    },
    refund(windows, chargedAt, count, options) {
      for (const window of refundedWindows(windows, options)) {
        if (!isMonth(window)) takeBack(logOf(window), window, chargedAt, count);
        else if (month !== undefined) takeCreditsBack(month, chargedAt, count);
      }
    },
    usage: (windows, now) =>
      windows.map((window) => {
        const { resetMs } = stateAt(window, now);
        const { used } = isMonth(window) ? monthAt(now) : logOf(window);
        return { window, used, resetTime: used === 0 ? undefined : now + resetMs };
      }),
  };
}

/** A model of codes. */
export interface CodesModel {
  judge(attempt: Attempt, now: number): Judgement | NotJudged;
  preview(attempt: Attempt, now: number): Preview;
  forgive(name: StateName, now: number): undefined;
  inspect(name: StateName, now: number): CodeState;
  unlock(name: StateName, now: number): CodeState;
  reset(name: StateName, now: number, nextCounter?: number): Reset;
}

/**
 * Makes a model with the state for `judge`. Unlike the memory store, it forgets nothing when the clock leaps forward and back. It removes the states
 * of `formers` that it takes over.
 */
export function createCodesModel(formers: Map<string, FormerState> = new Map()): CodesModel {
  const states = new Map<string, CodeState>();
  const answers = new Map<string, { payload: string; judgement: Judgement; expiresAt: number }>();

  function find(name: StateName, now: number): { state: CodeState; former: FormerState | undefined } {
    const present = presentState(states.get(name.fingerprint), now);
    const former = mayHaveFormer(present, name) ? formers.get(name.former ?? '') : undefined;
    return { state: former === undefined ? present : withFormer(present, former, name, now), former };
  }

  /** Stores the state that `make` returns. With `always`, also stores a former state that `make` leaves unchanged. */
  function change<T>(name: StateName, now: number, always: boolean, make: (state: CodeState) => [CodeState | undefined, T]): T {
    const { state, former } = find(name, now);
    const [after, result] = make(state);
    if (after === undefined && !(always && former !== undefined)) return result;
    states.set(name.fingerprint, after ?? state);
    formers.delete((former && name.former) ?? '');
    return result;
  }

  const idOf = ({ fingerprint, request }: Attempt) => `${fingerprint}:${request?.id}`;

  function keptFor(attempted: Attempt, now: number): Judgement | NotJudged | undefined {
    const known = attempted.request && answers.get(idOf(attempted));
    if (known === undefined || known.expiresAt <= now) return undefined;
    return known.payload === attempted.request?.payload ? known.judgement : { outcome: 'request_id_reused' };
  }

  return {
    judge(attempted, now) {
      const { request, onlyRepeat } = attempted;
      const kept = keptFor(attempted, now);
      if (kept !== undefined) return kept;
      if (onlyRepeat) return { outcome: 'unknown_request' };
      const judgement = change(attempted, now, true, (state) => {
        const ruling = judge(state, attempted, now);
        return [ruling.state, ruling.judgement];
      });
      if (request !== undefined && isKept(judgement))
        answers.set(idOf(attempted), { ...request, judgement, expiresAt: now + ANSWER_KEPT_MS });
      return judgement;
    },
    preview: (attempted, now) => ({ state: find(attempted, now).state, now, kept: keptFor(attempted, now) }),
    forgive: (name, now) => change(name, now, false, (state) => [forgiven(state), undefined]),
    inspect: (name, now) => find(name, now).state,
    unlock: (name, now) => change(name, now, false, (state) => [unlocked(state), state]),
    reset: (name, now, nextCounter) =>
      change(name, now, false, (state) => {
        const after = reset(state, now, nextCounter);
        return [after, { before: state, after: after ?? state }];
      }),
  };
}
