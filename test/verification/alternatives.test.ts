/** A code for several keys of a user: the bound on guesses, that honest mistakes lock no device, and concurrent calls. */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Attempt, CodeStore } from '../../src/ports/codes.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { type Decision, judgeAny } from '../../src/verification/alternatives.ts';
import { MINUTE, SECOND, START } from '../auth/fixtures.ts';
import { attempt, DAY, HOTP, named, newFingerprint, PERIOD, STEP } from '../store/codes-fixtures.ts';
import { createMemoryCodes } from '../support/memory-codes.ts';

/** For changes that no call waits for. */
const PATIENT = { timeout: 20_000 };

/** The values of the specification, independent of the code: free guesses, and the delays after them. */
const FREE = 5;
const delayOf = (failures: number) => (failures < FREE ? 0 : Math.min(DAY, MINUTE * 2 ** (failures - FREE)));

const outcomeOf = (decision: Awaited<ReturnType<typeof judgeAny>>) =>
  'judgement' in decision ? decision.judgement.outcome : decision.outcome;

/** The devices of a user, two of which may have the same secret. */
const devices = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 1 });

describe('guesses against a user with five devices', () => {
  const guesses = fc.array(
    fc.record({
      /** The named keys, in this order; some of them twice. */
      named: fc.tuple(devices, devices).map(([one, other]) => [...one, ...other].slice(0, 5)),
      asHotp: fc.boolean(),
      waitMs: fc.oneof(fc.constantFrom(0, 0, 0, 1, SECOND, MINUTE - 1, MINUTE, 2 * MINUTE), fc.nat({ max: 5 * MINUTE })),
      atOnce: fc.integer({ min: 1, max: 3 }),
    }),
    { maxLength: 40 },
  );

  /** Makes the guesses, and records when a wrong code was counted against which secret. */
  async function countedGuesses(plan: typeof guesses extends fc.Arbitrary<infer T> ? T : never): Promise<number[][]> {
    const codes = createMemoryCodes();
    const fingerprints = Array.from({ length: 5 }, newFingerprint);
    const counted: number[][] = fingerprints.map(() => []);
    let now = START;
    for (const { named: places, asHotp, waitMs, atOnce } of plan) {
      now += waitMs;
      const attempts = places.map((place, at) =>
        attempt({ fingerprint: fingerprints[place] ?? '', step: undefined, ...(asHotp && at % 2 ? HOTP : {}) }),
      );
      const before = await Promise.all(fingerprints.map((one) => codes.inspect(named(one), now)));
      await Promise.all(Array.from({ length: atOnce }, () => judgeAny(codes, attempts, now)));
      const after = await Promise.all(fingerprints.map((one) => codes.inspect(named(one), now)));
      for (const [place, { failures }] of after.entries())
        for (let more = failures - (before[place]?.failures ?? 0); more > 0; more -= 1) counted[place]?.push(now);
    }
    return counted;
  }

  function expectBound(counted: readonly (readonly number[])[]): void {
    for (const moments of counted) {
      for (const [failures, moment] of moments.entries())
        expect(moment - (moments[failures - 1] ?? moment)).toBeGreaterThanOrEqual(delayOf(failures));
      for (const moment of moments)
        expect(moments.filter((other) => other >= moment && other < moment + MINUTE).length).toBeLessThanOrEqual(FREE);
    }
  }

  it('are five at once, then one a delay, for each secret, whichever keys are named together', async () => {
    await fc.assert(
      fc.asyncProperty(guesses, async (plan) => expectBound(await countedGuesses(plan))),
      { numRuns: 300 },
    );
  });

  it('are five in all if every guess names all of them, and no more if one is named twice', async () => {
    const all = { asHotp: false, waitMs: 0, atOnce: 1 };
    for (const places of [
      [0, 1, 2, 3, 4],
      [0, 0, 1, 1, 0],
    ]) {
      const counted = await countedGuesses(Array.from({ length: 20 }, () => ({ ...all, named: places })));
      expect(counted.map((moments) => moments.length)).toEqual([0, 1, 2, 3, 4].map((place) => (places.includes(place) ? 5 : 0)));
    }
  });

  it('are one a minute after the first five, one of two minutes after that', async () => {
    const every = { named: [0, 1, 2, 3, 4], asHotp: false, waitMs: SECOND, atOnce: 1 };
    const counted = await countedGuesses(Array.from({ length: 250 }, () => every));
    for (const moments of counted) expect(moments.map((moment) => (moment - START) / SECOND)).toEqual([1, 2, 3, 4, 5, 65, 185]);
  });
});

