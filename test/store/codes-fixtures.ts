/** What the tests of codes share: attempts, and the count of what came of many at once. */
import type { Attempt, CodeState, CodeStore } from '../../src/ports/codes.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';

export const DAY = 86_400_000;

/** A step of a key of 30 s at the start of the fixtures' clock. */
export const STEP = 56_666_666;

let fingerprints = 0;

/** The fingerprint of a key that no other test uses. */
export function newFingerprint(): string {
  fingerprints += 1;
  return `key-${fingerprints}`;
}

/** A right code, to be claimed; as TOTP judges it, unless told otherwise. */
export function attempt(overrides: Partial<Attempt> = {}): Attempt {
  return {
    fingerprint: 'key',
    step: STEP,
    drift: 0,
    claim: true,
    afterStep: undefined,
    matchableMs: 330_000,
    request: undefined,
    ...overrides,
  };
}

export type Tally = Record<'accepted' | 'replayed' | 'mismatch' | 'throttled' | 'request_id_reused' | 'unavailable', number>;

/** Makes all attempts at once, and counts what comes of them. Rejects if one ends in an error that is no outage. */
export async function tallyOf(codes: CodeStore, attempts: readonly Attempt[], now: number): Promise<Tally> {
  const tally: Tally = { accepted: 0, replayed: 0, mismatch: 0, throttled: 0, request_id_reused: 0, unavailable: 0 };
  await Promise.all(
    attempts.map(async (one) => {
      tally[await outcomeOf(codes, one, now)] += 1;
    }),
  );
  return tally;
}

/** The outcome of one attempt, with an outage as one of them. */
export async function outcomeOf(codes: CodeStore, one: Attempt, now: number): Promise<keyof Tally> {
  try {
    return (await codes.judge(one, now)).outcome;
  } catch (error) {
    if (error instanceof StoreUnavailableError) return 'unavailable';
    throw error;
  }
}

/** A state, with what a key of which nothing is known has. */
export function state(known: Partial<CodeState>): CodeState {
  return { lastStep: undefined, failures: 0, lockedUntil: 0, expiresAt: 0, ...known };
}
