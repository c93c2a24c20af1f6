/** How an API key's record looks: a row, a page, or JSON; never its digests. */
import { apiKeyStatus } from '../../auth/api-key.ts';
import type { ShownKey } from '../input/key-admin.ts';
import { formatInstant } from '../input/time.ts';
import { alignColumns, printable } from './text.ts';

const HEADINGS = ['ID', 'NAME', 'PLAN', 'TENANT', 'SCOPES', 'STATUS', 'CREATED', 'EXPIRES', 'LAST USED'] as const;

/** The record as JSON gives it; times in RFC 3339, those that never were left out. */
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

/** The keys as a table, one a line below the headings. */
export function keyTable(records: readonly ShownKey[], now: number): string[] {
  return alignColumns([HEADINGS, ...records.map((record) => keyRow(record, now))]);
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

/** When the secret before the last rotation stops working; undefined if it has. */
function oldSecretEnd({ secrets = [] }: ShownKey, now: number): number | undefined {
  return secrets.map(({ expiresAt }) => expiresAt).find((end) => end !== undefined && end > now);
}

function instant(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : formatInstant(ms);
}
