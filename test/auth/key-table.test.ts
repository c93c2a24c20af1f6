/** API keys in rows: each with what is its own, whatever rows are given to others. */
import { describe, expect, it } from 'vitest';
import { parseApiKey, rotateApiKey } from '../../src/auth/api-key.ts';
import type { KeysVersion } from '../../src/auth/key-set-version.ts';
import { createKeyTable, type KeyTable, type KnownKey } from '../../src/auth/key-table.ts';
import { lockOf, opens } from '../../src/auth/secret-check.ts';
import type { Scope } from '../../src/ports/principal.ts';
import { HOUR, issue, MINUTE, START } from './fixtures.ts';

const ALL: ReadonlySet<Scope> = new Set(['generate', 'token', 'verify']);
const ONE: ReadonlySet<Scope> = new Set(['token']);
const FIRST: KeysVersion = { text: 'first', confirmedAt: START };
const SECOND: KeysVersion = { text: 'second', confirmedAt: START };

/** A key that was rotated when it was asked for: its first secret ends a minute later, and its new one an hour later. */
function keyOf(plan: string, scopes: ReadonlySet<Scope>, version: KeysVersion, askedAt: number) {
  const { record, apiKey } = rotateApiKey(issue({ expiresAt: askedAt + HOUR }).record, MINUTE, askedAt);
  const known: KnownKey = { lock: lockOf(record), principal: { keyId: record.id, plan, scopes }, version, askedAt };
  return { id: record.id, digest: parseApiKey(apiKey)?.digest ?? new Uint8Array(), known };
}

/** Whose digest opens which key. */
function opened(table: KeyTable, keys: readonly ReturnType<typeof keyOf>[]): boolean[][] {
  return keys.map(({ id }) => keys.map(({ digest }) => opens(table.get(id)?.lock, digest, START)));
}

describe('a table of keys', () => {
  it('gives each what is its own, under the version that it was read under', () => {
    const table = createKeyTable(4);
    const keys = [
      keyOf('pro', ALL, FIRST, START),
      keyOf('pro', ONE, FIRST, START + 1),
      keyOf('free', ONE, SECOND, START + 2),
      keyOf('pro', ALL, SECOND, START + 3),
    ];
    for (const { id, known } of keys) table.set(id, known);
    for (const { id, known } of keys) {
      const { principal, version, askedAt, lock } = table.get(id) ?? {};
      expect({ principal, askedAt, until: [lock?.newestUntil, lock?.previousUntil] }).toEqual({
        principal: known.principal,
        askedAt: known.askedAt,
        until: [known.askedAt + HOUR, known.askedAt + MINUTE],
      });
      // Versions are told from each other by being the same object.
      expect(version).toBe(known.version);
      expect(principal?.scopes).toBe(known.principal.scopes);
    }
    expect(opened(table, keys)).toEqual(keys.map((one) => keys.map((other) => one === other)));
  });

  it('lets the one go that was asked for the longest ago, and nothing of it opens the next', () => {
    const table = createKeyTable(2);
    const [one, other, next] = [0, 1, 2].map((later) => keyOf('pro', ALL, FIRST, START + later));
    if (one === undefined || other === undefined || next === undefined) throw new Error('three keys');
    for (const { id, known } of [one, other, one, next]) table.set(id, known);
    expect(opened(table, [one, other, next])).toEqual([
      [true, false, false],
      [false, false, false],
      [false, false, true],
    ]);
  });

  it('forgets one', () => {
    const table = createKeyTable(2);
    const { id, known } = keyOf('pro', ALL, FIRST, START);
    table.set(id, known);
    table.delete(id);
    table.delete(id);
    expect(table.get(id)).toBeUndefined();
  });
});
