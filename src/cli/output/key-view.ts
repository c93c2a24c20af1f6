/** Shows the record of an API key as a row, a page or JSON; never its digests. */
import { apiKeyStatus } from '../../auth/api-key.ts';
import type { ShownKey } from '../input/key-admin.ts';
import { formatInstant, formatRelative } from '../input/time.ts';
import type { Io } from '../io.ts';
import { showsUnicode } from './charset.ts';
import { alignColumns, fitColumns, printable } from './text.ts';

const HEADINGS = ['ID', 'NAME', 'PLAN', 'TENANT', 'SCOPES', 'STATUS', 'CREATED', 'EXPIRES', 'LAST USED'] as const;

/** The record as JSON; times in RFC 3339, without undefined times. */
export function keyJson(record: ShownKey, now: number): Readonly<Record<string, unknown>> {
  const { id, name, plan, tenant, scopes } = record;
  return {
    id,
    name,
    plan,
    tenant,
    scopes,
    status: apiKeyStatus(record, now),
    createTime: instant(record.createdAt),
    expireTime: instant(record.expiresAt),
    revokeTime: instant(record.revokedAt),
    lastUseTime: instant(record.lastUsedAt),
    oldSecretExpireTime: instant(oldSecretEnd(record, now)),
  };
}

/** The keys as a table with headings. */
export function keyTable(records: readonly ShownKey[], now: number): string[] {
  return alignColumns([HEADINGS, ...records.map((record) => keyRow(record, now))]);
}

const SHORT_HEADINGS = ['ID', 'NAME', 'PLAN', 'SCOPES', 'EXPIRES', 'LAST USED'] as const;
/** The columns of names and scopes, which are cut on a narrow terminal. */
const YIELDING = [1, 3];
/** An expiry within this time is marked, in ms. */
const SOON_MS = 7 * 86_400_000;

/**
 * The keys as a table for a person, as wide as the terminal: times relative to `now`, and a sign for a key that ends soon. Keys that have ended are only
 * counted unless `all` is set; `wide` gives the table of `keyTable`.
 */
export function keyList(
  io: Io,
  records: readonly ShownKey[],
  now: number,
  { all = false, wide = false }: { readonly all?: boolean; readonly wide?: boolean },
): string[] {
  const active = records.filter((record) => apiKeyStatus(record, now) === 'active');
  const shown = all ? records : active;
  const ended = records.length - active.length;
  const hidden = ended > 0 && !all ? ' (--all shows them)' : '';
  const count = `${active.length} active, ${ended} revoked or expired${hidden}`;
  if (wide) return [...keyTable(shown, now), count];
  const rows = [SHORT_HEADINGS, ...shown.map((record) => shortRow(record, now))];
  return [...alignColumns(fitColumns(rows, io.stdout.columns ?? 80, YIELDING, showsUnicode(io) ? '…' : '~')), count];
}

function shortRow(record: ShownKey, now: number): string[] {
  const { id, name, plan, scopes } = record;
  return [id, printable(name), printable(plan), scopes.join(' '), endOf(record, now), lastUseOf(record, now)];
}

function endOf(record: ShownKey, now: number): string {
  const status = apiKeyStatus(record, now);
  if (status !== 'active') return status;
  const { expiresAt } = record;
  if (expiresAt === undefined) return 'never';
  return `${formatRelative(expiresAt, now)}${expiresAt - now < SOON_MS ? ' !' : ''}`;
}

function lastUseOf({ lastUsedAt }: ShownKey, now: number): string {
  return lastUsedAt === undefined ? 'never' : formatRelative(Math.min(lastUsedAt, now), now);
}

/** A key in words: `Nk28eNvISIy8 (billing, plan pro, last used 2 min ago)`. */
export function describeKey(record: ShownKey, now: number): string {
  const use = record.lastUsedAt === undefined ? 'never used' : `last used ${lastUseOf(record, now)}`;
  return `${record.id} (${printable(record.name)}, plan ${printable(record.plan)}, ${use})`;
}

/** A key with each property on a line of its own. */
export function keyPage(record: ShownKey, now: number): string[] {
  const properties = HEADINGS.map((heading, at) => [heading.toLowerCase(), keyRow(record, now)[at] ?? '']);
  if (record.revokedAt !== undefined) properties.push(['revoked', formatInstant(record.revokedAt)]);
  const end = oldSecretEnd(record, now);
  if (end !== undefined) properties.push(['old secret', `works until ${formatInstant(end)}`]);
  return alignColumns(properties);
}

function keyRow(record: ShownKey, now: number): string[] {
  return [
    record.id,
    printable(record.name),
    printable(record.plan),
    printable(record.tenant),
    record.scopes.join(','),
    apiKeyStatus(record, now),
    formatInstant(record.createdAt),
    instant(record.expiresAt) ?? 'never',
    instant(record.lastUsedAt) ?? 'never',
  ];
}

/** When the previous secret stops working after a rotation; undefined if it has stopped. */
function oldSecretEnd({ secrets = [] }: ShownKey, now: number): number | undefined {
  return secrets.map(({ expiresAt }) => expiresAt).find((end) => end !== undefined && end > now);
}

function instant(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : formatInstant(ms);
}
