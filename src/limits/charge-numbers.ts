/** The outcome of a charge in plain numbers: the reply of a Redis script, and the message of the primary to its workers. */
import type { ChargeResult, LimitWindow, WindowUsage } from '../ports/store.ts';

/**
 * The time of the charge; the wait in ms, 0 if the charge is allowed and -1 if it can never be; the place of the refusing window, from 1 on, or 0
 * if none; for each window in the order of the request, the remaining calls and the time until they grow; and last the warnings that are due.
 */
export type ChargeNumbers = readonly [
  chargedAt: number,
  wait: number,
  refusing: number,
  ...remainingAndResetMsAndWarnings: readonly number[],
];

/** The wait of a charge whose cost is above the limit. Neither JSON nor a reply of Redis can express an infinity. */
export const NEVER = -1;

/** The numbers of an outcome for `windows`. */
export function toNumbers(
  windows: readonly LimitWindow[],
  { chargedAt, retryAfterMs, refusing, states, warnings = [] }: ChargeResult,
): ChargeNumbers {
  const place = refusing === undefined ? 0 : windows.indexOf(refusing) + 1;
  const wait = retryAfterMs === Infinity ? NEVER : retryAfterMs;
  return [chargedAt, wait, place, ...states.flatMap(({ remaining, resetMs }) => [remaining, resetMs]), ...warnings];
}

/** The outcome for `windows` that the numbers express. */
export function fromNumbers(
  windows: readonly LimitWindow[],
  [chargedAt, wait, refusing, ...states]: ChargeNumbers,
): ChargeResult {
  return {
    allowed: wait === 0,
    chargedAt,
    retryAfterMs: wait === NEVER ? Infinity : wait,
    refusing: windows[refusing - 1],
    states: windows.map((window, place) => ({
      window,
      remaining: states[2 * place] ?? 0,
      resetMs: states[2 * place + 1] ?? 0,
    })),
    warnings: states.length > 2 * windows.length ? states.slice(2 * windows.length) : undefined,
  };
}

/** For each window, the used amount and the time at which it next falls, in ms since the epoch: 0 if nothing is counted. */
export type UsageNumbers = readonly number[];

/** The numbers of a usage. */
export function toUsageNumbers(usage: readonly WindowUsage[]): UsageNumbers {
  return usage.flatMap(({ used, resetTime = 0 }) => [used, resetTime]);
}

/** The usage of `windows` that the numbers express. */
export function fromUsageNumbers(windows: readonly LimitWindow[], numbers: UsageNumbers): readonly WindowUsage[] {
  return windows.map((window, place) => ({
    window,
    used: numbers[2 * place] ?? 0,
    resetTime: numbers[2 * place + 1] || undefined,
  }));
}
