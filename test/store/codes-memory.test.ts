/** The memory store keeps the contract for codes, and the contract detects a store that does not. */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { CodeState, CodeStore } from '../../src/ports/codes.ts';
import { judge, UNKNOWN_KEY } from '../../src/verification/rules.ts';
import { START } from '../auth/fixtures.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { codesContract } from './codes-contract.ts';
import { attempt, DAY, HOTP, newFingerprint, tallyOf } from './codes-fixtures.ts';
import { NAMES, race } from './codes-race.ts';

codesContract('memory', createMemoryStore);

/** Makes a store that reads, judges and writes in separate steps, which the contract forbids. */
function createGetThenSet(): CodeStore {
  const states = new Map<string, CodeState>();
  return {
    hasFormer: false,
    async judge(one, now) {
      const known = states.get(one.fingerprint) ?? UNKNOWN_KEY;
      await setImmediate();
      const { judgement, state } = judge(known, one, now);
      if (state !== undefined) states.set(one.fingerprint, state);
      return judgement;
    },
    judgeAll: () => Promise.reject(new Error('not asked for')),
    preview: async (attempts, now) =>
      attempts.map(({ fingerprint }) => ({ state: states.get(fingerprint) ?? UNKNOWN_KEY, now, kept: undefined })),
    forgive: async () => undefined,
    inspect: async ({ fingerprint }) => states.get(fingerprint) ?? UNKNOWN_KEY,
    unlock: async ({ fingerprint }) => states.get(fingerprint) ?? UNKNOWN_KEY,
    reset: async () => ({ before: UNKNOWN_KEY, after: UNKNOWN_KEY }),
  };
}

describe('the test of one-time use', () => {
  it('finds, with every seed, a store that reads and then writes', async () => {
    const codes = createGetThenSet();
    for (let seed = 0; seed < 100; seed += 1) {
      expect((await race(codes, seed, START)).accepted).toBeGreaterThan(1);
      expect((await race(codes, seed, START, NAMES)).accepted).toBeGreaterThan(1);
    }
  });

  it('finds that such a store judges more wrong codes than there are attempts', async () => {
    const crowd = Array(200).fill(attempt({ fingerprint: newFingerprint(), step: undefined }));
    expect((await tallyOf(createGetThenSet(), crowd, START)).mismatch).toBe(200);
  });
});

describe('the memory store', () => {
  it('forgets in small steps what has expired, and nothing else', async () => {
    const { codes } = createMemoryStore();
    const short = Array.from({ length: 50 }, () => attempt({ fingerprint: newFingerprint() }));
    const forever = attempt({ ...HOTP, fingerprint: newFingerprint() });
    for (const one of [forever, ...short]) await codes.judge(one, START);
    const later = START + 40 * DAY;
    for (let other = 0; other < 60; other += 1) await codes.judge(attempt({ fingerprint: 'other', step: other }), later);
    for (const one of short) expect(await codes.inspect(one, START)).toBe(UNKNOWN_KEY);
    expect(await codes.judge(forever, later)).toMatchObject({ outcome: 'replayed' });
  });

  it('is tied to the first fingerprint key', async () => {
    const store = createMemoryStore();
    expect([await store.bind('one'), await store.bind('other'), await store.bind('one')]).toEqual([true, false, true]);
  });
});
