/** The contract of every store for recovery codes, as one suite that runs on each store. Other tests check the rules with `judgeUse`. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CodeUse, RecoveryStore, UseJudgement, UseOutcome } from '../../src/ports/recovery.ts';
import { FREE_ATTEMPTS, HARD_STOP, LONGEST_DELAY_MS } from '../../src/verification/lock.ts';
import { UNKNOWN_SET } from '../../src/verification/recovery-rules.ts';
import { ANSWER_KEPT_MS, FAILURES_KEPT_MS } from '../../src/verification/rules.ts';
import { MINUTE, START } from '../auth/fixtures.ts';
import { createMemoryRecovery } from '../support/memory-recovery.ts';
import { DAY } from './codes-fixtures.ts';

/** The part of a store that the suite needs. Its clock must be the `now` of the calls. */
export interface OpenRecovery {
  readonly recovery: RecoveryStore;
  ping(): Promise<void>;
  close(): Promise<void>;
}

let sets = 0;

/** Returns the name of a set that no other test uses. */
export function newSet(): string {
  sets += 1;
  return `set-${sets}`;
}

/** Returns a use, by default of the first of ten codes. */
export function useOf(overrides: Partial<CodeUse> = {}): CodeUse {
  return { set: 'set', code: 0, count: 10, request: undefined, ...overrides };
}

/** Uses codes all at once, and counts the outcomes. */
export async function useAll(
  recovery: RecoveryStore,
  uses: readonly CodeUse[],
  now: number,
): Promise<Partial<Record<string, number>>> {
  const judged = await Promise.all(uses.map((use) => recovery.use(use, now)));
  const groups = Map.groupBy(judged, ({ outcome }) => outcome);
  return Object.fromEntries([...groups].map(([outcome, of]) => [outcome, of.length]));
}

