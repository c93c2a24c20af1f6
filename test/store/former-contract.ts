/** How every store treats the states of earlier versions, which had a state for each type, algorithm and period of a secret. */
import { describe, expect, it } from 'vitest';
import type { CodeStore, FormerState } from '../../src/ports/codes.ts';
import { HARD_STOP } from '../../src/verification/lock.ts';
import { FAILURES_KEPT_MS, UNKNOWN_KEY } from '../../src/verification/rules.ts';
import { MINUTE, START } from '../auth/fixtures.ts';
import { attempt, DAY, HOTP, named, newFingerprint, STEP, tallyOf } from './codes-fixtures.ts';

/** A store that an earlier version has written. Its clock must be the `now` of the calls. */
export interface FormerStore {
  readonly codes: CodeStore;
  /** Returns the number of states that still have the former form. */
  left(): number;
}

/** Returns a state of an earlier version, with default values for the missing fields. */
export function former(known: Partial<FormerState>): FormerState {
  return { lastStep: undefined, failures: 0, lockedUntil: 0, expiresAt: START + DAY, ...known };
}

/** Runs the tests on stores that `write` makes with the given former states, by name. */
export function formerContract(
  name: string,
  write: (states: Readonly<Record<string, FormerState>>) => Promise<FormerStore>,
): void {
  /** Makes a store with a single former state, and the fingerprint of its secret. */
  async function written(known: Partial<FormerState>): Promise<FormerStore & { readonly fingerprint: string }> {
    const fingerprint = newFingerprint();
    return { fingerprint, ...(await write({ [named(fingerprint).former]: former(known) })) };
  }

  describe(`a state of an earlier version in the ${name} store`, () => {
    it('keeps its used step, and those before it, used; the next is accepted', async () => {
      const { codes, fingerprint, left } = await written({ lastStep: STEP });
      expect(await codes.judge(attempt({ fingerprint }), START)).toMatchObject({ outcome: 'replayed', attemptsRemaining: 5 });
      expect(left()).toBe(0);
      expect(await codes.judge(attempt({ fingerprint, step: STEP - 1 }), START)).toMatchObject({ outcome: 'replayed' });
      expect(await codes.judge(attempt({ fingerprint, step: STEP + 1 }), START)).toMatchObject({ outcome: 'accepted' });
      expect(await codes.judge(attempt({ fingerprint }), START + 29 * DAY)).toMatchObject({ outcome: 'replayed' });
    });

    it('keeps its used counters used for ever, under other names too', async () => {
      const { codes, fingerprint } = await written({ lastStep: 57, expiresAt: undefined });
      const [hotp, far] = [{ ...HOTP, fingerprint }, START + 50 * FAILURES_KEPT_MS];
      for (const step of [0, 57]) {
        expect(await codes.judge(attempt({ ...hotp, step }), far)).toMatchObject({ outcome: 'replayed' });
        expect(await codes.judge(attempt({ fingerprint, period: 86_400, step }), far)).toMatchObject({ outcome: 'replayed' });
      }
      expect(await codes.judge(attempt({ ...hotp, step: 58 }), far)).toMatchObject({ outcome: 'accepted' });
    });

    it('has its used step replayed as HOTP too, once it was taken over', async () => {
      const { codes, fingerprint } = await written({ lastStep: STEP });
      expect(await codes.judge(attempt({ fingerprint, step: undefined }), START)).toMatchObject({ outcome: 'mismatch' });
      for (const step of [STEP, STEP - 86_400])
        expect(await codes.judge(attempt({ ...HOTP, fingerprint, step }), START)).toMatchObject({ outcome: 'replayed' });
      expect(await codes.judge(attempt({ ...HOTP, fingerprint, step: STEP - 86_401 }), START)).toMatchObject({
        outcome: 'accepted',
      });
    });

    it('continues to count its wrong codes, and its lock', async () => {
      const { codes, fingerprint, left } = await written({ failures: 4, expiresAt: START + FAILURES_KEPT_MS });
      expect(await codes.judge(attempt({ fingerprint, step: undefined }), START)).toMatchObject({ attemptsRemaining: 0 });
      expect(await codes.judge(attempt({ fingerprint }), START)).toMatchObject({ outcome: 'throttled', retryAfterMs: MINUTE });
      expect(left()).toBe(0);

      const locked = await written({ failures: 6, lockedUntil: START + 90_000, expiresAt: START + FAILURES_KEPT_MS });
      const throttled = { outcome: 'throttled', retryAfterMs: 90_000 };
      const guess = attempt({ fingerprint: locked.fingerprint, step: undefined });
      expect(await locked.codes.judge(guess, START)).toMatchObject(throttled);
      expect(locked.left()).toBe(0);
      expect(await locked.codes.judge({ ...guess, period: 60, former: 'none' }, START)).toMatchObject(throttled);
    });

    it('does not add its wrong codes to those of the secret: the greater number counts', async () => {
      const { codes, fingerprint } = await written({ failures: 2, expiresAt: START + FAILURES_KEPT_MS });
      const elsewhere = attempt({ fingerprint, period: 60, former: 'none', step: undefined });
      for (const attemptsRemaining of [4, 3, 2]) expect(await codes.judge(elsewhere, START)).toMatchObject({ attemptsRemaining });
      expect(await codes.judge(attempt({ fingerprint, step: undefined }), START)).toMatchObject({ attemptsRemaining: 1 });
    });

    it('stays stopped until an operator unlocks it', async () => {
      const { codes, fingerprint } = await written({ failures: HARD_STOP, lastStep: STEP, expiresAt: undefined });
      const far = START + 10 * FAILURES_KEPT_MS;
      expect(await codes.judge(attempt({ fingerprint, step: STEP + 1 }), far)).toMatchObject({
        outcome: 'throttled',
        retryAfterMs: undefined,
      });
      expect(await codes.unlock(named(fingerprint), far)).toMatchObject({ failures: HARD_STOP });
      expect(await codes.judge(attempt({ fingerprint }), far)).toMatchObject({ outcome: 'replayed' });
      expect(await codes.judge(attempt({ fingerprint, step: STEP + 1 }), far)).toMatchObject({ outcome: 'accepted' });
    });

    it('is shown and unlocked before it is taken over', async () => {
      const { codes, fingerprint, left } = await written({ failures: 7, lastStep: STEP, lockedUntil: START + MINUTE });
      expect(await codes.inspect(named(fingerprint), START)).toMatchObject({ failures: 7, tracks: [{ last: STEP }] });
      expect(left()).toBe(1);
      expect(await codes.unlock(named(fingerprint), START)).toMatchObject({ failures: 7 });
      expect(left()).toBe(0);
      expect(await codes.judge(attempt({ fingerprint }), START)).toMatchObject({ outcome: 'replayed', attemptsRemaining: 5 });
    });

    it('counts for nothing once it has expired', async () => {
      const { codes, fingerprint, left } = await written({ failures: 4, lastStep: STEP, expiresAt: START - 40 * DAY });
      expect(await codes.inspect(named(fingerprint), START)).toEqual(UNKNOWN_KEY);
      expect(await codes.judge(attempt({ fingerprint, step: undefined }), START)).toMatchObject({ attemptsRemaining: 4 });
      expect(await codes.judge(attempt({ fingerprint }), START)).toMatchObject({ outcome: 'accepted' });
      expect(left()).toBe(0);
    });

    it('is taken over once, by any number of concurrent calls', async () => {
      const { codes, fingerprint, left } = await written({ failures: 3, lastStep: STEP, expiresAt: START + FAILURES_KEPT_MS });
      const crowd = Array.from({ length: 100 }, (_, place) => attempt({ fingerprint, step: place % 2 ? STEP : undefined }));
      const tally = await tallyOf(codes, crowd, START);
      expect(tally).toMatchObject({ accepted: 0, mismatch: 2, unavailable: 0 });
      expect(tally.replayed + tally.throttled).toBe(98);
      expect(left()).toBe(0);
    });
  });
}
