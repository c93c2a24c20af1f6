/** Fixtures of the tests of codes: attempts, and the count of the outcomes of many at once. */
import type { Attempt, CodeState, CodeStore, Judgement, NotJudged, Outcome, StateName, Track } from '../../src/ports/codes.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { judgeAny } from '../../src/verification/alternatives.ts';
import { USED_KEPT_MS } from '../../src/verification/tracks.ts';
import { START } from '../auth/fixtures.ts';

export const DAY = 86_400_000;

/** The period of the fixtures' keys, in seconds. */
export const PERIOD = 30;

/** A step of a key of 30 s at the start of the fixtures' clock. */
export const STEP = 56_666_666;

/** How long the code of a step can match, in ms, as the attempts of these tests have it. */
export const MATCHABLE_MS = 330_000;

/** The fields that make an attempt one on a HOTP. */
export const HOTP = { period: 0, matchableMs: 0 } as const;

let fingerprints = 0;

/** The fingerprint of a key that no other test uses. */
export function newFingerprint(): string {
  fingerprints += 1;
  return `key-${fingerprints}`;
}

/** The names of a key's state, with one that nothing is kept under. */
export function named(fingerprint: string, period: number = PERIOD): StateName & { readonly former: string } {
  return { fingerprint, former: `former-${fingerprint}`, period };
}

/** A right code, to be claimed; as a TOTP of 30 s, unless told otherwise. */
export function attempt(overrides: Partial<Attempt> = {}): Attempt {
  const { fingerprint = 'key' } = overrides;
  return {
    ...named(fingerprint),
    step: STEP,
    drift: 0,
    claim: true,
    afterStep: undefined,
    matchableMs: MATCHABLE_MS,
    request: undefined,
    ...overrides,
  };
}

export type Tally = Record<Outcome | NotJudged['outcome'] | 'unavailable', number>;

/** Makes all attempts at once, and counts what comes of them. Rejects if one ends in an error that is no outage. */
export function tallyOf(codes: CodeStore, attempts: readonly Attempt[], now: number): Promise<Tally> {
  return tallyAll(attempts.map((one) => outcomeOf(codes, one, now)));
}

/** Has one code judged on the keys of a user, so many times at once, each time with the keys in another order, and counts what comes of it. */
export function tallyAnyOf(codes: CodeStore, keys: readonly Attempt[], count: number, now: number): Promise<Tally> {
  const calls = Array.from({ length: count }, async (_, turn) => {
    const first = turn % keys.length;
    const decision = await judgeAny(codes, [...keys.slice(first), ...keys.slice(0, first)], now);
    return 'judgement' in decision ? decision.judgement : decision;
  });
  return tallyAll(calls.map(outcomeOrOutage));
}

async function tallyAll(outcomes: readonly Promise<keyof Tally>[]): Promise<Tally> {
  const tally: Tally = {
    accepted: 0,
    replayed: 0,
    too_many_names: 0,
    mismatch: 0,
    throttled: 0,
    request_id_reused: 0,
    unknown_request: 0,
    unavailable: 0,
  };
  for (const outcome of await Promise.all(outcomes)) tally[outcome] += 1;
  return tally;
}

/** The outcome of one attempt, with an outage as one of them. */
export function outcomeOf(codes: CodeStore, one: Attempt, now: number): Promise<keyof Tally> {
  return outcomeOrOutage(codes.judge(one, now));
}

async function outcomeOrOutage(judging: Promise<Judgement | NotJudged>): Promise<keyof Tally> {
  try {
    return (await judging).outcome;
  } catch (error) {
    if (error instanceof StoreUnavailableError) return 'unavailable';
    throw error;
  }
}

/** A state, with what a key of which nothing is known has. */
export function state(known: Partial<CodeState>): CodeState {
  return { failures: 0, lockedUntil: 0, tracks: [], expiresAt: 0, ...known };
}

/** The track of a key of 30 s that was used once, at the start of the fixtures' clock, unless told otherwise. */
export function track(known: Partial<Track> = {}): Track {
  const { last = STEP } = known;
  return { period: PERIOD, first: last, last, until: START + MATCHABLE_MS + USED_KEPT_MS, ...known };
}

/** The track of a HOTP. */
export function hotpTrack(first: number, last: number): Track {
  return { period: 0, first, last, until: undefined };
}