describe('an honest user', () => {
  const days = fc.array(
    fc.record({
      device: fc.constantFrom(0, 0, 0, 0, 1),
      /** The number of wrong codes before the right one. */
      mistypes: fc.constantFrom(0, 0, 1, 1, 2, 4, 6),
      hours: fc.integer({ min: 1, max: 48 }),
    }),
    { minLength: 50, maxLength: 365 },
  );

  /** Logs the user in, with the required waits: the device in use is always accepted, and leaves no trace on the others. */
  async function yearOf(plan: typeof days extends fc.Arbitrary<infer T> ? T : never): Promise<void> {
    const codes = createMemoryCodes();
    const fingerprints = Array.from({ length: 3 }, newFingerprint);
    const stepOf = (now: number) => Math.floor(now / (PERIOD * SECOND));
    const keys = (device: number | undefined, now: number) =>
      fingerprints.map((fingerprint, place) =>
        attempt({ fingerprint, step: place === device ? stepOf(now) : undefined, matchableMs: 330_000 }),
      );
    let now = START;
    for (const { device, mistypes, hours } of plan) {
      now += hours * 60 * MINUTE;
      for (let typed = 0; typed < mistypes; typed += 1) {
        now += Math.max(10 * SECOND, delayOf(typed));
        expect(outcomeOf(await judgeAny(codes, keys(undefined, now), now))).toBe('mismatch');
      }
      now += Math.max(PERIOD * SECOND, delayOf(mistypes));
      expect(outcomeOf(await judgeAny(codes, keys(device, now), now))).toBe('accepted');
      await vi.waitFor(async () => {
        for (const fingerprint of fingerprints)
          expect(await codes.inspect(named(fingerprint), now)).toMatchObject({ failures: 0, lockedUntil: 0 });
      }, PATIENT);
    }
  }

  it('who mistypes on a device for a year never locks another', async () => {
    await fc.assert(fc.asyncProperty(days, yearOf), { numRuns: 20 });
  });

  it('who mistypes four times before every login, with a device that is never used, finds that open', async () => {
    await yearOf(Array.from({ length: 365 }, () => ({ device: 0, mistypes: 4, hours: 24 })));
  });
});

