/** How long the chaos tests run (seconds as part of `npm test`, minutes as `npm run test:chaos`), and the numbers that decide what happens in them. */

import type { RunnerTestCase as Test } from 'vitest';
import { onTestFailed } from 'vitest';

const IS_LONG = process.env['OTPD_CHAOS'] === 'long';
const GIVEN = process.env['OTPD_CHAOS_SEED'];
/** The seeds of a run lie next to each other, so that its first one gives them all again. */
let next: number = GIVEN === undefined ? Math.floor(Math.random() * 1e9) : Number(GIVEN);

/** The first number in `npm test`, the second in `npm run test:chaos`. */
export function size<T>(brief: T, long: T): T {
  return IS_LONG ? long : brief;
}

/** Says in the long form, ten times on the way, how far a test has come. */
export function progress(what: string, done: number, of: number): void {
  if (IS_LONG && done % Math.ceil(of / 10) === 0) process.stderr.write(`${what}: ${done} of ${of}\n`);
}

/** Numbers from 0 up to 1 with what is commonly made of them; the same for the same seed. */
export interface Random {
  readonly seed: number;
  /** From 0 up to `bound`, a whole number. */
  readonly below: (bound: number) => number;
  /** True this often, from 0 to 1. */
  readonly chance: (share: number) => boolean;
  readonly pick: <T>(choices: readonly T[]) => T;
  readonly bytes: (count: number) => Uint8Array;
  /** A UUID. */
  readonly uuid: () => string;
}

/** The numbers of the next seed. A test that fails says how to run it again with the same ones. */
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
  // The name is taken for a pattern.
  const pattern = fullTestName.replaceAll(/[^\w ,>]/g, '.');
  return `${form}OTPD_CHAOS_SEED=${seed} npm test -- ${file.name} -t '${pattern}'`;
}

/** mulberry32. */
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
