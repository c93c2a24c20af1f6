/** Shows a sealing key as a row or JSON; never its bytes. */
import { keyStateAt } from '../../app/ring-file.ts';
import type { RingKey } from '../../sealing/ring.ts';
import { formatInstant, formatRelative } from '../input/time.ts';
import type { Io } from '../io.ts';
import { showsUnicode } from './charset.ts';
import { alignColumns, fitColumns } from './text.ts';

export const DAY_MS = 86_400_000;

const HEADINGS = ['ID', 'CREATED', 'SEALS FROM', 'STATE', 'LAST USED'] as const;

/** The last days of use by the id of a key, in days since the epoch; undefined if they are not known. */
type LastDays = ReadonlyMap<string, number> | undefined;

/** The key as JSON: times in RFC 3339; `lastUsedDate` is absent if it is not known, and null if the key was never used. */
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
    state: keyStateAt(keys, key, now),
    lastUsedDate: days === undefined ? undefined : (lastUsed(key, days) ?? null),
  };
}

/** The keys as a table with headings. */
export function sealingKeyTable(keys: readonly RingKey[], days: LastDays, now: number): string[] {
  const rows = keys.map((key) => [
    key.id,
    formatInstant(key.createTime),
    formatInstant(key.sealsFrom),
    keyStateAt(keys, key, now),
    days === undefined ? 'not known' : (lastUsed(key, days) ?? 'never'),
  ]);
  return alignColumns([HEADINGS, ...rows]);
}

/** The columns of times, which are cut on a narrow terminal. */
const YIELDING = [1, 2, 4];

/** The keys as a table for a person, as wide as the terminal: times relative to `now`. */
export function sealingKeyList(io: Io, keys: readonly RingKey[], days: LastDays, now: number): string[] {
  const rows = keys.map((key) => [
    key.id,
    formatRelative(Math.min(key.createTime, now), now),
    formatRelative(key.sealsFrom, now),
    keyStateAt(keys, key, now),
    days === undefined ? 'not known' : (lastUsed(key, days) ?? 'never'),
  ]);
  return alignColumns(fitColumns([HEADINGS, ...rows], io.stdout.columns ?? 80, YIELDING, showsUnicode(io) ? '…' : '~'));
}

/** The day, as a date in UTC. */
function lastUsed({ id }: RingKey, days: ReadonlyMap<string, number>): string | undefined {
  const day = days.get(id);
  return day === undefined ? undefined : formatInstant(day * DAY_MS).slice(0, 10);
}