/** Runs the contract on the store that `open` makes once. Each test has its own sets. */
export function recoveryContract(name: string, open: () => OpenRecovery | Promise<OpenRecovery>): void {
  let store: OpenRecovery;
  let recovery: RecoveryStore;

  beforeAll(async () => {
    store = await open();
    await store.ping();
    recovery = store.recovery;
  });
  afterAll(() => store.close());

  /** Returns a new set, and a function that uses its codes one after the other. */
  function setOf(): { set: string; use: (overrides?: Partial<CodeUse>, now?: number) => ReturnType<RecoveryStore['use']> } {
    const set = newSet();
    return { set, use: (overrides, now = START) => recovery.use(useOf({ set, ...overrides }), now) };
  }

  const judgement = (outcome: UseOutcome, remainingCount: number, attemptsRemaining: number): UseJudgement => ({
    outcome,
    remainingCount,
    attemptsRemaining,
    retryAfterMs: undefined,
  });

  /** Sends wrong codes, each as soon as it can be judged. Resolves to the time of the next one. */
  async function fail(set: string, count: number): Promise<number> {
    let now = START;
    for (let sent = 0; sent < count; sent += 1) {
      expect(await recovery.use(useOf({ set, code: undefined }), now)).toMatchObject({ outcome: 'mismatch' });
      now = Math.max(now, (await recovery.inspect(set, now)).lockedUntil);
    }
    return now;
  }

  describe(`a recovery code in the ${name} store`, () => {
    it('is accepted once, and the others of its set as often', async () => {
      const { set, use } = setOf();
      expect(await recovery.inspect(set, START)).toEqual(UNKNOWN_SET);
      expect(await use({ code: 3 })).toEqual(judgement('accepted', 9, 5));
      expect(await use({ code: 3 })).toEqual(judgement('replayed', 9, 5));
      expect(await use({ code: 0 })).toEqual(judgement('accepted', 8, 5));
      expect(await recovery.inspect(set, START)).toEqual({ ...UNKNOWN_SET, used: 0b1001, expiresAt: undefined });
    });

    it('is distinguished from the 19 others of the largest set', async () => {
      const { set, use } = setOf();
      for (let code = 19; code >= 0; code -= 1) expect(await use({ code, count: 20 })).toEqual(judgement('accepted', code, 5));
      for (let code = 0; code < 20; code += 1) expect(await use({ code, count: 20 })).toEqual(judgement('replayed', 0, 5));
      expect((await recovery.inspect(set, START)).used).toBe(2 ** 20 - 1);
    });

    it('stays used for ever', async () => {
      const { use } = setOf();
      await use();
      await use({ code: undefined });
      expect(await use({}, START + 50 * FAILURES_KEPT_MS)).toMatchObject({ outcome: 'replayed', attemptsRemaining: 4 });
    });

    it('of one set says nothing of another', async () => {
      await setOf().use();
      expect(await setOf().use()).toMatchObject({ outcome: 'accepted' });
    });

    it('is accepted once of a thousand times at once', async () => {
      const set = newSet();
      expect(await useAll(recovery, Array(1000).fill(useOf({ set })), START)).toEqual({ accepted: 1, replayed: 999 });
    });

    it('and the others of its set are each accepted once, however they meet', async () => {
      const set = newSet();
      const crowd = Array.from({ length: 400 }, (_, place) => useOf({ set, code: (place * 7) % 20, count: 20 }));
      expect(await useAll(recovery, crowd, START)).toEqual({ accepted: 20, replayed: 380 });
    });
  });

  describe(`wrong recovery codes in the ${name} store`, () => {
    it('are counted; the fifth locks the set, for right codes too, until a minute later', async () => {
      const { use } = setOf();
      for (const left of [4, 3, 2, 1, 0]) expect(await use({ code: undefined })).toEqual(judgement('mismatch', 10, left));
      const throttled = { outcome: 'throttled', remainingCount: undefined, attemptsRemaining: 0 };
      expect(await use({ code: undefined })).toEqual({ ...throttled, retryAfterMs: MINUTE });
      expect(await use({}, START + MINUTE - 1)).toEqual({ ...throttled, retryAfterMs: 1 });
      expect(await use({}, START + MINUTE)).toEqual(judgement('accepted', 9, FREE_ATTEMPTS));
    });

    it('lock used codes too', async () => {
      const { set, use } = setOf();
      await use();
      const now = await fail(set, 5);
      expect(await use({}, now - 1)).toMatchObject({ outcome: 'throttled' });
      expect(await use({}, now)).toMatchObject({ outcome: 'replayed', attemptsRemaining: 1 });
    });

    it('are judged five at a time, for any number of concurrent calls', async () => {
      const crowd = Array(200).fill(useOf({ set: newSet(), code: undefined }));
      expect(await useAll(recovery, crowd, START)).toEqual({ mismatch: 5, throttled: 195 });
    });

    it('are forgotten when a right one is accepted, not when one is replayed', async () => {
      const { use } = setOf();
      await use();
      await use({ code: undefined });
      expect(await use()).toMatchObject({ outcome: 'replayed', attemptsRemaining: 4 });
      expect(await use({ code: 1 })).toMatchObject({ outcome: 'accepted', attemptsRemaining: 5 });
      expect(await use({ code: undefined })).toMatchObject({ attemptsRemaining: 4 });
    });

    it('are forgotten a year after the last', async () => {
      const { set, use } = setOf();
      const now = await fail(set, 6);
      const end = now - 2 * MINUTE + FAILURES_KEPT_MS;
      expect((await recovery.inspect(set, end - 1)).failures).toBe(6);
      expect(await recovery.inspect(set, end)).toEqual(UNKNOWN_SET);
      expect(await use({ code: undefined }, end)).toEqual(judgement('mismatch', 10, 4));
    });

    it('stop the set from the hundredth on, until an operator unlocks it', async () => {
      const { set, use } = setOf();
      const now = await fail(set, HARD_STOP);
      const later = now + 20 * FAILURES_KEPT_MS;
      const stopped = { outcome: 'throttled', remainingCount: undefined, attemptsRemaining: 0, retryAfterMs: undefined };
      expect(await use({}, later)).toEqual(stopped);
      expect(await recovery.unlock(set, later)).toMatchObject({ failures: HARD_STOP, used: 0 });
      expect(await recovery.inspect(set, later)).toEqual(UNKNOWN_SET);
      expect(await use({}, later)).toEqual(judgement('accepted', 9, 5));
    });

    it('delay the next no longer than their own delay after the clock is set back', async () => {
      const { set, use } = setOf();
      await fail(set, 5);
      expect(await use({}, START - DAY)).toMatchObject({ outcome: 'throttled', retryAfterMs: MINUTE });
      expect(await use({}, START - DAY + MINUTE - 1)).toMatchObject({ outcome: 'throttled', retryAfterMs: 1 });
      expect(await use({}, START - DAY + MINUTE)).toMatchObject({ outcome: 'accepted' });
    });

    it('wait a day at most', async () => {
      const { set, use } = setOf();
      const now = await fail(set, 40);
      expect(await use({}, now - LONGEST_DELAY_MS)).toMatchObject({ retryAfterMs: LONGEST_DELAY_MS });
    });
  });

  describe(`an unlock in the ${name} store`, () => {
    it('clears the wrong codes, and no used one', async () => {
      const { set, use } = setOf();
      await use();
      await fail(set, 5);
      expect(await recovery.unlock(set, START)).toMatchObject({ failures: 5, lockedUntil: START + MINUTE, used: 1 });
      expect(await recovery.inspect(set, START)).toEqual({ ...UNKNOWN_SET, used: 1, expiresAt: undefined });
      expect(await use()).toEqual(judgement('replayed', 9, 5));
      expect(await use({ code: 1 })).toEqual(judgement('accepted', 8, 5));
    });

    it('clears a single wrong code', async () => {
      const { set, use } = setOf();
      await use({ code: undefined });
      await recovery.unlock(set, START);
      expect(await recovery.inspect(set, START)).toEqual(UNKNOWN_SET);
      expect(await use({ code: undefined })).toEqual(judgement('mismatch', 10, 4));
    });

    it('of a revoked set leaves it revoked', async () => {
      const { set, use } = setOf();
      await recovery.revoke(set, START);
      await fail(set, 5);
      await recovery.unlock(set, START);
      expect(await use()).toEqual(judgement('replayed', 0, 5));
    });

    it('of a set of which nothing is known changes nothing', async () => {
      const set = newSet();
      expect(await recovery.unlock(set, START)).toEqual(UNKNOWN_SET);
      expect(await recovery.inspect(set, START)).toEqual(UNKNOWN_SET);
    });
  });

  describe(`a revoked set in the ${name} store`, () => {
    it('accepts no code any more, for ever, and counts wrong ones', async () => {
      const { set, use } = setOf();
      await use();
      await recovery.revoke(set, START);
      await recovery.revoke(set, START);
      const later = START + 50 * FAILURES_KEPT_MS;
      for (const code of [0, 1]) expect(await use({ code }, later)).toEqual(judgement('replayed', 0, 5));
      expect(await use({ code: undefined }, later)).toEqual(judgement('mismatch', 0, 4));
      expect(await recovery.inspect(set, later)).toMatchObject({ isRevoked: true, used: 1, expiresAt: undefined });
    });

    it('stays so whatever fails after it', async () => {
      const { set, use } = setOf();
      await recovery.revoke(set, START);
      const now = await fail(set, 7);
      await recovery.revoke(set, now);
      expect(await recovery.inspect(set, now)).toMatchObject({ isRevoked: true, failures: 7 });
      expect(await use({}, now + FAILURES_KEPT_MS)).toMatchObject({ outcome: 'replayed', remainingCount: 0 });
    });

    it('says nothing of another', async () => {
      await recovery.revoke(newSet(), START);
      expect(await setOf().use()).toMatchObject({ outcome: 'accepted' });
    });
  });

  describe(`request ids of recovery codes in the ${name} store`, () => {
    const request = { id: 'request', payload: 'payload' };

    it('get their first answer again, for a day, and change nothing', async () => {
      const { set, use } = setOf();
      const wrong = { code: undefined, request: { id: 'wrong', payload: 'other' } };
      expect(await use({ request })).toEqual(judgement('accepted', 9, 5));
      expect(await use(wrong)).toEqual(judgement('mismatch', 9, 4));
      await use({ code: 1 });
      for (const now of [START, START + ANSWER_KEPT_MS - 1]) {
        expect(await use({ request }, now)).toEqual(judgement('accepted', 9, 5));
        expect(await use(wrong, now)).toEqual(judgement('mismatch', 9, 4));
      }
      expect(await recovery.inspect(set, START)).toMatchObject({ failures: 0 });
      expect(await use({ request }, START + ANSWER_KEPT_MS)).toMatchObject({ outcome: 'replayed' });
    });

    it('are refused with something else, and nothing is judged', async () => {
      const { set, use } = setOf();
      await use({ request });
      const other = { id: 'request', payload: 'another' };
      expect(await use({ code: 1, request: other })).toEqual({ outcome: 'request_id_reused' });
      expect(await use({ code: undefined, request: other })).toEqual({ outcome: 'request_id_reused' });
      expect(await recovery.inspect(set, START)).toMatchObject({ used: 1, failures: 0 });
    });

    it('belong to their set', async () => {
      await setOf().use({ request });
      expect(await setOf().use({ request: { ...request, payload: 'another' } })).toMatchObject({ outcome: 'accepted' });
    });

    it('that were throttled are judged when they are sent again', async () => {
      const { set, use } = setOf();
      const now = await fail(set, 5);
      expect(await use({ request })).toMatchObject({ outcome: 'throttled' });
      expect(await use({ request }, now)).toMatchObject({ outcome: 'accepted' });
    });

    it('get equal answers, for any number of concurrent calls', async () => {
      const uses = Array(200).fill(useOf({ set: newSet(), request }));
      expect(await useAll(recovery, uses, START)).toEqual({ accepted: 200 });
    });
  });

  it(`the ${name} store judges by the rules, for any uses`, async () => {
    const moves = fc.record({
      kind: fc.constantFrom('use', 'use', 'use', 'use', 'use', 'wrong', 'wrong', 'wrong', 'revoke', 'unlock'),
      code: fc.nat(3),
      id: fc.constantFrom(undefined, undefined, 'one', 'other'),
      payload: fc.constantFrom('this', 'that'),
      wait: fc.constantFrom(0, 0, 1, MINUTE, DAY, 31 * DAY, FAILURES_KEPT_MS),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(moves, { minLength: 1, maxLength: 25 }), async (planned) => {
        const [model, set] = [createMemoryRecovery(), newSet()];
        let now = START;
        for (const { kind, code, id, payload, wait } of planned) {
          now += wait;
          const use = useOf({ set, code: kind === 'use' ? code : undefined, count: 4, request: id && { id, payload } });
          if (kind === 'revoke') await Promise.all([recovery, model].map((one) => one.revoke(set, now)));
          else if (kind === 'unlock') expect(await recovery.unlock(set, now)).toEqual(await model.unlock(set, now));
          else expect(await recovery.use(use, now)).toEqual(await model.use(use, now));
          expect(await recovery.inspect(set, now)).toEqual(await model.inspect(set, now));
        }
      }),
      { numRuns: 60 },
    );
  });
}
