/** API keys: their text, and the effects of issuing, rotating, expiring and revoking them. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  apiKeyStatus,
  hasChecksum,
  issueApiKey,
  type NewApiKey,
  parseApiKey,
  revokeApiKey,
  rotateApiKey,
} from '../../src/auth/api-key.ts';
import { lockOf, opens as opensLock } from '../../src/auth/secret-check.ts';
import { InvalidInputError } from '../../src/otp/error.ts';
import type { ApiKeyRecord } from '../../src/ports/store.ts';
import { HOUR, issue, START } from './fixtures.ts';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function opens(record: ApiKeyRecord, apiKey: string, now: number): boolean {
  const presented = parseApiKey(apiKey);
  return presented !== undefined && opensLock(lockOf(record), presented.digest, now);
}

function violationsOf(attempt: () => unknown): string[] {
  try {
    attempt();
  } catch (error) {
    if (error instanceof InvalidInputError) return error.violations.map((violation) => violation.field);
    throw error;
  }
  return [];
}

/** Returns a text with its checksum, from a separate implementation. */
function withChecksum(unchecked: string): string {
  let value = BigInt(crc32(unchecked));
  const places = Array.from({ length: 6 }, () => {
    const place = Number(value % 62n);
    value /= 62n;
    return BASE62.charAt(place);
  });
  return `${unchecked}_${places.toReversed().join('')}`;
}

describe('the text of an API key', () => {
  it('is the prefix, the id, the secret and the checksum of all before', () => {
    const { apiKey, record } = issue();
    expect(apiKey).toMatch(/^otpd_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
    expect(apiKey.slice(5, 17)).toBe(record.id);
    expect(apiKey).toBe(withChecksum(apiKey.slice(0, 61)));
  });

  it('reads an issued key, and returns SHA-256 of the whole', () => {
    const { apiKey, record } = issue();
    const digest = createHash('sha256').update(apiKey).digest();
    expect(parseApiKey(apiKey)?.id).toBe(record.id);
    expect(hasChecksum(apiKey)).toBe(true);
    expect(digest.equals(parseApiKey(apiKey)?.digest ?? Buffer.alloc(0))).toBe(true);
    expect(digest.equals(record.secrets[0]?.digest ?? Buffer.alloc(0))).toBe(true);
  });

  // Computed by other programs: with other digests after an upgrade, every stored key would be refused.
  it.each([
    [
      'otpd_0123456789Az_0000000000000000000000000000000000000000000_0TD5RR',
      'c8e86466e41344ceeae6c6819d0366600b36908dbb6ab4a6c681afa35aa3c6b7',
    ],
    [
      'otpd_Testvector01_The0quick1brown2fox3jumps4over5the6lazy7dog_0UxH2w',
      'b1624f3fe1c9682d94625a0e61240d6ff3ab964c43c3ef6922accfd9ac71aa36',
    ],
  ])('has a digest that no version changes: %s', (apiKey, digest) => {
    const parsed = parseApiKey(apiKey);
    expect([parsed?.id, Buffer.from(parsed?.digest ?? []).toString('hex')]).toEqual([apiKey.slice(5, 17), digest]);
    expect(hasChecksum(apiKey)).toBe(true);
  });

  it.each([
    ['empty', () => ''],
    ['one character short', (key: string) => key.slice(0, -1)],
    ['one character long', (key: string) => `${key}0`],
    ['followed by a newline', (key: string) => `${key}\n`],
    ['after a space', (key: string) => ` ${key}`],
    ['with another prefix', (key: string) => withChecksum(`otpx${key.slice(4, 61)}`)],
    ['with a dash in the secret', (key: string) => withChecksum(`${key.slice(0, 60)}-`)],
    ['with a letter that is not ASCII', (key: string) => withChecksum(`${key.slice(0, 60)}é`)],
    ['with the separator moved', (key: string) => withChecksum(`${key.slice(0, 16)}_${key.slice(16, 17)}${key.slice(18, 61)}`)],
    ['a megabyte', () => 'otpd_'.repeat(200_000)],
  ])('is refused when it is %s', (_, spoil) => {
    const { apiKey } = issue();
    expect(parseApiKey(spoil(apiKey))).toBeUndefined();
  });

  it('is refused with any one character replaced by another', () => {
    const { apiKey } = issue();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 67 }), fc.constantFrom(...BASE62), (place, character) => {
        fc.pre(apiKey[place] !== character);
        const replaced = apiKey.slice(0, place) + character + apiKey.slice(place + 1);
        expect(parseApiKey(replaced) !== undefined && hasChecksum(replaced)).toBe(false);
      }),
    );
  });

  it('is never repeated, nor is its id', () => {
    const issued = Array.from({ length: 500 }, () => issue());
    expect(new Set(issued.map(({ apiKey }) => apiKey)).size).toBe(500);
    expect(new Set(issued.map(({ record }) => record.id)).size).toBe(500);
  });
});

