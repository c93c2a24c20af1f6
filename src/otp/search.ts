/** Searches that compute many codes: in steps of a fraction of a millisecond, so that others can have a turn between them. */
import { constantTimeEqual } from './crypto-plugin.ts';
import { findMatch, hotpCode } from './hotp.ts';
import { BOUNDS, type Parameters } from './params.ts';
import type { StepRange } from './totp.ts';

/** The codes that one step computes: each takes some ten microseconds. */
const CODES_A_STEP = 25;

/** A key, and the counters to look at. */
interface SearchedKey {
  readonly secret: Uint8Array;
  readonly parameters: Pick<Parameters, 'algorithm' | 'digits'>;
  readonly window: StepRange;
}

/** A search for one code. */
export interface Search extends SearchedKey {
  /** As `readCode` gives it. */
  readonly code: string;
}

/** A search for several codes in a row. */
export interface RunSearch extends SearchedKey {
  /** As `readCode` gives them. */
  readonly codes: readonly string[];
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
      const last = Math.min(window.last, first + (left - 1));
      match = findMatch(secret, code, first, last, parameters) ?? match;
      left -= last - first + 1;
      first = last + 1;
    }
    matches.push(match);
  }
  return matches;
}

/**
 * The counter of the first of several codes, where they are those of as many counters in a row (RFC 4226 section 7.4); the earliest such counter in
 * the window, in which the first code has to lie. Every code of the window, and of as many counters after it, is computed and compared with each of
 * them in constant time, wherever they are found.
 */
export function* findRun({ secret, parameters, window, codes }: RunSearch): Generator<void, number | undefined> {
  let found: number | undefined;
  /** Which of the codes end a run of as many as there are up to them, at the counter before. */
  let runs: readonly boolean[] = codes.map(() => false);
  const end = Math.min(window.last + codes.length - 1, BOUNDS.counter.max);
  for (let counter = window.first, computed = 0; counter <= end; counter += 1, computed += 1) {
    if (computed > 0 && computed % CODES_A_STEP === 0) yield;
    const code = hotpCode(secret, counter, parameters);
    const isEqual = codes.map((sent) => constantTimeEqual(code, sent));
    const before = runs;
    runs = isEqual.map((equal, place) => equal && (place === 0 ? counter <= window.last : before[place - 1] === true));
    if (found === undefined && runs.at(-1) === true) found = counter - codes.length + 1;
  }
  return found;
}
