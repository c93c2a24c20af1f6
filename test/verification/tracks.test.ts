/** The rules of one state per secret: the names of a code, reuse, steps from the caller, and clocks that are set back. */
import { describe, expect, it } from 'vitest';
import type { CodeState, Track } from '../../src/ports/codes.ts';
import { FREE_ATTEMPTS, HARD_STOP, lockEnd } from '../../src/verification/lock.ts';
import { judge, presentState, reset, UNKNOWN_KEY, unlocked, withFormer } from '../../src/verification/rules.ts';
import { MOST_TRACKS, USED_KEPT_MS } from '../../src/verification/tracks.ts';
import { HOUR, MINUTE, START } from '../auth/fixtures.ts';
import { attempt, DAY, HOTP, hotpTrack, MATCHABLE_MS, named, STEP, state, track } from '../store/codes-fixtures.ts';

const used = (...tracks: Track[]) => state({ tracks, expiresAt: START + DAY });
const outcome = (known: CodeState, overrides: Parameters<typeof attempt>[0]) => {
  const { judgement, state } = judge(known, attempt(overrides), START);
  return [judgement.outcome, state === undefined ? 'unchanged' : 'changed'];
};

describe('a code under another name', () => {
  const known = used(track({ first: STEP - 10, last: STEP }));

  it('is replayed from the first step in use to the last, and accepted on both sides', () => {
    for (const step of [STEP - 10, STEP - 5, STEP]) expect(outcome(known, { ...HOTP, step })).toEqual(['replayed', 'unchanged']);
    for (const step of [0, STEP - 11, STEP + 1]) expect(outcome(known, { ...HOTP, step })).toEqual(['accepted', 'changed']);
  });

  it('is accepted again with reuse, which changes nothing and clears no failures', () => {
    const failed = { ...known, failures: 2 };
    const { judgement, state } = judge(failed, attempt({ ...HOTP, claim: false }), START);
    expect([judgement.outcome, judgement.attemptsRemaining, state]).toEqual(['accepted', 3, undefined]);
    expect(outcome(failed, { ...HOTP, step: STEP + 1, claim: false })).toEqual(['accepted', 'changed']);
  });

  it('is replayed up to the caller’s own step before anything else is asked', () => {
    const four = used(...[1, 2, 3, 4].map((period) => track({ period })));
    for (const claim of [true, false])
      expect(outcome(four, { step: STEP + 9, afterStep: STEP + 9, claim })).toEqual(['replayed', 'unchanged']);
  });

  it('gets a separate track, and does not change the others', () => {
    const { state } = judge(known, attempt({ ...HOTP, step: 7 }), START);
    expect(state).toEqual({ failures: 0, lockedUntil: 0, tracks: [...known.tracks, hotpTrack(7, 7)], expiresAt: undefined });
  });

  it('is not accepted as the fifth name, with reuse neither, until a track is forgotten', () => {
    const periods = [1, 15, 60, 3600];
    expect(periods).toHaveLength(MOST_TRACKS);
    const four = { ...used(...periods.map((period) => track({ period, last: 5 }))), failures: 1 };
    for (const claim of [true, false]) {
      const { judgement, state } = judge(four, attempt({ claim, drift: 1 }), START);
      expect(judgement).toEqual({
        outcome: 'too_many_names',
        step: STEP,
        drift: 1,
        attemptsRemaining: 4,
        retryAfterMs: undefined,
      });
      expect(state).toBeUndefined();
    }
    for (const period of periods) expect(outcome(four, { period, step: 6 })).toEqual(['accepted', 'changed']);
    const later = START + MATCHABLE_MS + USED_KEPT_MS;
    expect(presentState({ ...four, expiresAt: undefined }, later).tracks).toEqual([]);
    expect(presentState({ ...four, expiresAt: undefined }, later - 1).tracks).toHaveLength(4);
  });
});

describe('a claim', () => {
  it('moves the last step, and keeps the first for 30 days of steps', () => {
    const days = (period: number) => Math.ceil(USED_KEPT_MS / (period * 1000));
    for (const period of [1, 30, 86_399]) {
      const known = used(track({ period, first: 1000, last: 2000 }));
      const first = (step: number) => judge(known, attempt({ period, step }), START).state?.tracks[0]?.first;
      expect(first(2001)).toBe(Math.max(1000, 2001 - days(period)));
      expect(first(1000 + days(period) + 2001)).toBe(3001);
    }
    expect(judge(used(hotpTrack(3, 9)), attempt({ ...HOTP, step: 1e15 }), START).state?.tracks).toEqual([hotpTrack(3, 1e15)]);
  });

  it('lets the state expire with its last track', () => {
    const known = used(track({ period: 60, last: 5, until: START + 99 * DAY }));
    expect(judge(known, attempt(), START).state?.expiresAt).toBe(START + 99 * DAY);
    expect(judge(UNKNOWN_KEY, attempt(), START).state?.expiresAt).toBe(START + MATCHABLE_MS + USED_KEPT_MS);
  });
});

