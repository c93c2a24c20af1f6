/** The rules for a code: every outcome, every delay, and what no sequence of attempts can do. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attempt, CodeState, Judgement } from '../../src/ports/codes.ts';
import {
  attemptsRemaining,
  FIRST_DELAY_MS,
  FREE_ATTEMPTS,
  HARD_STOP,
  LONGEST_DELAY_MS,
  lockEnd,
} from '../../src/verification/lock.ts';
import { ANSWER_KEPT_MS, FAILURES_KEPT_MS, judge, presentState, UNKNOWN_KEY, unlocked } from '../../src/verification/rules.ts';
import { MATCHABLE_PERIODS, MOST_TRACKS, USED_KEPT_MS } from '../../src/verification/tracks.ts';
import { MINUTE, START } from '../auth/fixtures.ts';
import { attempt, DAY, HOTP, hotpTrack, MATCHABLE_MS, PERIOD, STEP, state, track } from '../store/codes-fixtures.ts';

const wrong = attempt({ step: undefined });
const failed = (failures: number, known: Partial<CodeState> = {}) =>
  state({ failures, expiresAt: START + FAILURES_KEPT_MS, ...known });

function right(outcome: 'accepted' | 'replayed', attemptsRemaining: number = FREE_ATTEMPTS): Judgement {
  return { outcome, step: STEP, drift: 0, attemptsRemaining, retryAfterMs: undefined };
}

it('the bounds are as docs/security.md states them', () => {
  const days = (ms: number) => ms / DAY;
  expect({ FREE_ATTEMPTS, HARD_STOP, MOST_TRACKS, MATCHABLE_PERIODS }).toEqual({
    FREE_ATTEMPTS: 5,
    HARD_STOP: 100,
    MOST_TRACKS: 4,
    MATCHABLE_PERIODS: 21,
  });
  expect(UNKNOWN_KEY).toEqual(state({ failures: 0, lockedUntil: 0, tracks: [], expiresAt: 0 }));
  expect([FIRST_DELAY_MS, LONGEST_DELAY_MS]).toEqual([MINUTE, DAY]);
  expect([USED_KEPT_MS, FAILURES_KEPT_MS, ANSWER_KEPT_MS].map(days)).toEqual([30, 365, 1]);
});

describe('a right code', () => {
  it('claims its step, until its codes can match no more and 30 days longer', () => {
    expect(judge(UNKNOWN_KEY, attempt({ drift: -1 }), START)).toEqual({
      judgement: { ...right('accepted'), drift: -1 },
      state: state({ tracks: [track()], expiresAt: START + MATCHABLE_MS + USED_KEPT_MS }),
    });
  });

  it('of a HOTP claims its counter for ever', () => {
    expect(judge(failed(2), attempt({ ...HOTP, step: 0 }), START).state).toEqual(
      state({ tracks: [hotpTrack(0, 0)], expiresAt: undefined }),
    );
  });

  it('is replayed at the last step and before it, and changes nothing', () => {
    for (const last of [STEP, STEP + 1, Number.MAX_SAFE_INTEGER]) {
      const used = failed(2, { tracks: [track({ last })] });
      expect(judge(used, attempt(), START)).toEqual({ judgement: right('replayed', 3), state: undefined });
    }
  });

  it('is accepted just after the last step', () => {
    expect(judge(state({ tracks: [track({ last: STEP - 1 })] }), attempt(), START).judgement).toEqual(right('accepted'));
  });

  it('is replayed at the caller’s own last step and before it, also with reuse', () => {
    for (const claim of [true, false]) {
      for (const afterStep of [STEP, STEP + 1]) {
        const ruling = judge(failed(1), attempt({ claim, afterStep }), START);
        expect(ruling).toEqual({ judgement: right('replayed', 4), state: undefined });
      }
      expect(judge(UNKNOWN_KEY, attempt({ claim, afterStep: STEP - 1 }), START).judgement).toEqual(right('accepted'));
    }
  });

  it('clears the failures', () => {
    expect(judge(failed(7), attempt(), START).state).toMatchObject({ failures: 0, lockedUntil: 0 });
  });

  it('with reuse claims nothing, and clears the failures only if it was not used', () => {
    const reused = attempt({ claim: false });
    expect(judge(UNKNOWN_KEY, reused, START)).toEqual({ judgement: right('accepted'), state: undefined });
    const before = failed(3, { tracks: [track({ last: STEP - 1 })] });
    expect(judge(before, reused, START)).toEqual({ judgement: right('accepted'), state: { ...before, failures: 0 } });
    const used = failed(3, { tracks: [track()] });
    expect(judge(used, reused, START)).toEqual({ judgement: right('accepted', 2), state: undefined });
  });
});

describe('wrong codes', () => {
  /** Sends wrong codes, each exactly when it can be judged. */
  function guess(count: number): { judgements: Judgement[]; delays: number[]; state: CodeState; now: number } {
    let [known, now] = [UNKNOWN_KEY, START];
    const [judgements, delays]: [Judgement[], number[]] = [[], []];
    for (let sent = 0; sent < count; sent += 1) {
      const ruling = judge(known, wrong, now);
      judgements.push(ruling.judgement);
      known = ruling.state ?? known;
      delays.push(Math.max(0, known.lockedUntil - now));
      now = Math.max(now, known.lockedUntil);
    }
    return { judgements, delays, state: known, now };
  }

  it('are counted, four of them without delay', () => {
    const { judgements, state: after } = guess(4);
    expect(judgements.map((judgement) => judgement.attemptsRemaining)).toEqual([4, 3, 2, 1]);
    expect(judgements[0]).toEqual({
      outcome: 'mismatch',
      step: undefined,
      drift: 0,
      attemptsRemaining: 4,
      retryAfterMs: undefined,
    });
    expect(after).toEqual(failed(4));
    expect(lockEnd(after, START - DAY)).toBe(0);
  });

  it('delay the next from the fifth on, twice as long each time, a day at most', () => {
    const minutes = guess(18).delays.map((delay) => delay / MINUTE);
    expect(minutes).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440, 1440]);
    expect([FIRST_DELAY_MS, LONGEST_DELAY_MS]).toEqual([MINUTE, DAY]);
  });

  it('and right ones are throttled during the delay, and change nothing', () => {
    const locked = failed(5, { lockedUntil: START + MINUTE });
    for (const one of [wrong, attempt(), attempt({ claim: false })]) {
      expect(judge(locked, one, START + 1)).toEqual({
        judgement: { outcome: 'throttled', step: undefined, drift: 0, attemptsRemaining: 0, retryAfterMs: MINUTE - 1 },
        state: undefined,
      });
    }
    expect(judge(locked, attempt(), START + MINUTE - 1).judgement.outcome).toBe('throttled');
    expect(judge(locked, attempt(), START + MINUTE).judgement.outcome).toBe('accepted');
    expect(attemptsRemaining(locked)).toBe(1);
  });

  it('stop all at the hundredth, for ever, and take months to get there', () => {
    const { state: stopped, now } = guess(HARD_STOP);
    expect(stopped).toMatchObject({ failures: HARD_STOP, expiresAt: undefined });
    expect(now - START).toBeGreaterThan(80 * DAY);
    const judged = judge(stopped, attempt(), now + 100 * FAILURES_KEPT_MS).judgement;
    expect(judged).toMatchObject({ outcome: 'throttled', retryAfterMs: undefined });
  });

  it('are remembered for a year from the last, but no shorter than the step', () => {
    expect(judge(failed(1), wrong, START + DAY).state?.expiresAt).toBe(START + DAY + FAILURES_KEPT_MS);
    const far = START + 2 * FAILURES_KEPT_MS;
    expect(judge(state({ tracks: [track()], expiresAt: far }), wrong, START).state).toMatchObject({
      tracks: [track()],
      expiresAt: far,
    });
    const hotp = state({ tracks: [hotpTrack(0, 1)], expiresAt: undefined });
    expect(judge(hotp, wrong, START).state?.expiresAt).toBeUndefined();
  });
});

