/** A secret has a single state: no moving factor passes twice under any name, and a user who enrols the same secret again is accepted. */
import { describe, expect, it } from 'vitest';
import type { Attempt, CodeState } from '../../src/ports/codes.ts';
import { judge, presentState, UNKNOWN_KEY } from '../../src/verification/rules.ts';
import { DAY } from '../store/codes-fixtures.ts';
import { type Accepts, KEPT_MS, nameIt, randomNumbers, tryNames } from './naming.ts';

/** The specification was tried with as many as take some seconds; this number suffices to detect every missing rule. */
const SECRETS = 4000;
const MINUTE_MS = 60_000;
const BASE = 1.79e12;

/** Makes a store with a single secret. */
function secret(): Accepts & ((attempt: Attempt, now: number) => boolean) {
  let known: CodeState = UNKNOWN_KEY;
  return (attempt, now) => {
    const { judgement, state } = judge(presentState(known, now), attempt, now);
    known = state ?? known;
    return judgement.outcome === 'accepted';
  };
}

/** A second implementation of the rule in the specification, independent of the code. */
function reference(): (attempt: Attempt, now: number) => boolean {
  let tracks: { id: string; first: number; last: number; until: number }[] = [];
  return ({ period, step = 0 }, now) => {
    tracks = tracks.filter(({ until }) => until > now);
    const id = period === 0 ? 'h' : `t${period}`;
    const own = tracks.find((track) => track.id === id);
    if (own && step <= own.last) return false;
    if (tracks.some((track) => track.id !== id && track.first <= step && step <= track.last)) return false;
    if (!own && tracks.length >= 4) return false;
    const kept = period === 0 ? Number.POSITIVE_INFINITY : Math.ceil(KEPT_MS / (period * 1000));
    const first = Math.max(own ? Math.min(own.first, step) : step, step - kept);
    const until = period === 0 ? Number.POSITIVE_INFINITY : (step + 11) * period * 1000 + KEPT_MS;
    const next = { id, first, last: step, until };
    tracks = own ? tracks.map((track) => (track === own ? next : track)) : [...tracks, next];
    return true;
  };
}

async function tryMany(jumps: boolean): Promise<{ accepted: number; again: number }> {
  const random = randomNumbers(1_234_567);
  const sum = { accepted: 0, again: 0 };
  for (let left = SECRETS; left > 0; left -= 1) {
    const [ours, theirs] = [secret(), reference()];
    const both = (attempt: Attempt, now: number) => {
      const accepted = ours(attempt, now);
      // With a clock that leaps forward and back, this model forgets more than the rules do.
      if (!jumps) expect(accepted).toBe(theirs(attempt, now));
      return accepted;
    };
    const { accepted, again } = await tryNames(both, 'key', random, jumps);
    sum.accepted += accepted;
    sum.again += again;
  }
  return sum;
}

describe('no moving factor is accepted twice within 30 days', () => {
  it('under any naming, and what is accepted is what the specification accepts', async () => {
    const { accepted, again } = await tryMany(false);
    expect(again).toBe(0);
    expect(accepted).toBeGreaterThan(SECRETS * 15);
  });

  it('under any naming while the clock leaps by less than 30 days', async () => {
    const { accepted, again } = await tryMany(true);
    expect(again).toBe(0);
    expect(accepted).toBeGreaterThan(SECRETS * 8);
  });

  it('which the trial finds, if tracks say nothing of each other', async () => {
    const random = randomNumbers(1);
    let found = 0;
    for (let left = 100; left > 0; left -= 1) {
      const apart = new Map<number, Accepts>();
      const accepts: Accepts = (attempt, now) => {
        const own = apart.get(attempt.period) ?? secret();
        apart.set(attempt.period, own);
        return own(attempt, now);
      };
      found += (await tryNames(accepts, 'key', random, false)).again;
    }
    expect(found).toBeGreaterThan(100);
  });
});

describe('the same secret, enrolled again', () => {
  const totp = (accepts: Accepts, period: number, now: number) =>
    accepts(nameIt('key', period, Math.floor(now / 1000 / period), now), now);
  const hotp = (accepts: Accepts, counter: number, now: number) => accepts(nameIt('key', 0, counter, now), now);

  it.each([60, 35])('from 30 s, used daily for ten years, to %i s is accepted', (period) => {
    const key = secret();
    let now = BASE;
    for (let day = 0; day < 3650; day += 1) {
      now += DAY;
      expect(totp(key, 30, now)).toBe(true);
    }
    expect(totp(key, period, now + 36_000)).toBe(true);
  });

  it('from 30 s to 60 s and back is accepted', () => {
    const key = secret();
    expect([totp(key, 30, BASE), totp(key, 60, BASE + 61_000), totp(key, 30, BASE + 2 * MINUTE_MS + 2000)]).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('from TOTP to HOTP from 0, and from a HOTP at 57 to TOTP, is accepted', () => {
    const key = secret();
    expect([totp(key, 30, BASE), hotp(key, 0, BASE + 1000)]).toEqual([true, true]);
    const other = secret();
    for (let counter = 0; counter <= 57; counter += 1) expect(hotp(other, counter, BASE)).toBe(true);
    expect(totp(other, 30, BASE)).toBe(true);
  });

  it('as a HOTP from 0 after a HOTP at 57 is not: those codes were used', () => {
    const key = secret();
    for (let counter = 0; counter <= 57; counter += 1) expect(hotp(key, counter, BASE)).toBe(true);
    expect([hotp(key, 0, BASE), hotp(key, 57, BASE), hotp(key, 58, BASE)]).toEqual([false, false, true]);
  });

  it('from 86,399 s to 86,400 s is accepted the day after: on the same day it is the same code', () => {
    const key = secret();
    expect([totp(key, 86_399, BASE), totp(key, 86_400, BASE + 1000)]).toEqual([true, false]);
    expect(totp(key, 86_400, BASE + DAY)).toBe(true);
  });

  it('as HOTP at a used step is accepted when the TOTP was not used for 30 days', () => {
    const key = secret();
    const step = Math.floor(BASE / 30_000);
    totp(key, 30, BASE);
    const end = (step + 11) * 30_000 + KEPT_MS;
    expect([hotp(key, step, end - 1), hotp(key, step, end)]).toEqual([false, true]);
  });
});
