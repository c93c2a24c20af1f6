/** Call counts in Redis: all windows of a charge in one script. */
import { type ChargeNumbers, fromNumbers, fromUsageNumbers, type UsageNumbers } from '../../limits/charge-numbers.ts';
import { MONTH, refundedWindows } from '../../ports/limits.ts';
import type { LimitStore, LimitWindow } from '../../ports/store.ts';
import type { KeyName } from './layout.ts';
import { CHARGING, GIVING_BACK, MONTH_PERIOD, USAGE } from './limits-lua.ts';
import { readingScript, writingScript } from './script.ts';
import type { Session } from './session.ts';

const CHARGE = writingScript(CHARGING);
const REFUND = writingScript(GIVING_BACK);
const TELL = readingScript(USAGE);

/** The limits in a session, by the clock of Redis. */
export function createRedisLimits({ run }: Session): LimitStore {
  const keyOf = (subject: string): KeyName => ['l', subject];
  return {
    async charge(subject, windows, cost, now) {
      if (windows.length === 0) return fromNumbers(windows, [now, 0, 0]);
      const words = windows.flatMap((window) => [periodOf(window), window.limit]);
      return fromNumbers(windows, (await run(CHARGE, [keyOf(subject)], [cost, ...words], now)) as ChargeNumbers);
    },
    async refund(subject, windows, chargedAt, count, options) {
      const periods = refundedWindows(windows, options).map(periodOf);
      if (periods.length > 0) await run(REFUND, [keyOf(subject)], [chargedAt, count, ...periods]);
    },
    async usage(subject, windows, now) {
      if (windows.length === 0) return [];
      return fromUsageNumbers(windows, (await run(TELL, [keyOf(subject)], windows.map(periodOf), now)) as UsageNumbers);
    },
  };
}

function periodOf({ name, periodMs }: LimitWindow): number {
  return name === MONTH ? MONTH_PERIOD : periodMs;
}