describe('the answer', () => {
  /** Two equal users: one sends a right code for a locked key, the other a wrong code. */
  async function answersTo(failures: readonly number[], locked: number, waitMs: number): Promise<(Decision | object)[]> {
    return Promise.all(
      [STEP, undefined].map(async (guess) => {
        const codes = createMemoryCodes();
        const fingerprints = failures.map(newFingerprint);
        for (const [place, count] of failures.entries())
          for (let sent = place === locked ? FREE : count; sent > 0; sent -= 1)
            await codes.judge(attempt({ fingerprint: fingerprints[place] ?? '', step: undefined }), START);
        const attempts = fingerprints.map((fingerprint, place) =>
          attempt({ fingerprint, step: place === locked ? guess : undefined }),
        );
        const decision = await judgeAny(codes, attempts, START + waitMs);
        const after = await Promise.all(fingerprints.map((one) => codes.inspect(named(one), START + waitMs)));
        return { decision, failures: after.map((one) => one.failures), locks: after.map((one) => one.lockedUntil) };
      }),
    );
  }

  it('reveals nothing about the code of a locked key', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(0, 1, 4, 5), { minLength: 1, maxLength: 5 }),
        fc.nat({ max: 4 }),
        fc.nat({ max: MINUTE - 1 }),
        async (failures, place, waitMs) => {
          const [right, wrong] = await answersTo(failures, place % failures.length, waitMs);
          expect(right).toEqual(wrong);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('to a right code for a locked key is MISMATCH beside an open one, and THROTTLED alone', async () => {
    expect(await answersTo([0, 0], 1, 0)).toMatchObject(
      Array(2).fill({ decision: { judgement: { outcome: 'mismatch', attemptsRemaining: 4 }, places: [0] }, failures: [1, 5] }),
    );
    expect(await answersTo([0], 0, 0)).toMatchObject(
      Array(2).fill({ decision: { judgement: { outcome: 'throttled', retryAfterMs: MINUTE } }, failures: [5] }),
    );
  });
});

describe('between the look and the judgement', () => {
  const [one, other] = ['between-one', 'between-other'];
  const keys = (steps: readonly (number | undefined)[], overrides: Partial<Attempt> = {}) =>
    [one, other].map((fingerprint, place) => attempt({ fingerprint, step: steps[place], ...overrides }));

  /** Makes a store that does something once, after the first preview. */
  function interrupted(meanwhile: (codes: CodeStore) => Promise<unknown>): CodeStore {
    const codes = createMemoryCodes();
    let isDone = false;
    return {
      ...codes,
      async preview(attempts, now) {
        const previews = await codes.preview(attempts, now);
        if (!isDone) await meanwhile(codes);
        isDone = true;
        return previews;
      },
    };
  }

  const lock = (fingerprint: string) => async (codes: CodeStore) => {
    for (let sent = 0; sent < FREE; sent += 1) await codes.judge(attempt({ fingerprint, step: undefined }), START);
  };

  it.each([
    ['right', STEP],
    ['wrong', undefined],
  ])('a key that locks counts as one that the code is not of: %s', async (_, step) => {
    const codes = interrupted(lock(other));
    const decision = await judgeAny(codes, keys([undefined, step]), START);
    expect(decision).toMatchObject({ judgement: { outcome: 'mismatch', attemptsRemaining: 4 }, places: [0] });
    expect(await codes.inspect(named(one), START)).toMatchObject({ failures: 1 });
    expect(await codes.inspect(named(other), START)).toMatchObject({ failures: FREE });
  });

  it.each([
    ['right', STEP],
    ['wrong', undefined],
  ])('all keys that lock are throttled: %s', async (_, step) => {
    const codes = interrupted(async (store) => {
      await lock(one)(store);
      await lock(other)(store);
    });
    const decision = await judgeAny(codes, keys([undefined, step]), START);
    expect(decision).toMatchObject({ judgement: { outcome: 'throttled', retryAfterMs: MINUTE }, places: [0, 1] });
  });

  it('a code that is used by another call is replayed, and clears nothing', async () => {
    const codes = interrupted(async (store) => {
      await store.judge(attempt({ fingerprint: other }), START);
      await store.judge(attempt({ fingerprint: one, step: undefined }), START);
    });
    const decision = await judgeAny(codes, keys([undefined, STEP]), START);
    expect(decision).toMatchObject({ judgement: { outcome: 'replayed' }, places: [1] });
    expect(await codes.inspect(named(one), START)).toMatchObject({ failures: 1 });
  });

  const request = { id: 'id', payload: 'asked' };

  const another = (store: CodeStore) =>
    store.judge(attempt({ fingerprint: other, request: { ...request, payload: 'another' } }), START);

  it('another request under the same id has this one refused', async () => {
    const codes = interrupted(another);
    for (const step of [STEP, undefined, STEP])
      expect(await judgeAny(codes, keys([undefined, step], { request }), START)).toEqual({ outcome: 'request_id_reused' });
    expect(await codes.inspect(named(one), START)).toMatchObject({ failures: 0 });
  });

  it('another request under the same id, after this one was counted elsewhere, leaves it wrong', async () => {
    const codes = interrupted(another);
    for (const step of [undefined, STEP, undefined]) {
      const decision = await judgeAny(codes, keys([undefined, step], { request }), START);
      expect(decision).toMatchObject({ judgement: { outcome: 'mismatch', attemptsRemaining: 4 }, places: [0] });
    }
    expect(await codes.inspect(named(one), START)).toMatchObject({ failures: 1 });
  });

  it('the same request, accepted under another name of the secret, returns its answer', async () => {
    const twice = [undefined, STEP, undefined].map((step, place) =>
      attempt({ fingerprint: place < 2 ? one : other, step, request: { ...request, payload: `asked ${place}` } }),
    );
    const codes = interrupted((store) => judgeAny(store, twice, START));
    const late = twice.map((key) => ({ ...key, step: undefined }));
    expect(await judgeAny(codes, late, START)).toMatchObject({ judgement: { outcome: 'accepted' }, places: [1] });
    expect(await codes.inspect(named(one), START)).toMatchObject({ failures: 0 });
  });

  it('a lock from before the clock was set back that an operator lifts leaves no answer of a key that was not asked', async () => {
    const codes = interrupted((store) => store.unlock(named(other), START));
    for (let sent = 0; sent < FREE; sent += 1) await codes.judge(attempt({ fingerprint: other, step: undefined }), START + DAY);
    const asked = keys([STEP, undefined], { request });
    expect(outcomeOf(await judgeAny(codes, asked, START))).toBe('accepted');
    expect((await codes.preview(asked, START)).map(({ kept }) => kept?.outcome)).toEqual(['accepted', undefined]);
  });

  it('a wrong code that comes right after the accepted one counts', async () => {
    const codes = createMemoryCodes();
    const wrong = attempt({ fingerprint: one, step: undefined });
    await codes.judge(wrong, START);
    const followed: CodeStore = {
      ...codes,
      async judge(given, now) {
        const judgement = await codes.judge(given, now);
        if (given.step !== undefined) await codes.judge(wrong, now);
        return judgement;
      },
    };
    expect(outcomeOf(await judgeAny(followed, keys([STEP, undefined]), START))).toBe('accepted');
    await new Promise(setImmediate);
    expect(await codes.inspect(named(one), START)).toMatchObject({ failures: 1 });
  });

  it('an answer that expires does not count: the code is judged', async () => {
    const codes = createMemoryCodes();
    const kept: CodeStore = {
      ...codes,
      preview: async (attempts, now) =>
        (await codes.preview(attempts, now)).map((preview) => ({
          ...preview,
          kept: { outcome: 'mismatch', step: undefined, drift: 0, attemptsRemaining: 1, retryAfterMs: undefined },
        })),
    };
    expect(outcomeOf(await judgeAny(kept, keys([undefined, STEP], { request }), START))).toBe('accepted');
    expect(await codes.inspect(named(one), START)).toMatchObject({ failures: 0 });
  });
});

it('a single key is judged without a preview', async () => {
  const codes = createMemoryCodes();
  const preview = vi.fn(codes.preview);
  for (const [step, expected] of [
    [STEP, 'accepted'],
    [STEP, 'replayed'],
    [undefined, 'mismatch'],
  ] as const) {
    const decision = await judgeAny({ ...codes, preview }, [attempt({ fingerprint: 'single', step })], START);
    expect(decision).toMatchObject({ judgement: { outcome: expected }, places: [0] });
  }
  const repeat = attempt({ fingerprint: 'single', onlyRepeat: true });
  expect(await judgeAny({ ...codes, preview }, [repeat], START)).toEqual({ outcome: 'unknown_request' });
  expect(preview).not.toHaveBeenCalled();
});

describe('a store that fails', () => {
  it('returns no answer; failing to forgive costs none', async () => {
    const outage = new StoreUnavailableError(new Error('away'));
    const codes = createMemoryCodes();
    const keys = [attempt({ fingerprint: 'fails' }), attempt({ fingerprint: 'forgiven', step: undefined })];
    const failing = { preview: () => Promise.reject(outage), judge: () => Promise.reject(outage) };
    for (const [name, fail] of Object.entries(failing))
      await expect(judgeAny({ ...codes, [name]: fail }, keys, START)).rejects.toBe(outage);
    await codes.judge(attempt({ fingerprint: 'forgiven', step: undefined }), START);
    const forgive = vi.fn(() => Promise.reject(outage));
    expect(outcomeOf(await judgeAny({ ...codes, forgive }, keys, START))).toBe('accepted');
    expect(forgive).toHaveBeenCalledTimes(1);
  });
});
