/** What the Redis scripts are held to: the rules of policy with a state around them, kept as simply as can be; and what is tried on both. */
import fc from 'fast-check';
import { addCall, advance, emptyLog, stateOf, takeBack, type WindowLog, waitMs } from '../../src/limits/sliding-window.ts';
import type { Attempt, CodeState, Judgement, RequestIdReused } from '../../src/ports/codes.ts';
import { refundedWindows } from '../../src/ports/limits.ts';
import type { ChargeResult, LimitWindow, RefundOptions } from '../../src/ports/store.ts';
import { ANSWER_KEPT_MS, judge, UNKNOWN_KEY } from '../../src/verification/rules.ts';
import { HOUR, MINUTE } from '../auth/fixtures.ts';

const LARGEST = Number.MAX_SAFE_INTEGER;

/** The windows of a plan. */
export const WINDOWS: readonly LimitWindow[] = [
  { name: 'minute', periodMs: MINUTE, limit: 4, refundable: false },
  { name: 'hour', periodMs: HOUR, limit: 12, refundable: true },
  { name: 'day', periodMs: 24 * HOUR, limit: 40, refundable: true },
];

const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const step = fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 9 }) }, fc.integer({ min: LARGEST - 3, max: LARGEST }));
/** Attempts on two keys, some of them under a request id of three. */
export const attempts: fc.Arbitrary<Attempt> = fc.record({
  fingerprint: fc.constantFrom('one', 'other'),
  step: fc.option(step, { nil: undefined, freq: 2 }),
  drift: fc.integer({ min: -10, max: 10 }),
  claim: fc.boolean(),
  afterStep: maybe(step),
  matchableMs: fc.constantFrom(undefined, 0, 30_000, 75_600_000),
  request: maybe(fc.record({ id: fc.constantFrom('1', '2', '3'), payload: fc.constantFrom('', 'some words\nand lines', '-') })),
});

/** The limits of one subject. */
export interface LimitsModel {
  charge(windows: readonly LimitWindow[], cost: number, now: number): ChargeResult;
  refund(windows: readonly LimitWindow[], chargedAt: number, count: number, options: RefundOptions): void;
}

/** One subject by the rules of policy; unlike the local table it forgets nothing when the clock leaps there and back. */
export function createLimitsModel(): LimitsModel {
  const logs = new Map<string, WindowLog>();
  const logOf = ({ name }: LimitWindow): WindowLog => {
    const log = logs.get(name) ?? emptyLog();
    logs.set(name, log);
    return log;
  };
  return {
    charge(windows, cost, now) {
      for (const window of windows) advance(logOf(window), window, now);
      const waits = windows.map((window) => waitMs(logOf(window), window, now, cost));
      const retryAfterMs = Math.max(...waits);
      const allowed = retryAfterMs === 0;
      const refusing = allowed ? undefined : windows[waits.indexOf(retryAfterMs)];
      if (allowed) for (const window of windows) addCall(logOf(window), window, now, cost);
      const states = windows.map((window) => stateOf(logOf(window), window, now));
      return { allowed, chargedAt: now, retryAfterMs, refusing, states };
    },
    refund(windows, chargedAt, count, options) {
      for (const window of refundedWindows(windows, options)) takeBack(logOf(window), chargedAt, count);
    },
  };
}

/** Codes. */
export interface CodesModel {
  judge(attempt: Attempt, now: number): Judgement | RequestIdReused;
  inspect(fingerprint: string): CodeState;
}

/** What a store does around `judge`; unlike the memory store it forgets nothing when the clock leaps there and back. */
export function createCodesModel(): CodesModel {
  const states = new Map<string, CodeState>();
  const answers = new Map<string, { payload: string; judgement: Judgement; expiresAt: number }>();
  return {
    judge(attempted, now) {
      const { fingerprint, request } = attempted;
      const known = answers.get(request?.id ?? '');
      if (known !== undefined && known.expiresAt > now)
        return known.payload === request?.payload ? known.judgement : { outcome: 'request_id_reused' };
      const kept = states.get(fingerprint) ?? UNKNOWN_KEY;
      const { judgement, state } = judge((kept.expiresAt ?? Infinity) > now ? kept : UNKNOWN_KEY, attempted, now);
      if (state !== undefined) states.set(fingerprint, state);
      if (request !== undefined) answers.set(request.id, { ...request, judgement, expiresAt: now + ANSWER_KEPT_MS });
      return judgement;
    },
    inspect: (fingerprint) => states.get(fingerprint) ?? UNKNOWN_KEY,
  };
}