describe('a state of an earlier version', () => {
  const kept = { lastStep: STEP, failures: 3, lockedUntil: 0, expiresAt: START + DAY };

  it('gives its last step to the track, with all steps of 30 days before it', () => {
    expect(withFormer(UNKNOWN_KEY, kept, named('key'), START)).toEqual({
      failures: 3,
      lockedUntil: 0,
      tracks: [track({ first: STEP - 86_400, until: START + 630_000 + USED_KEPT_MS })],
      expiresAt: START + 630_000 + USED_KEPT_MS,
    });
    const hotp = withFormer(UNKNOWN_KEY, { ...kept, lastStep: 57, expiresAt: undefined }, named('key', 0), START);
    expect(hotp).toEqual(state({ failures: 3, tracks: [hotpTrack(0, 57)], expiresAt: undefined }));
  });

  it('adds nothing once it has expired, and no track without a step', () => {
    expect(withFormer(UNKNOWN_KEY, kept, named('key'), START + DAY)).toBe(UNKNOWN_KEY);
    const known = { ...used(hotpTrack(1, 2)), failures: 9, lockedUntil: START + HOUR };
    expect(withFormer(known, { ...kept, lastStep: undefined }, named('key'), START)).toMatchObject({
      tracks: known.tracks,
      failures: 9,
      lockedUntil: START + HOUR,
    });
  });
});

describe('a clock that is set back', () => {
  const wrong = attempt({ step: undefined });
  const fifth = (now: number) => judge(state({ failures: FREE_ATTEMPTS - 1, expiresAt: START + 999 * DAY }), wrong, now).state;

  it.each([1, DAY, 400 * DAY])('by %i ms makes a lock no longer than its own delay, which then passes', (jump) => {
    let known = fifth(START) ?? UNKNOWN_KEY;
    expect(known.lockedUntil).toBe(START + MINUTE);
    const now = START - jump;
    for (const waited of [0, 1, MINUTE - 1]) {
      const ruling = judge(known, attempt(), now + waited);
      expect(ruling.judgement).toMatchObject({ outcome: 'throttled', retryAfterMs: MINUTE - waited });
      known = ruling.state ?? known;
    }
    expect(judge(known, attempt(), now + MINUTE).judgement.outcome).toBe('accepted');
  });

  it('leaves the lock, the failures and the tracks otherwise as they were', () => {
    const locked = { ...used(track()), failures: 7, lockedUntil: START + DAY };
    expect(judge(locked, attempt(), START)).toEqual({
      judgement: { outcome: 'throttled', step: undefined, drift: 0, attemptsRemaining: 0, retryAfterMs: 4 * MINUTE },
      state: { ...locked, lockedUntil: START + 4 * MINUTE },
    });
    expect(judge({ ...locked, lockedUntil: START + 4 * MINUTE }, attempt(), START).state).toBeUndefined();
    expect(lockEnd(locked, START)).toBe(START + 4 * MINUTE);
  });

  it('does not lock what has no delay, nor open what only an unlock does', () => {
    expect(lockEnd(state({ failures: 4, lockedUntil: START + DAY }), START)).toBe(0);
    const stopped = state({ failures: HARD_STOP, lockedUntil: START + 9 * DAY, expiresAt: undefined });
    expect(judge(stopped, attempt(), START)).toMatchObject({ judgement: { retryAfterMs: undefined }, state: undefined });
    expect(lockEnd(stopped, START)).toBe(Number.POSITIVE_INFINITY);
    expect(unlocked(stopped)).toMatchObject({ failures: 0, lockedUntil: 0 });
  });

  it('finds a used code used, after a leap of almost 30 days in which others were judged', () => {
    const { state: kept } = judge(UNKNOWN_KEY, attempt(), START);
    const away = START + USED_KEPT_MS - 1;
    const leapt = judge(presentState(kept, away), attempt({ period: 60, step: 1e8 }), away).state;
    expect(judge(presentState(leapt, START), attempt(), START).judgement.outcome).toBe('replayed');
  });
});

