/** The outcome of a charge in plain numbers: what a script of Redis replies, and what the primary tells its workers. */
import type { ChargeResult, LimitWindow, WindowUsage } from '../ports/store.ts';

/**
 * The moment of the charge; the wait in ms, 0 if it is allowed and -1 if it never will be; the place of the refusing window, from 1 on, 0 if there is
 * none; then what remains and when that grows, for each window in the order asked; and last the warnings that are due.
 */
export type ChargeNumbers = readonly [
  chargedAt: number,
  wait: number,
  refusing: number,
  ...remainingAndResetMsAndWarnings: readonly number[],
];

/** Stands for a wait without end, since the cost is over the limit. Neither JSON nor a reply of Redis has an infinity. */
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

/** The outcome for `windows` that the numbers tell. */
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

/** How much of each window is used, and when that falls next, in ms since the epoch: 0 if nothing is counted. */
export type UsageNumbers = readonly number[];

/** The numbers of a usage. */
export function toUsageNumbers(usage: readonly WindowUsage[]): UsageNumbers {
  return usage.flatMap(({ used, resetTime = 0 }) => [used, resetTime]);
}

/** The usage of `windows` that the numbers tell. */
export function fromUsageNumbers(windows: readonly LimitWindow[], numbers: UsageNumbers): readonly WindowUsage[] {
  return windows.map((window, place) => ({
    window,
    used: numbers[2 * place] ?? 0,
    resetTime: numbers[2 * place + 1] || undefined,
  }));
}
