/** Fixtures for the tests of codes: attempts, and the counts of the outcomes of concurrent attempts. */
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

/** How long the code of a step can match, in ms, in the attempts of these tests. */
export const MATCHABLE_MS = 330_000;

/** The fields that turn an attempt into a HOTP attempt. */
export const HOTP = { period: 0, matchableMs: 0 } as const;

let fingerprints = 0;

/** Returns the fingerprint of a key that no other test uses. */
export function newFingerprint(): string {
  fingerprints += 1;
  return `key-${fingerprints}`;
}

/** Returns the names of a key's state. No state has the former name. */
export function named(fingerprint: string, period: number = PERIOD): StateName & { readonly former: string } {
  return { fingerprint, former: `former-${fingerprint}`, period };
}

/** Returns an attempt with a right code that claims its step; by default for a TOTP with a period of 30 s. */
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

/** Makes all attempts at once and counts their outcomes. Rejects for an error that is not an outage. */
export function tallyOf(codes: CodeStore, attempts: readonly Attempt[], now: number): Promise<Tally> {
  return tallyAll(attempts.map((one) => outcomeOf(codes, one, now)));
}

/** Judges a code on the keys of a user `count` times at once, each time with the keys in another order, and counts the outcomes. */
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

/** Resolves to the outcome of an attempt. An outage counts as an outcome. */
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

/** Returns a state with default values for the missing fields. */
export function state(known: Partial<CodeState>): CodeState {
  return { failures: 0, lockedUntil: 0, tracks: [], expiresAt: 0, ...known };
}

/** Returns the track of a key with a period of 30 s, by default with a single use at the start of the fixtures' clock. */
export function track(known: Partial<Track> = {}): Track {
  const { last = STEP } = known;
  return { period: PERIOD, first: last, last, until: START + MATCHABLE_MS + USED_KEPT_MS, ...known };
}

/** Returns the track of a HOTP. */
export function hotpTrack(first: number, last: number): Track {
  return { period: 0, first, last, until: undefined };
}