describe('a reset', () => {
  const ahead = STEP + 120;
  const tracksAfter = (...tracks: Track[]) => reset(used(...tracks), START)?.tracks;

  it('forgets a track that lies in the future as a whole, so that the current code is accepted', () => {
    expect(tracksAfter(track({ last: ahead }))).toEqual([]);
    const known = reset(used(track({ last: ahead }), hotpTrack(0, 1e9)), START) ?? UNKNOWN_KEY;
    expect(known.tracks).toEqual([hotpTrack(0, 1e9)]);
    expect(judge(state({}), attempt(), START).judgement.outcome).toBe('accepted');
  });

  it('puts one back to the current step that was used before, so that nothing up to now is accepted', () => {
    const known = reset(used(track({ first: STEP - 3, last: ahead })), START) ?? UNKNOWN_KEY;
    expect(known.tracks).toEqual([track({ first: STEP - 3, last: STEP })]);
    for (const [step, judged] of [
      [STEP - 3, 'replayed'],
      [STEP, 'replayed'],
      [STEP + 1, 'accepted'],
    ] as const)
      expect(judge(known, attempt({ step }), START).judgement.outcome).toBe(judged);
  });

  it('does not forget one that begins with the current step, whose code would pass again', () => {
    expect(tracksAfter(track({ first: STEP, last: ahead }))).toEqual([track({ last: STEP })]);
    expect(tracksAfter(track({ first: STEP + 1, last: ahead }))).toEqual([]);
  });

  it('puts it back too where a leap of more than 30 days has had earlier steps forgotten', () => {
    const far = STEP + 86_400;
    expect(tracksAfter(track({ last: far }))).toEqual([]);
    expect(tracksAfter(track({ last: far + 1 }))).toEqual([track({ first: STEP, last: STEP })]);
  });

  it('leaves what a window of today reaches, and a HOTP', () => {
    for (const last of [0, STEP, STEP + 10]) expect(tracksAfter(track({ last }))).toBeUndefined();
    expect(tracksAfter(track({ last: STEP + 11 }))).toEqual([]);
    expect(tracksAfter(hotpTrack(0, Number.MAX_SAFE_INTEGER))).toBeUndefined();
    expect(reset(UNKNOWN_KEY, START)).toBeUndefined();
  });

  it('resets a HOTP only to a given counter', () => {
    const known = used(hotpTrack(3, 57), track());
    const tracksFrom = (counter: number) => reset(known, START, counter)?.tracks;
    expect(tracksFrom(58)).toBeUndefined();
    expect(tracksFrom(57)).toEqual([hotpTrack(3, 56), track()]);
    expect(tracksFrom(4)).toEqual([hotpTrack(3, 3), track()]);
    for (const counter of [0, 3]) expect(tracksFrom(counter)).toEqual([track()]);
  });

  it('leaves the failures and the lock', () => {
    const known = { ...used(track({ last: ahead }), track({ period: 60, last: 7 })), failures: 5, lockedUntil: START + MINUTE };
    expect(reset(known, START)).toEqual({ ...known, tracks: [track({ period: 60, last: 7 })] });
  });
});

describe('several codes in a row', () => {
  const run = (firstStep: number, step: number, more: Parameters<typeof attempt>[0] = {}) => ({
    ...HOTP,
    firstStep,
    step,
    ...more,
  });

  it('claim all that they are of, and count as one attempt', () => {
    const failed = { ...used(), failures: 3 };
    expect(judge(failed, attempt(run(5, 7)), START)).toEqual({
      judgement: { outcome: 'accepted', step: 7, drift: 0, attemptsRemaining: FREE_ATTEMPTS, retryAfterMs: undefined },
      state: { failures: 0, lockedUntil: 0, tracks: [hotpTrack(5, 7)], expiresAt: undefined },
    });
    const { state: after } = judge(used(hotpTrack(3, 9)), attempt(run(20, 22)), START);
    expect(after?.tracks).toEqual([hotpTrack(3, 22)]);
    const { state: before } = judge(used(track({ first: STEP, last: STEP })), attempt({ ...run(5, 7), step: 7 }), START);
    expect(before?.tracks).toEqual([track(), hotpTrack(5, 7)]);
  });

  it('are fresh only if the first of them is', () => {
    const known = used(hotpTrack(3, 9));
    for (const [first, last] of [
      [9, 11],
      [8, 10],
      [1, 2],
    ] as const)
      expect(outcome(known, run(first, last))).toEqual(['replayed', 'unchanged']);
    expect(outcome(known, run(10, 12))).toEqual(['accepted', 'changed']);
    expect(outcome(known, run(9, 11, { claim: false }))).toEqual(['accepted', 'unchanged']);
  });

  it('are replayed if any of them was used under another name', () => {
    const known = used(track({ first: 100, last: 110 }));
    for (const [first, last] of [
      [98, 100],
      [99, 101],
      [104, 106],
      [110, 112],
    ] as const)
      expect(outcome(known, run(first, last))).toEqual(['replayed', 'unchanged']);
    for (const [first, last] of [
      [97, 99],
      [111, 113],
    ] as const)
      expect(outcome(known, run(first, last))).toEqual(['accepted', 'changed']);
  });

  it('are replayed if the first of them is not after the caller’s own last', () => {
    expect(outcome(used(), run(5, 7, { afterStep: 5 }))).toEqual(['replayed', 'unchanged']);
    expect(outcome(used(), run(5, 7, { afterStep: 4 }))).toEqual(['accepted', 'changed']);
  });
});
