/** Call counts in Redis: all windows of a charge in one script. */
import { type ChargeNumbers, fromNumbers } from '../../limits/charge-numbers.ts';
import { refundedWindows } from '../../ports/limits.ts';
import type { LimitStore } from '../../ports/store.ts';
import { CHARGING, GIVING_BACK } from './limits-lua.ts';
import { writingScript } from './script.ts';
import type { Session } from './session.ts';

const CHARGE = writingScript(CHARGING);
const REFUND = writingScript(GIVING_BACK);

/** The limits behind a session, counted by Redis' clock. */
export function createRedisLimits({ run }: Session): LimitStore {
  const keyOf = (subject: string) => `l:${subject}`;
  return {
    async charge(subject, windows, cost, now) {
      if (windows.length === 0) return fromNumbers(windows, [now, 0, 0]);
      const words = windows.flatMap(({ periodMs, limit }) => [periodMs, limit]);
      return fromNumbers(windows, (await run(CHARGE, [keyOf(subject)], [cost, ...words], now)) as ChargeNumbers);
    },
    async refund(subject, windows, chargedAt, count, options) {
      const periods = refundedWindows(windows, options).map(({ periodMs }) => periodMs);
      if (periods.length > 0) await run(REFUND, [keyOf(subject)], [chargedAt, count, ...periods]);
    },
  };
}