describe('an unlock', () => {
  it('clears the failures and the lock, not the tracks', () => {
    const stopped = failed(HARD_STOP, { tracks: [track()], lockedUntil: START + DAY, expiresAt: undefined });
    const after = unlocked(stopped);
    expect(after).toEqual(state({ tracks: [track()], expiresAt: undefined }));
    expect(judge(after ?? stopped, attempt(), START).judgement.outcome).toBe('replayed');
    const next = judge(after ?? stopped, attempt({ step: STEP + 1 }), START).state;
    expect(next?.expiresAt).toBe(START + MATCHABLE_MS + USED_KEPT_MS);
  });

  it('has nothing to do where nothing failed', () => {
    expect(unlocked(UNKNOWN_KEY)).toBeUndefined();
    expect(unlocked(state({ tracks: [track()] }))).toBeUndefined();
  });
});

describe('no sequence of attempts', () => {
  const PERIOD_MS = PERIOD * 1000;
  const moves = fc.array(
    fc.record({
      /** Steps from the current step; undefined for a wrong code. */
      drift: fc.option(fc.integer({ min: -10, max: 10 }), { nil: undefined, freq: 3 }),
      claim: fc.boolean(),
      waitMs: fc.oneof(
        fc.constantFrom(0, 1, PERIOD_MS, MINUTE, DAY, USED_KEPT_MS + 11 * PERIOD_MS, FAILURES_KEPT_MS),
        fc.nat({ max: 2 * MINUTE }),
        fc.integer({ min: -MINUTE, max: 0 }),
      ),
    }),
    { maxLength: 80 },
  );

  type Sequence = typeof moves extends fc.Arbitrary<infer T> ? T : never;

  /** Runs the moves as a store does, with a state that is forgotten when it has expired. */
  function* run(sequence: Sequence): Generator<[Attempt, Judgement, number]> {
    let [known, now] = [UNKNOWN_KEY, START];
    for (const { drift, claim, waitMs } of sequence) {
      now += waitMs;
      const current = Math.floor(now / PERIOD_MS);
      const step = drift === undefined ? undefined : current + drift;
      const matchableMs = step === undefined ? 0 : (step + 11) * PERIOD_MS - now;
      const one = attempt({ step, drift: drift ?? 0, claim, matchableMs });
      known = presentState(known, now);
      const ruling = judge(known, one, now);
      known = ruling.state ?? known;
      yield [one, ruling.judgement, now];
    }
  }

  it('claims a step twice, or one before a claimed one', () => {
    fc.assert(
      fc.property(moves, (sequence) => {
        let last = -1;
        for (const [one, { outcome }] of run(sequence)) {
          if (outcome !== 'accepted' || !one.claim || one.step === undefined) continue;
          expect(one.step).toBeGreaterThan(last);
          last = one.step;
        }
      }),
      { numRuns: 2000 },
    );
  });

  /** Expects that no wrong code is judged before the delay of the earlier codes is over. */
  function expectDelays(sequence: Sequence): void {
    let [failures, waitingSince, lastStep]: [number[], number, number] = [[], START, -1];
    for (const [{ claim, step = -1 }, { outcome }, now] of run(sequence)) {
      // A clock that is set back moves the delay back too; it lasts as long from the time that the clock then shows.
      waitingSince = Math.min(waitingSince, now);
      // A used code that passes again clears nothing.
      if (outcome === 'accepted' && step > lastStep) failures = [];
      if (outcome === 'accepted' && claim) lastStep = step;
      const last = failures.at(-1);
      if (last !== undefined && now - last >= FAILURES_KEPT_MS) failures = [];
      if (outcome !== 'mismatch') continue;
      const needed = failures.length < FREE_ATTEMPTS ? 0 : Math.min(DAY, MINUTE * 2 ** (failures.length - FREE_ATTEMPTS));
      if (needed > 0) expect(now - waitingSince).toBeGreaterThanOrEqual(needed);
      failures.push(now);
      waitingSince = now;
    }
  }

  it('has more wrong codes judged than the delays let through', () => {
    fc.assert(fc.property(moves, expectDelays), { numRuns: 2000 });
  });

  it('has more of them judged where the clock is set back a millisecond during the delay', () => {
    const wrongAfter = (waitMs: number) => ({ drift: undefined, claim: false, waitMs });
    const sequence = [0, 0, 0, 0, 0, -1, MINUTE - 1, 1].map(wrongAfter);
    expectDelays(sequence);
    const judged = Array.from(run(sequence), ([, { outcome, retryAfterMs }]) => [outcome, retryAfterMs]);
    expect(judged.slice(4)).toEqual([
      ['mismatch', undefined],
      ['throttled', MINUTE],
      ['throttled', 1],
      ['mismatch', undefined],
    ]);
  });
});
