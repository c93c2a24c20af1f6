/** Searches that compute many codes, in steps of a fraction of a millisecond, so that other work can run between them. */
import { constantTimeEqual } from './crypto-plugin.ts';
import { findMatch, hotpCode } from './hotp.ts';
import { BOUNDS, type Parameters } from './params.ts';
import type { StepRange } from './totp.ts';

/** The codes that one step computes: each takes some ten microseconds. */
const CODES_A_STEP = 25;

/** A key, and the window of counters to search. */
interface SearchedKey {
  readonly secret: Uint8Array;
  readonly parameters: Pick<Parameters, 'algorithm' | 'digits'>;
  readonly window: StepRange;
}

/** A search for one code. */
export interface Search extends SearchedKey {
  /** A result of `readCode`. */
  readonly code: string;
}

/** A search for several codes in a row. */
export interface RunSearch extends SearchedKey {
  /** Results of `readCode`. */
  readonly codes: readonly string[];
}

/** Does the work of `findMatch` for each search. */
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
 * Finds several consecutive codes (RFC 4226 section 7.4): returns the earliest counter in the window whose code is the first of `codes`, and whose next
 * counters have the other codes; undefined if there is none. Computes every code of the window, and as many after it as the run needs, and compares each
 * with all of `codes` in constant time, wherever a run is found.
 */
export function* findRun({ secret, parameters, window, codes }: RunSearch): Generator<void, number | undefined> {
  let found: number | undefined;
  /** For each code, whether a run of the codes up to it ends at the counter before. */
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
