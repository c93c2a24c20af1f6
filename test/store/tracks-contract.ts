/** The contract of every store for secrets with several names, and for clocks that leap. Other tests check the rules with `judge`. */
import { describe, expect, it } from 'vitest';
import type { Attempt, CodeStore } from '../../src/ports/codes.ts';
import { UNKNOWN_KEY } from '../../src/verification/rules.ts';
import { USED_KEPT_MS } from '../../src/verification/tracks.ts';
import { HOUR, MINUTE, START } from '../auth/fixtures.ts';
import { randomNumbers, tryNames } from '../verification/naming.ts';
import { attempt, DAY, HOTP, hotpTrack, named, newFingerprint, STEP, tallyOf, track } from './codes-fixtures.ts';

/** The number of secrets that are tried under many names, with and without leaps of the clock. */
const SECRETS = 60;

/** Runs the tests on an open store. */
export function tracksContract(name: string, codesOf: () => CodeStore): void {
  const outcomeOf = async (one: Partial<Attempt>, now = START) => (await codesOf().judge(attempt(one), now)).outcome;

  describe(`a secret of several names in the ${name} store`, () => {
    it('has no code accepted under a second name', async () => {
      const fingerprint = newFingerprint();
      expect(await outcomeOf({ fingerprint })).toBe('accepted');
      expect(await outcomeOf({ ...HOTP, fingerprint })).toBe('replayed');
      expect(await outcomeOf({ fingerprint, period: 31 })).toBe('replayed');
      expect(await outcomeOf({ ...HOTP, fingerprint, step: 0 })).toBe('accepted');
      expect(await codesOf().inspect(named(fingerprint), START)).toMatchObject({ tracks: [track(), hotpTrack(0, 0)] });
    });

    it('has five wrong codes for all names', async () => {
      const fingerprint = newFingerprint();
      for (const period of [30, 0, 60, 0, 30]) expect(await outcomeOf({ fingerprint, period, step: undefined })).toBe('mismatch');
      for (const period of [30, 0, 60, 1]) expect(await outcomeOf({ fingerprint, period })).toBe('throttled');
    });

    it('has several codes in a row claimed as one, and none of them again', async () => {
      const fingerprint = newFingerprint();
      expect(await outcomeOf({ ...HOTP, fingerprint, firstStep: 5, step: 7 })).toBe('accepted');
      expect(await codesOf().inspect(named(fingerprint), START)).toMatchObject({ tracks: [hotpTrack(5, 7)] });
      expect(await outcomeOf({ fingerprint, step: 6 })).toBe('replayed');
      for (const [firstStep, step] of [
        [7, 9],
        [5, 7],
        [3, 4],
      ] as const)
        expect(await outcomeOf({ ...HOTP, fingerprint, firstStep, step })).toBe('replayed');
      expect(await outcomeOf({ ...HOTP, fingerprint, firstStep: 8, step: 10 })).toBe('accepted');
      expect(await outcomeOf({ fingerprint, step: 20 })).toBe('accepted');
      expect(await outcomeOf({ ...HOTP, fingerprint, firstStep: 19, step: 20 })).toBe('replayed');
      expect(await codesOf().inspect(named(fingerprint), START)).toMatchObject({ failures: 0, tracks: [hotpTrack(5, 10), {}] });
    });

    it('has four names, and no fifth', async () => {
      const fingerprint = newFingerprint();
      for (const period of [1, 2, 3, 4]) expect(await outcomeOf({ fingerprint, period, step: STEP + period })).toBe('accepted');
      const request = { id: 'fifth', payload: '' };
      for (let sent = 0; sent < 2; sent += 1)
        expect(await outcomeOf({ fingerprint, period: 5, step: 9, request })).toBe('too_many_names');
      expect(await outcomeOf({ fingerprint, period: 4, step: STEP + 9 })).toBe('accepted');
    });

    it.each([false, true])('accepts no moving factor twice, with leaps of the clock: %s', async (jumps) => {
      const random = randomNumbers(jumps ? 1 : 2);
      const judged = await Promise.all(
        Array.from({ length: SECRETS }, () =>
          tryNames(
            async (one, now) => (await codesOf().judge(one, now)).outcome === 'accepted',
            newFingerprint(),
            randomNumbers(Math.floor(random() * 1e6)),
            jumps,
          ),
        ),
      );
      expect(judged.reduce((sum, { again }) => sum + again, 0)).toBe(0);
      expect(judged.reduce((sum, { accepted }) => sum + accepted, 0)).toBeGreaterThan(SECRETS * 5);
    });
  });

  describe(`a clock that leaps, with the ${name} store`, () => {
    it('lets no used code pass after it is set back, even if other codes were judged in the meantime', async () => {
      const fingerprints = Array.from({ length: 20 }, newFingerprint);
      for (const fingerprint of fingerprints) expect(await outcomeOf({ fingerprint })).toBe('accepted');
      for (const leap of [HOUR, 2 * DAY, USED_KEPT_MS - 1]) {
        // Enough attempts to delete all rows that have expired by then.
        const others = Array.from({ length: 50 }, () => attempt({ fingerprint: newFingerprint() }));
        expect(await tallyOf(codesOf(), others, START + leap)).toMatchObject({ accepted: 50 });
        for (const fingerprint of fingerprints) expect(await outcomeOf({ fingerprint }, START + 1000)).toBe('replayed');
      }
    });

    it('makes no wait longer than its own delay', async () => {
      const fingerprint = newFingerprint();
      for (let sent = 0; sent < 5; sent += 1) await outcomeOf({ fingerprint, step: undefined });
      const back = START - DAY;
      for (const waited of [0, 20_000]) {
        const judged = await codesOf().judge(attempt({ fingerprint }), back + waited);
        expect(judged).toMatchObject({ outcome: 'throttled', retryAfterMs: MINUTE - waited });
      }
      expect(await codesOf().inspect(named(fingerprint), back)).toMatchObject({ failures: 5, lockedUntil: back + MINUTE });
      expect(await outcomeOf({ fingerprint }, back + MINUTE)).toBe('accepted');
    });

    it('is helped by a reset: what lies in the future is forgotten, nothing up to now', async () => {
      const [fresh, before] = [newFingerprint(), newFingerprint()];
      expect(await outcomeOf({ fingerprint: before, step: STEP - 1 })).toBe('accepted');
      for (const fingerprint of [fresh, before]) {
        expect(await outcomeOf({ fingerprint, step: STEP + 5760 }, START + 2 * DAY)).toBe('accepted');
        expect(await outcomeOf({ fingerprint, step: STEP + 1 })).toBe('replayed');
      }
      const { reset } = codesOf();
      expect(await reset(named(fresh), START)).toMatchObject({
        before: { tracks: [{ last: STEP + 5760 }] },
        after: { tracks: [] },
      });
      expect(await reset(named(before), START)).toMatchObject({ after: { tracks: [{ first: STEP - 1, last: STEP }] } });
      for (const [fingerprint, judged] of [
        [fresh, 'accepted'],
        [before, 'replayed'],
      ] as const) {
        expect(await outcomeOf({ fingerprint })).toBe(judged);
        expect(await outcomeOf({ fingerprint, step: STEP - 1 })).toBe('replayed');
        expect(await outcomeOf({ fingerprint, step: STEP + 1 })).toBe('accepted');
      }
    });

    it('has a reset forget the counters of a HOTP from the named counter on', async () => {
      const fingerprint = newFingerprint();
      for (const step of [3, 57]) await outcomeOf({ ...HOTP, fingerprint, step });
      const name = named(fingerprint, 0);
      expect(await codesOf().reset(name, START)).toMatchObject({ after: { tracks: [hotpTrack(3, 57)] } });
      expect(await codesOf().reset(name, START, 10)).toMatchObject({ after: { tracks: [hotpTrack(3, 9)] } });
      expect(await outcomeOf({ ...HOTP, fingerprint, step: 9 })).toBe('replayed');
      expect(await outcomeOf({ ...HOTP, fingerprint, step: 10 })).toBe('accepted');
    });

    it('needs no reset where nothing lies in the future', async () => {
      const fingerprint = newFingerprint();
      const { reset, inspect } = codesOf();
      expect(await reset(named(fingerprint), START)).toEqual({ before: UNKNOWN_KEY, after: UNKNOWN_KEY });
      await outcomeOf({ fingerprint });
      const kept = await inspect(named(fingerprint), START);
      expect(await reset(named(fingerprint), START)).toEqual({ before: kept, after: kept });
      expect(await outcomeOf({ fingerprint })).toBe('replayed');
    });

    it('has a reset beside right codes lose no claim', async () => {
      const fingerprint = newFingerprint();
      await outcomeOf({ fingerprint, step: STEP + 5760 }, START + 2 * DAY);
      const codes = codesOf();
      const crowd = Array.from({ length: 50 }, () => attempt({ fingerprint, step: STEP + 1 }));
      const resets = Array.from({ length: 10 }, () => codes.reset(named(fingerprint), START));
      const tally = await tallyOf(codes, [...crowd, ...crowd], START);
      await Promise.all(resets);
      expect(tally.accepted).toBeLessThanOrEqual(1);
      expect(await outcomeOf({ fingerprint, step: STEP + 1 })).toBe(tally.accepted === 1 ? 'replayed' : 'accepted');
    });
  });
}