describe('issuing', () => {
  it('reports all mistakes at once', () => {
    const input = { name: '', plan: 'no plan', scopes: [], expiresAt: START } satisfies NewApiKey;
    expect(violationsOf(() => issueApiKey(input, START))).toEqual(['name', 'plan', 'scopes', 'expires_at']);
  });

  it.each([
    ['empty', ''],
    ['a space', ' '],
    ['ending in a space', 'billing '],
    ['101 characters', 'x'.repeat(101)],
    ['with a newline', 'billing\n'],
    ['with an escape', '\u001b[31mred'],
    ['with a bidirectional override', 'bill\u202eing'],
    ['with half a surrogate pair', 'x\ud800'],
  ])('refuses a name that is %s', (_, name) => {
    expect(violationsOf(() => issue({ name }))).toEqual(['name']);
  });

  it.each(['', '-a', 'a-', 'A', 'ä', 'a_b', 'a.b', 'a b', 'a\n', 'a'.repeat(64)])('refuses the tenant %j', (tenant) => {
    expect(violationsOf(() => issue({ tenant }))).toEqual(['tenant']);
  });

  it.each(['a', '0', 'a-b', 'a--b', 'a'.repeat(63)])('takes the tenant %s, and keeps it through a rotation', (tenant) => {
    const { record } = issue({ tenant });
    expect(rotateApiKey(record, 0, START).record.tenant).toBe(tenant);
  });

  it('has the default tenant where none is named', () => {
    expect(issue().record.tenant).toBe('default');
  });

  it.each(['x', 'x'.repeat(100), 'Zürich, Büro 3', '請求', '🔑'.repeat(100)])('takes the name %s', (name) => {
    expect(issue({ name }).record.name).toBe(name);
  });

  it.each([NaN, Infinity, START, START - 1, START + 0.5])('refuses the expiry %d', (expiresAt) => {
    expect(violationsOf(() => issue({ expiresAt }))).toEqual(['expires_at']);
  });

  it('refuses a scope that does not exist, as untyped callers may send', () => {
    const scopes = JSON.parse('["token", "root"]');
    expect(violationsOf(() => issue({ scopes }))).toEqual(['scopes']);
  });

  it('keeps each scope once', () => {
    expect(issue({ scopes: ['verify', 'token', 'verify'] }).record.scopes).toEqual(['token', 'verify']);
  });
});

/** Returns the key after the first use of its newest secret. */
function used(record: ApiKeyRecord): ApiKeyRecord {
  return { ...record, secrets: record.secrets.map((secret) => ({ ...secret, awaitsUse: false })) };
}

