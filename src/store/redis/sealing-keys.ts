/** The last day of each sealing key in Redis: a sorted set, whose scores only grow. */
import type { SealingKeyUses } from '../../ports/store.ts';
import type { KeyName } from './layout.ts';
import { readingScript, writingScript } from './script.ts';
import type { Session } from './session.ts';

const DAYS: readonly KeyName[] = [['sealing_key_days']];

const LAST_DAYS = readingScript(`return redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')`);
const NOTE_DAYS = writingScript(`
for place = 3, #ARGV, 2 do redis.call('ZADD', KEYS[2], 'GT', ARGV[place + 1], ARGV[place]) end
`);

/** The uses in a session. */
export function createRedisSealingKeys({ run, runAcknowledged }: Session): SealingKeyUses {
  return {
    async lastDays() {
      const flat = (await run(LAST_DAYS, DAYS, [])) as string[];
      const days = new Map<string, number>();
      for (let place = 0; place < flat.length; place += 2) days.set(flat[place] ?? '', Number(flat[place + 1]));
      return days;
    },
    async noteDays(days) {
      await runAcknowledged(NOTE_DAYS, DAYS, [...days].flat());
    },
  };
}
