/** Tries a secret under many names, as a caller could: no store may accept a moving factor twice. */
import type { Attempt } from '../../src/ports/codes.ts';
import { attempt, DAY, named } from '../store/codes-fixtures.ts';

/** The value of the specification, independent of the code: a used code is known for 30 days. */
export const KEPT_MS: number = 30 * DAY;

const PERIODS = [1, 15, 30, 31, 60, 3600, 86_399, 86_400];
const WIDEST = 10;
const ATTEMPTS = 40;

/** Returns numbers from 0 to 1, the same for the same seed. */
export type RandomNumber = () => number;

export function randomNumbers(seed: number): RandomNumber {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state / 0x7fff_ffff;
  };
}

/** Returns an attempt with the code of `step`, as Verify makes it. */
export function nameIt(fingerprint: string, period: number, step: number, now: number): Attempt {
  const matchableMs = period === 0 ? 0 : (step + WIDEST + 1) * period * 1000 - now;
  return attempt({ ...named(fingerprint, period), step, matchableMs });
}

export interface Naming {
  readonly tried: number;
  readonly accepted: number;
  /** The moving factors that were accepted again, although no clock had shown more than 30 days since. */
  readonly again: number;
}

/** Judges a code of the step under a name; returns whether it is accepted. */
export type Accepts = (attempt: Attempt, now: number) => boolean | Promise<boolean>;

/**
 * Judges codes of a secret 40 times, as TOTP of three periods near the current step and as HOTP at various counters, mostly for used steps. With
 * `jumps` the clock leaps by up to 29 days in between, forward and back.
 */
export async function tryNames(accepts: Accepts, fingerprint: string, random: RandomNumber, jumps: boolean): Promise<Naming> {
  const periods = PERIODS.toSorted(() => random() - 0.5).slice(0, 3);
  const used = new Map<number, { at: number; latest: number }>();
  let [time, offset, accepted, again] = [1.79e12 + Math.floor(random() * 1e9), 0, 0, 0];
  for (let tried = 0; tried < ATTEMPTS; tried += 1) {
    time += Math.floor(random() * (random() < 0.2 ? DAY : 40_000));
    if (jumps && random() < 0.2) offset = offset === 0 ? Math.floor((random() - 0.3) * 29 * DAY) : 0;
    const now = time + offset;
    for (const use of used.values()) use.latest = Math.max(use.latest, now);
    const period = periods[Math.floor(random() * 4)] ?? 0;
    const step =
      period === 0 ? counterOf([...used.keys()], random) : Math.floor(now / 1000 / period) + Math.floor(random() * 3) - 1;
    if (!(await accepts(nameIt(fingerprint, period, step, now), now))) continue;
    accepted += 1;
    const before = used.get(step);
    if (before !== undefined && before.latest - before.at < KEPT_MS) again += 1;
    used.set(step, { at: now, latest: now });
  }
  return { tried: ATTEMPTS, accepted, again };
}

function counterOf(used: readonly number[], random: RandomNumber): number {
  const one = used[Math.floor(random() * used.length)];
  if (one === undefined || random() > 0.6) return Math.floor(random() * 50);
  return one + (random() < 0.5 ? 0 : 1);
}
