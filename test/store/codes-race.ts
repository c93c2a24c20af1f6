/** Many callers with the same right code, at random times from a seed. */
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Attempt, CodeStore } from '../../src/ports/codes.ts';
import { attempt, HOTP, newFingerprint, type Tally, tallyOf } from './codes-fixtures.ts';

const CALLERS = 40;

/** The names under which a code may be sent: a HOTP whose counter is the step, and TOTPs with different periods that have the step. */
export const NAMES: readonly Partial<Attempt>[] = [{}, HOTP, { period: 31 }, { period: 60 }, { period: 86_400 }];

/** Lets 40 callers send the same code, each after a random pause, under the names in rotation. Counts their outcomes. */
export function race(codes: CodeStore, seed: number, now: number, names: readonly Partial<Attempt>[] = [{}]): Promise<Tally> {
  const random = randomOf(seed);
  const paused: CodeStore = {
    ...codes,
    async judge(one, at) {
      await pause(Math.floor(random() * 4));
      return codes.judge(one, at);
    },
  };
  const crowd = crowdOf(CALLERS, names);
  return tallyOf(paused, crowd, now);
}

/** Returns this many attempts with the same code of a secret, under the names in rotation. */
export function crowdOf(count: number, names: readonly Partial<Attempt>[], overrides: Partial<Attempt> = {}): Attempt[] {
  const fingerprint = newFingerprint();
  return Array.from({ length: count }, (_, place) =>
    attempt({ ...names[place % names.length], ...overrides, fingerprint, former: `${fingerprint}-${place % names.length}` }),
  );
}

async function pause(kind: number): Promise<void> {
  if (kind === 1) await Promise.resolve();
  if (kind === 2) await setImmediate();
  if (kind === 3) await setTimeout(1);
}

/** Returns random numbers from 0 to 1 for a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
