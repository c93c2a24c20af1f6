/** Call counts in Redis: all windows of a charge in one script. */
import type { ChargeResult, LimitStore, LimitWindow } from '../../ports/store.ts';
import { CHARGING, GIVING_BACK } from './limits-lua.ts';
import { writingScript } from './script.ts';
import type { Session } from './session.ts';

const CHARGE = writingScript(`
local log_key, first_window = KEYS[2], 3
${CHARGING}
return count_call(read_calls())
`);

const REFUND = writingScript(`
local log_key = KEYS[2]
${GIVING_BACK}
`);

/** The limits behind a session, counted by Redis' clock. */
export function createRedisLimits({ run }: Session): LimitStore {
  return {
    async charge(subject, windows, now) {
      if (windows.length === 0) return { allowed: true, chargedAt: now, states: [], retryAfterMs: 0 };
      return chargeResultOf(windows, (await run(CHARGE, [callsKey(subject)], windowWords(windows), now)) as number[]);
    },
    async refund(subject, windows, chargedAt) {
      const names = windows.filter((window) => window.refundable).map((window) => window.name);
      if (names.length > 0) await run(REFUND, [callsKey(subject)], [chargedAt, ...names]);
    },
  };
}

/** Where the calls of a subject are counted. */
export function callsKey(subject: string): string {
  return `l:${subject}`;
}

/** Windows as a script that charges is given them. */
export function windowWords(windows: readonly LimitWindow[]): (string | number)[] {
  return windows.flatMap(({ name, periodMs, limit }) => [name, periodMs, limit]);
}

/** What a script that charges has replied. */
export function chargeResultOf(windows: readonly LimitWindow[], reply: readonly number[]): ChargeResult {
  const [chargedAt = 0, retryAfterMs = 0, ...states] = reply;
  return {
    allowed: retryAfterMs === 0,
    chargedAt,
    retryAfterMs,
    states: windows.map((window, place) => ({
      window,
      remaining: states[2 * place] ?? 0,
      resetMs: states[2 * place + 1] ?? 0,
    })),
  };
}
