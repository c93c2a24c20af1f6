/** The check of a presented digest: two comparisons by Node's constant-time function, whatever the lock contains. */
import { timingSafeEqual } from 'node:crypto';
import { beforeEach, expect, it, vi } from 'vitest';
import { parseApiKey, revokeApiKey, rotateApiKey } from '../../src/auth/api-key.ts';
import { type KeyLock, lockOf, opensUntil } from '../../src/auth/secret-check.ts';
import { HOUR, issue, MINUTE, START } from './fixtures.ts';

vi.mock('node:crypto', async (load) => {
  const crypto = await load<typeof import('node:crypto')>();
  return { ...crypto, timingSafeEqual: vi.fn(crypto.timingSafeEqual) };
});

beforeEach(() => void vi.mocked(timingSafeEqual).mockClear());

const digestOf = (apiKey: string): Uint8Array => parseApiKey(apiKey)?.digest ?? new Uint8Array(32);

const first = issue({ expiresAt: START + HOUR });
const second = rotateApiKey(first.record, MINUTE, START);
const one = lockOf(first.record);
const two = lockOf(second.record);
const cases: readonly (readonly [string, KeyLock | undefined, string, number])[] = [
  ['the newest of two secrets', two, second.apiKey, START + HOUR],
  ['the one before', two, first.apiKey, START + MINUTE],
  ['the only secret', one, first.apiKey, START + HOUR],
  ['a wrong secret of a key with two', two, issue().apiKey, -Infinity],
  ['a wrong secret of a key with one', one, second.apiKey, -Infinity],
  ['a secret of a revoked key', lockOf(revokeApiKey(first.record, START)), first.apiKey, -Infinity],
  ['a key that nobody has', undefined, first.apiKey, -Infinity],
];

it.each(cases)(
  '%s takes two comparisons in constant time, each of all 32 bytes of the presented digest',
  (_, lock, apiKey, until) => {
    const digest = digestOf(apiKey);
    expect(opensUntil(lock, digest)).toBe(until);
    const compared = vi.mocked(timingSafeEqual).mock.calls;
    expect(compared).toHaveLength(2);
    for (const [kept, presented] of compared) expect([kept.byteLength, presented]).toEqual([32, digest]);
    if (lock !== undefined) expect(compared.map(([kept]) => kept)).toEqual([lock.newest.digest, lock.previous.digest]);
  },
);

it('a remembered digest keeps no larger buffer in memory, such as that of Node for small buffers', () => {
  const pooled = Buffer.from(first.record.secrets[0]?.digest ?? []);
  expect(pooled.buffer.byteLength).toBeGreaterThan(32);
  const { newest } = lockOf({
    ...first.record,
    secrets: [{ digest: pooled, createdAt: START, expiresAt: undefined, awaitsUse: false }],
  });
  expect([newest.digest.buffer.byteLength, Buffer.compare(newest.digest, pooled)]).toEqual([32, 0]);
});

it('a key with one secret has no known digest in the place of the other', () => {
  expect(one.previous.digest).not.toEqual(new Uint8Array(32));
  expect(one.previous.digest).not.toEqual(one.newest.digest);
  expect(opensUntil(one, one.previous.digest)).toBe(-Infinity);
});
