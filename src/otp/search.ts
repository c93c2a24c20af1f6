/** Searches that compute many codes: in steps of a fraction of a millisecond, so that others can have a turn between them. */
import { findMatch } from './hotp.ts';
import type { Parameters } from './params.ts';
import type { StepRange } from './totp.ts';

/** The codes that one step computes. */
const CODES_A_STEP = 50;

/** A key, and the counters whose codes are looked at. */
export interface Search {
  readonly secret: Uint8Array;
  readonly parameters: Pick<Parameters, 'algorithm' | 'digits'>;
  readonly window: StepRange;
  /** As `readCode` gives it. */
  readonly code: string;
}

/** Does for each search what `findMatch` does, however many there are. */
export function* findMatches(searches: readonly Search[]): Generator<void, (number | undefined)[]> {
  const matches: (number | undefined)[] = [];
  let left = CODES_A_STEP;
  for (const { secret, parameters, window, code } of searches) {
    let match: number | undefined;
    for (let first = window.first; first <= window.last; ) {
      if (left === 0) {
        yield;
        left = CODES_A_STEP;
      }
      const last = Math.min(window.last, first + left - 1);
      match = findMatch(secret, code, first, last, parameters) ?? match;
      left -= last - first + 1;
      first = last + 1;
    }
    matches.push(match);
  }
  return matches;
}
