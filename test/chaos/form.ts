/** The length of the chaos tests (seconds in `npm test`, minutes in `npm run test:chaos`), and the random numbers that control them. */

import type { RunnerTestCase as Test } from 'vitest';
import { onTestFailed } from 'vitest';

const IS_LONG = process.env['OTPD_CHAOS'] === 'long';
const GIVEN = process.env['OTPD_CHAOS_SEED'];
/** The seeds of a run are consecutive, so that its first seed repeats the run. */
let next: number = GIVEN === undefined ? Math.floor(Math.random() * 1e9) : Number(GIVEN);

/** Returns the first value in `npm test`, the second in `npm run test:chaos`. */
export function size<T>(brief: T, long: T): T {
  return IS_LONG ? long : brief;
}

/** Reports the progress of a test ten times, in the long form only. */
export function progress(what: string, done: number, of: number): void {
  if (IS_LONG && done % Math.ceil(of / 10) === 0) process.stderr.write(`${what}: ${done} of ${of}\n`);
}

/** Random numbers from a seed. The same seed gives the same numbers. */
export interface Random {
  readonly seed: number;
  /** Returns an integer from 0 to `bound`, exclusive. */
  readonly below: (bound: number) => number;
  /** Returns true with this probability, from 0 to 1. */
  readonly chance: (share: number) => boolean;
  readonly pick: <T>(choices: readonly T[]) => T;
  readonly bytes: (count: number) => Uint8Array;
  /** Returns a UUID. */
  readonly uuid: () => string;
}

/** Returns the numbers of the next seed. A failed test prints the command that repeats it with the same numbers. */
export function nextRandom(): Random {
  const seed = next;
  next += 1;
  onTestFailed(({ task }) => {
    if (seed === next - 1) process.stderr.write(`Again: ${commandOf(seed, task)}\n`);
  });
  return randomOf(seed);
}

function commandOf(seed: number, { file, fullTestName }: Pick<Test, 'file' | 'fullTestName'>): string {
  const form = IS_LONG ? 'OTPD_CHAOS=long ' : '';
  // Vitest reads the name as a pattern.
  const pattern = fullTestName.replaceAll(/[^\w ,>]/g, '.');
  return `${form}OTPD_CHAOS_SEED=${seed} npm test -- ${file.name} -t '${pattern}'`;
}

/** The generator mulberry32. */
export function randomOf(seed: number): Random {
  let state = seed;
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number): number => Math.floor(random() * bound);
  const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => below(256));
  return {
    seed,
    below,
    chance: (share) => random() < share,
    pick<T>(choices: readonly T[]): T {
      if (choices.length === 0) throw new RangeError('nothing to pick from');
      return choices[below(choices.length)] as T;
    },
    bytes,
    uuid: () => {
      const hex = Buffer.from(bytes(16)).toString('hex');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    },
  };
}
