/** The contract of every store for a code with several keys: the algorithm over the store, and the previews and cleared failures that it needs. */
import { describe, expect, it, vi } from 'vitest';
import type { Attempt, CodeStore } from '../../src/ports/codes.ts';
import { type Decision, judgeAny } from '../../src/verification/alternatives.ts';
import { FREE_ATTEMPTS, HARD_STOP } from '../../src/verification/lock.ts';
import { ANSWER_KEPT_MS, UNKNOWN_KEY } from '../../src/verification/rules.ts';
import { MINUTE, SECOND, START } from '../auth/fixtures.ts';
import { attempt, DAY, HOTP, named, newFingerprint, STEP } from './codes-fixtures.ts';

/** For changes that no call waits for. */
const PATIENT = { timeout: 20_000 };

/** Runs the tests on an open store. */
export function alternativesContract(name: string, codesOf: () => CodeStore): void {
  /** Makes the keys of a user, each with the step of the code for that key, or undefined. */
  const userOf = (count: number) => {
    const fingerprints = Array.from({ length: count }, newFingerprint);
    return {
      fingerprints,
      keys: (steps: readonly (number | undefined)[], overrides: Partial<Attempt> = {}) =>
        steps.map((step, place) => attempt({ fingerprint: fingerprints[place] ?? '', step, ...overrides })),
    };
  };
  const decide = (attempts: readonly Attempt[], now = START) => judgeAny(codesOf(), attempts, now);
  const failuresOf = async (fingerprints: readonly string[], now = START) => {
    const states = await Promise.all(fingerprints.map((fingerprint) => codesOf().inspect(named(fingerprint), now)));
    return states.map(({ failures }) => failures);
  };
  async function fail(fingerprint: string, count: number, now = START): Promise<void> {
    for (let sent = 0; sent < count; sent += 1) await codesOf().judge(attempt({ fingerprint, step: undefined }), now);
  }
  const requestOf = (payload = 'payload') => ({ id: newFingerprint(), payload });
  const accepted = (place: number, step = STEP) => ({
    judgement: expect.objectContaining({ outcome: 'accepted', step, attemptsRemaining: FREE_ATTEMPTS }),
    places: [place],
  });
  const mismatch = (attemptsRemaining: number, ...places: number[]) => ({
    judgement: { outcome: 'mismatch', step: undefined, drift: 0, attemptsRemaining, retryAfterMs: undefined },
    places,
  });

  describe(`one code for several keys in the ${name} store`, () => {
    it('is accepted on the first key whose code it is, once, and costs the others nothing', async () => {
      const { keys, fingerprints } = userOf(3);
      expect(await decide(keys([undefined, STEP, STEP]))).toEqual(accepted(1));
      expect(await codesOf().inspect(named(fingerprints[2] ?? ''), START)).toEqual(UNKNOWN_KEY);
      expect(await failuresOf(fingerprints)).toEqual([0, 0, 0]);
      expect(await decide(keys([undefined, STEP, undefined]))).toMatchObject({ judgement: { outcome: 'replayed' }, places: [1] });
      expect(await failuresOf(fingerprints)).toEqual([0, 0, 0]);
    });

    it('that is used on one key and fresh on another is accepted on that one', async () => {
      const { keys } = userOf(2);
      expect(await decide(keys([STEP, undefined]))).toEqual(accepted(0));
      expect(await decide(keys([STEP, STEP]))).toEqual(accepted(1));
      expect(await decide(keys([STEP, STEP]))).toMatchObject({ judgement: { outcome: 'replayed' }, places: [0] });
    });

    it('that is wrong counts once against each, and the answer has the least number of attempts', async () => {
      const { keys, fingerprints } = userOf(3);
      await fail(fingerprints[1] ?? '', 2);
      expect(await decide(keys([undefined, undefined, undefined]))).toEqual(mismatch(2, 0, 1, 2));
      expect(await failuresOf(fingerprints)).toEqual([1, 3, 1]);
    });

    it('counts once against a secret that is named twice', async () => {
      const { fingerprints } = userOf(2);
      const [one = '', other = ''] = fingerprints;
      const named = (step: number | undefined) => [
        attempt({ fingerprint: one, step: undefined }),
        attempt({ ...HOTP, fingerprint: one, step }),
        attempt({ fingerprint: other, step: undefined }),
      ];
      expect(await decide(named(undefined))).toEqual(mismatch(4, 0, 2));
      expect(await failuresOf(fingerprints)).toEqual([1, 1]);
      expect(await decide(named(7))).toEqual(accepted(1, 7));
    });

    it('takes no part with a locked key, whose right codes are answered as its wrong ones', async () => {
      const { keys, fingerprints } = userOf(2);
      await fail(fingerprints[1] ?? '', 5);
      const replies: (Decision | object)[] = [];
      for (const step of [STEP, undefined]) {
        await fail(fingerprints[0] ?? '', 1);
        replies.push(await decide(keys([undefined, step])));
        expect(await failuresOf(fingerprints)).toEqual([2, 5]);
        await codesOf().unlock(named(fingerprints[0] ?? ''), START);
      }
      expect(replies).toEqual([mismatch(3, 0), mismatch(3, 0)]);
      expect(await decide(keys([STEP, STEP]))).toEqual(accepted(0));
    });

    it('is throttled only if all are locked, until the first of them opens', async () => {
      const { keys, fingerprints } = userOf(3);
      const [first = '', second = '', third = ''] = fingerprints;
      await fail(first, 5, START - 10 * SECOND);
      await fail(second, 5);
      await fail(third, 5, START - 20 * SECOND);
      const throttled = (retryAfterMs: number) => ({
        judgement: { outcome: 'throttled', step: undefined, drift: 0, attemptsRemaining: 0, retryAfterMs },
        places: [0, 1, 2],
      });
      const request = requestOf();
      for (const steps of [
        [STEP, STEP, STEP],
        [undefined, undefined, undefined],
      ])
        expect(await decide(keys(steps, { request }))).toEqual(throttled(40 * SECOND));
      expect(await failuresOf(fingerprints)).toEqual([5, 5, 5]);
      expect(await decide(keys([STEP, STEP, STEP], { request }), START + 40 * SECOND)).toEqual(accepted(2));
    });

    it('is throttled until the end of its lock where one secret is named twice', async () => {
      const fingerprint = newFingerprint();
      await fail(fingerprint, 5);
      const twice = [attempt({ fingerprint }), attempt({ ...HOTP, fingerprint })];
      const judgement = expect.objectContaining({ outcome: 'throttled', attemptsRemaining: 0, retryAfterMs: MINUTE });
      expect(await decide(twice)).toEqual({ judgement, places: [0] });
    });

    it('is throttled without an end where an operator has to help with all', async () => {
      const { keys, fingerprints } = userOf(2);
      for (const fingerprint of fingerprints)
        for (let day = 0; day < HARD_STOP; day += 1) await fail(fingerprint, 1, START + day * DAY);
      expect(await decide(keys([STEP, STEP]), START + 101 * DAY)).toMatchObject({
        judgement: { outcome: 'throttled', retryAfterMs: undefined },
      });
    });

    it('that is accepted clears the failures and the locks of the others, not their steps, nor a hard stop', async () => {
      const { keys, fingerprints } = userOf(4);
      const [, second = '', third = '', stopped = ''] = fingerprints;
      expect(await decide(keys([undefined, STEP, undefined, undefined]))).toEqual(accepted(1));
      await fail(second, 3);
      await fail(third, 5);
      for (let day = HARD_STOP; day > 0; day -= 1) await fail(stopped, 1, START - day * DAY);
      expect(await failuresOf(fingerprints)).toEqual([0, 3, 5, HARD_STOP]);
      expect(await decide(keys([STEP, undefined, undefined, undefined]))).toEqual(accepted(0));
      await vi.waitFor(async () => expect(await failuresOf(fingerprints)).toEqual([0, 0, 0, HARD_STOP]), PATIENT);
      expect(await decide(keys([undefined, STEP, undefined, undefined]))).toMatchObject({ judgement: { outcome: 'replayed' } });
      expect(await decide(keys([undefined, undefined, STEP, undefined]))).toEqual(accepted(2));
    });

    it('that was used and is let pass again clears nothing, nor does a fresh one where nothing failed', async () => {
      const { keys, fingerprints } = userOf(2);
      const forgive = vi.fn(codesOf().forgive);
      const reuse = (steps: readonly (number | undefined)[]) =>
        judgeAny({ ...codesOf(), forgive }, keys(steps, { claim: false }), START);
      expect(await decide(keys([STEP, undefined]))).toEqual(accepted(0));
      expect(await reuse([STEP + 1, undefined])).toEqual(accepted(0, STEP + 1));
      await fail(fingerprints[1] ?? '', 3);
      expect(await reuse([STEP, undefined])).toEqual(accepted(0));
      expect(forgive).not.toHaveBeenCalled();
      expect(await reuse([STEP + 1, undefined])).toEqual(accepted(0, STEP + 1));
      await vi.waitFor(async () => expect(await failuresOf(fingerprints)).toEqual([0, 0]), PATIENT);
      expect(forgive).toHaveBeenCalledTimes(1);
    });

    it('finds a lock from before the clock was set back no longer than its delay, however often it is asked', async () => {
      const { keys, fingerprints } = userOf(2);
      for (const fingerprint of fingerprints) await fail(fingerprint, 5);
      const back = START - DAY;
      for (const waited of [0, 20_000])
        expect(await decide(keys([STEP, undefined]), back + waited)).toMatchObject({
          judgement: { outcome: 'throttled', retryAfterMs: MINUTE - waited },
        });
      expect(await failuresOf(fingerprints, back)).toEqual([5, 5]);
      expect(await decide(keys([undefined, STEP]), back + MINUTE)).toEqual(accepted(1));
    });

    it('is accepted once of many concurrent calls, for whichever key it is right', async () => {
      const { keys } = userOf(3);
      const decisions = await Promise.all(Array.from({ length: 40 }, () => decide(keys([undefined, STEP, undefined]))));
      const outcomes = decisions.map((decision) => ('judgement' in decision ? decision.judgement.outcome : decision.outcome));
      expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'replayed')).toHaveLength(39);
    });

    it('allows five judged wrong codes on each of many concurrent calls', async () => {
      const { keys, fingerprints } = userOf(3);
      await Promise.all(Array.from({ length: 40 }, () => decide(keys([undefined, undefined, undefined]))));
      expect(await failuresOf(fingerprints)).toEqual([5, 5, 5]);
    });
  });

  describe(`a request id of several keys in the ${name} store`, () => {
    /** Adds a request id to keys, with the payloads of Verify. */
    const asked = (keys: readonly Attempt[], id: string, what = 'asked') =>
      keys.map((key, place) => ({ ...key, request: { id, payload: `${what} ${place}` } }));

    it('gets the answer of the key that decided, at any place, even if its code matches no more', async () => {
      const { keys, fingerprints } = userOf(3);
      const id = newFingerprint();
      const first = await decide(asked(keys([undefined, undefined, STEP]), id));
      expect(first).toEqual(accepted(2));
      for (const steps of [
        [undefined, undefined, STEP],
        [undefined, undefined, undefined],
        [STEP, undefined, undefined],
      ])
        expect(await decide(asked(keys(steps), id), START + ANSWER_KEPT_MS - 1)).toEqual(first);
      expect(await failuresOf(fingerprints)).toEqual([0, 0, 0]);
      await decide(asked(keys([undefined, undefined, undefined]), id), START + ANSWER_KEPT_MS);
      expect(await failuresOf(fingerprints)).toEqual([1, 1, 1]);
    });

    it('counts a wrong code once, and stays wrong when it would be right, also for a key that has opened', async () => {
      const { keys, fingerprints } = userOf(3);
      await fail(fingerprints[2] ?? '', 5);
      await fail(fingerprints[1] ?? '', 1);
      const id = newFingerprint();
      for (const [steps, waited] of [
        [[undefined, undefined, undefined], 0],
        [[undefined, undefined, undefined], SECOND],
        [[STEP, undefined, undefined], SECOND],
        [[undefined, undefined, STEP], 2 * MINUTE],
      ] as const)
        expect(await decide(asked(keys(steps), id), START + waited)).toEqual(mismatch(3, 0, 1));
      expect(await failuresOf(fingerprints, START)).toEqual([1, 2, 5]);
    });

    it('of which the answer was kept at one key and not at another still has it', async () => {
      const { keys, fingerprints } = userOf(2);
      const id = newFingerprint();
      const [, second] = asked(keys([undefined, undefined]), id);
      // The state that an instance leaves if it stops between the two keys.
      if (second !== undefined) await codesOf().judge(second, START);
      expect(await decide(asked(keys([STEP, undefined]), id))).toEqual(mismatch(4, 1));
      expect(await failuresOf(fingerprints)).toEqual([0, 1]);
    });

    it('prefers an acceptance to a mismatch that is kept too', async () => {
      const { keys } = userOf(2);
      const id = newFingerprint();
      const [first, second] = [asked(keys([undefined, undefined]), id)[0], asked(keys([undefined, STEP]), id)[1]];
      for (const one of [first, second]) if (one !== undefined) await codesOf().judge(one, START);
      expect(await decide(asked(keys([undefined, undefined]), id))).toEqual(accepted(1));
    });

    it('prefers an acceptance to a replay, and a replay to a mismatch, that are kept too', async () => {
      const { keys } = userOf(3);
      await decide(keys([undefined, STEP, undefined]));
      const id = newFingerprint();
      const all = asked(keys([undefined, STEP, STEP]), id);
      for (const one of all.slice(0, 2)) await codesOf().judge(one, START);
      const again = () => decide(asked(keys([undefined, undefined, undefined]), id));
      expect(await again()).toMatchObject({ judgement: { outcome: 'replayed' }, places: [1] });
      for (const one of all.slice(2)) await codesOf().judge(one, START);
      expect(await again()).toEqual(accepted(2));
    });

    it('is refused with another payload, and nothing is judged or counted', async () => {
      const { keys, fingerprints } = userOf(3);
      const id = newFingerprint();
      expect(await decide(asked(keys([undefined, STEP, undefined]), id))).toEqual(accepted(1));
      for (const steps of [
        [STEP + 1, STEP + 1, STEP + 1],
        [undefined, undefined, undefined],
      ])
        expect(await decide(asked(keys(steps), id, 'another'))).toEqual({ outcome: 'request_id_reused' });
      expect(await failuresOf(fingerprints)).toEqual([0, 0, 0]);
      expect(await decide(asked(keys([undefined, undefined, undefined]), id))).toEqual(accepted(1));
    });

    it('distinguishes the names of a secret that is named twice', async () => {
      const fingerprint = newFingerprint();
      const id = newFingerprint();
      const twice = (step: number | undefined) =>
        asked([attempt({ fingerprint, step: undefined }), attempt({ ...HOTP, fingerprint, step })], id);
      for (const step of [7, 7, undefined]) expect(await decide(twice(step))).toEqual(accepted(1, 7));
    });

    it('that is sent many times at once has one answer, right or wrong', async () => {
      for (const [step, expected] of [
        [STEP, accepted(1)],
        [undefined, mismatch(4, 0, 1)],
      ] as const) {
        const { keys, fingerprints } = userOf(2);
        const one = asked(keys([undefined, step]), newFingerprint());
        const decisions = await Promise.all(Array.from({ length: 30 }, () => decide(one)));
        for (const decision of decisions) expect(decision).toEqual(expected);
        expect(await failuresOf(fingerprints)).toEqual(step === undefined ? [1, 1] : [0, 0]);
      }
    });
  });

  describe(`a look at the ${name} store`, () => {
    it('shows states and kept answers, of several secrets at once, and changes nothing', async () => {
      const { fingerprints } = userOf(2);
      const [one = '', other = ''] = fingerprints;
      const request = requestOf();
      const judgement = await codesOf().judge(attempt({ fingerprint: one, drift: -1, request }), START);
      await fail(other, 5);
      const asked = [
        attempt({ fingerprint: one, request }),
        attempt({ fingerprint: one, request: { ...request, payload: 'another' } }),
        attempt({ fingerprint: other, request }),
        attempt({ fingerprint: newFingerprint() }),
      ];
      const states = await Promise.all(asked.map((each) => codesOf().inspect(each, START)));
      const kept = [judgement, { outcome: 'request_id_reused' }, undefined, undefined];
      for (let looked = 0; looked < 2; looked += 1) {
        const shown = states.map((state, place) => ({ state, now: START, kept: kept[place] }));
        expect(await codesOf().preview(asked, START)).toEqual(shown);
      }
      expect(await codesOf().preview(asked.slice(0, 1), START + ANSWER_KEPT_MS)).toMatchObject([{ kept: undefined }]);
      expect(await codesOf().preview([], START)).toEqual([]);
    });
  });

  describe(`forgiving in the ${name} store`, () => {
    it('clears failures and a lock, and makes nothing of an unknown secret', async () => {
      const fingerprint = newFingerprint();
      await codesOf().forgive(named(fingerprint), START);
      expect(await codesOf().inspect(named(fingerprint), START)).toEqual(UNKNOWN_KEY);
      await fail(fingerprint, 5);
      await codesOf().forgive(named(fingerprint), START);
      expect(await codesOf().inspect(named(fingerprint), START)).toMatchObject({ failures: 0, lockedUntil: 0 });
    });
  });
}
