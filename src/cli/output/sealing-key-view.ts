/** How a sealing key looks: a row or JSON; never its bytes. */
import { createRing, type RingKey } from '../../sealing/ring.ts';
import { formatInstant } from '../input/time.ts';
import { alignColumns } from './text.ts';

export const DAY_MS = 86_400_000;

const HEADINGS = ['ID', 'CREATED', 'SEALS FROM', 'STATE', 'LAST USED'] as const;

/** `seals` now, `staged` to do so later, `opens` what it sealed before, or `retired`. */
type State = 'seals' | 'staged' | 'opens' | 'retired';

/** By the id of a key, in days since the epoch; undefined if that is not known. */
type LastDays = ReadonlyMap<string, number> | undefined;

/** The key as JSON gives it: times in RFC 3339; `lastUsedDate` left out if it is not known, and null if it was never used. */
export function sealingKeyJson(
  key: RingKey,
  keys: readonly RingKey[],
  days: LastDays,
  now: number,
): Readonly<Record<string, unknown>> {
  return {
    id: key.id,
    createTime: formatInstant(key.createTime),
    sealsFrom: formatInstant(key.sealsFrom),
    state: stateOf(key, keys, now),
    lastUsedDate: days === undefined ? undefined : (lastUsed(key, days) ?? null),
  };
}

/** The keys as a table, one a line below the headings. */
export function sealingKeyTable(keys: readonly RingKey[], days: LastDays, now: number): string[] {
  const rows = keys.map((key) => [
    key.id,
    formatInstant(key.createTime),
    formatInstant(key.sealsFrom),
    stateOf(key, keys, now),
    days === undefined ? 'not known' : (lastUsed(key, days) ?? 'never'),
  ]);
  return alignColumns([HEADINGS, ...rows]);
}

function stateOf(key: RingKey, keys: readonly RingKey[], now: number): State {
  if (key.secret === undefined) return 'retired';
  if (createRing(keys).sealingKeyAt(now).id === key.id) return 'seals';
  return key.sealsFrom > now ? 'staged' : 'opens';
}

/** The day, as a date in UTC. */
function lastUsed({ id }: RingKey, days: ReadonlyMap<string, number>): string | undefined {
  const day = days.get(id);
  return day === undefined ? undefined : formatInstant(day * DAY_MS).slice(0, 10);
}