describe('the life of a key', () => {
  it('ends at its expiry, to the millisecond', () => {
    const { apiKey, record } = issue({ expiresAt: START + HOUR });
    expect(opens(record, apiKey, START + HOUR - 1)).toBe(true);
    expect(opens(record, apiKey, START + HOUR)).toBe(false);
    expect(apiKeyStatus(record, START + HOUR)).toBe('expired');
  });

  it('ends when revoked, even for a clock that has stepped back', () => {
    const { apiKey, record } = issue();
    const revoked = revokeApiKey(record, START + 10);
    expect(opens(revoked, apiKey, START + 10)).toBe(false);
    expect(opens(revoked, apiKey, START - HOUR)).toBe(false);
    expect(apiKeyStatus(revoked, START)).toBe('revoked');
  });

  it('keeps the first moment of its revocation', () => {
    const { record } = issue();
    expect(revokeApiKey(revokeApiKey(record, START + 10), START + 20).revokedAt).toBe(START + 10);
  });

  it('works with both secrets during the grace period of a rotation, then with the new one', () => {
    const old = issue();
    const renewed = rotateApiKey(old.record, HOUR, START);
    expect(renewed.record.id).toBe(old.record.id);
    expect(opens(renewed.record, old.apiKey, START + HOUR - 1)).toBe(true);
    expect(opens(renewed.record, renewed.apiKey, START)).toBe(true);
    expect(opens(renewed.record, old.apiKey, START + HOUR)).toBe(false);
    expect(opens(renewed.record, renewed.apiKey, START + HOUR)).toBe(true);
  });

  it('leaves the old secret at once without a grace, even for a clock that has stepped back', () => {
    const old = issue();
    const renewed = rotateApiKey(old.record, 0, START);
    expect(opens(renewed.record, old.apiKey, START)).toBe(false);
    expect(opens(renewed.record, old.apiKey, START - HOUR)).toBe(false);
  });

  it('never has more than two secrets', () => {
    const first = issue();
    const second = rotateApiKey(first.record, HOUR, START);
    const third = rotateApiKey(used(second.record), HOUR, START + 1);
    expect(third.record.secrets).toHaveLength(2);
    expect([first, second, third].map(({ apiKey }) => opens(third.record, apiKey, START + 1))).toEqual([false, true, true]);
  });

  it('replaces an unused new secret, and keeps the secret in use for the grace period', () => {
    const first = issue();
    const lost = rotateApiKey(first.record, HOUR, START);
    const again = rotateApiKey(lost.record, 2 * HOUR, START + 10);
    expect([first, lost, again].map(({ apiKey }) => opens(again.record, apiKey, START + 10))).toEqual([true, false, true]);
    expect(opens(again.record, first.apiKey, START + HOUR - 1)).toBe(true);
    expect(opens(again.record, first.apiKey, START + HOUR)).toBe(false);
    const last = rotateApiKey(used(again.record), HOUR, START + 20);
    expect([first, again, last].map(({ apiKey }) => opens(last.record, apiKey, START + 20))).toEqual([false, true, true]);
  });

  it('keeps a first secret that was not used yet', () => {
    const first = issue();
    const second = rotateApiKey(first.record, HOUR, START);
    expect(opens(second.record, first.apiKey, START + HOUR - 1)).toBe(true);
  });

  it('expires with the key under both secrets', () => {
    const old = issue({ expiresAt: START + HOUR });
    const renewed = rotateApiKey(old.record, 2 * HOUR, START);
    expect(opens(renewed.record, old.apiKey, START + HOUR)).toBe(false);
    expect(opens(renewed.record, renewed.apiKey, START + HOUR)).toBe(false);
  });

  it.each([-1, 0.5, NaN, Infinity, 366 * 24 * HOUR])('refuses a grace of %d ms', (graceMs) => {
    expect(violationsOf(() => rotateApiKey(issue().record, graceMs, START))).toEqual(['grace']);
  });

  it('is not revived by a rotation', () => {
    const { record } = issue({ expiresAt: START + HOUR });
    expect(violationsOf(() => rotateApiKey(record, 0, START + HOUR))).toEqual(['id']);
    expect(violationsOf(() => rotateApiKey(revokeApiKey(record, START), 0, START))).toEqual(['id']);
  });

  it('opens to no key but its own', () => {
    const one = issue();
    const other = issue();
    expect(opens(one.record, other.apiKey, START)).toBe(false);
    expect(opensLock(undefined, parseApiKey(one.apiKey)?.digest ?? Buffer.alloc(32), START)).toBe(false);
  });
});
