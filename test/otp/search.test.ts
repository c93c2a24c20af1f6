/** Searches in steps find the same as a search in one go, and no step takes long. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMatch, hotpCode } from '../../src/otp/hotp.ts';
import { type Algorithm, BOUNDS } from '../../src/otp/params.ts';
import { findMatches, findRun, type RunSearch } from '../../src/otp/search.ts';
import rfc4226 from '../vectors/rfc4226.json' with { type: 'json' };

const secret = Buffer.from('12345678901234567890');
const parameters = { algorithm: 'SHA1', digits: 6 } as const;
const codeOf = (counter: number, digits = 6) => hotpCode(secret, counter, { algorithm: 'SHA1', digits });

/** Runs all steps; returns the result and the number of pauses. */
function run<T>(steps: Generator<void, T>): { result: T; pauses: number } {
  for (let pauses = 0; ; pauses += 1) {
    const { done, value } = steps.next();
    if (done) return { result: value, pauses };
  }
}

const search = (codes: readonly string[], first = 0, last = 999, more: Partial<RunSearch> = {}): RunSearch => ({
  secret,
  parameters,
  window: { first, last },
  codes,
  ...more,
});
const found = (...of: Parameters<typeof search>) => run(findRun(search(...of))).result;

describe('a run of codes', () => {
  const codes = rfc4226.values.map(({ code }) => code);

  it('is found in the vectors of RFC 4226 appendix D, at any place', () => {
    for (let counter = 0; counter < codes.length - 1; counter += 1) {
      expect(found(codes.slice(counter, counter + 2))).toBe(counter);
      if (counter < codes.length - 2) expect(found(codes.slice(counter, counter + 3))).toBe(counter);
    }
  });

  it('is not found in another order, with a gap, or with a code twice', () => {
    const [first = '', second = '', third = '', fourth = ''] = codes;
    for (const wrong of [
      [second, first],
      [first, third],
      [first, third, second],
      [first, second, fourth],
      [first, first],
      [first, second, second],
      [first, '000000'],
      ['000000', first],
    ])
      expect(found(wrong)).toBeUndefined();
  });

  it('begins in the window, up to its last counter, and may end after it', () => {
    const at = (counter: number) => [codeOf(counter, 8), codeOf(counter + 1, 8), codeOf(counter + 2, 8)];
    const eight = { parameters: { algorithm: 'SHA1', digits: 8 } } as const;
    for (const counter of [100, 500, 1099]) expect(found(at(counter), 100, 1099, eight)).toBe(counter);
    for (const counter of [98, 99, 1100, 1101]) expect(found(at(counter), 100, 1099, eight)).toBeUndefined();
  });

  it('may end at the last counter there is, and not after it', () => {
    const last = BOUNDS.counter.max;
    expect(found([codeOf(last - 1), codeOf(last)], last - 5, last + 994)).toBe(last - 1);
    expect(found([codeOf(last), codeOf(0)], last - 5, last + 994)).toBeUndefined();
    expect(found([codeOf(last), '000000'], last, last)).toBeUndefined();
  });

  it('is the earliest of several', () => {
    // The first code of the secret that occurs twice.
    const seen = new Map<string, number>();
    let counter = 0;
    for (; !seen.has(codeOf(counter)); counter += 1) seen.set(codeOf(counter), counter);
    const before = seen.get(codeOf(counter)) ?? -1;
    expect(found([codeOf(counter)], 0, counter)).toBe(before);
    expect(found([codeOf(counter)], before + 1, counter)).toBe(counter);
  });

  it('of equal codes is found where the device does show one twice', () => {
    expect([codeOf(910_737), codeOf(910_738)]).toEqual(['911617', '911617']);
    expect(found(['911617', '911617'], 910_000, 910_999)).toBe(910_737);
    expect(found(['911617', '911617', '911617'], 910_000, 910_999)).toBeUndefined();
    expect(found(['911617', '911617', codeOf(910_739)], 910_000, 910_999)).toBe(910_737);
  });

  it('is searched in steps, in the same number for any place', () => {
    for (const sent of [
      [codeOf(0), codeOf(1)],
      [codeOf(999), codeOf(1000)],
      ['000000', '000000'],
    ])
      expect(run(findRun(search(sent))).pauses).toBe(Math.ceil(1001 / 25) - 1);
    expect(run(findRun(search([codeOf(0), codeOf(1)], 0, 0))).pauses).toBe(0);
  });
});

it('no step takes long, with the slowest of keys', () => {
  const slow = { algorithm: 'SHA512', digits: 8 } as const;
  const steps = findRun(search(['00000000', '11111111', '22222222'], 0, 999, { secret: Buffer.alloc(256, 7), parameters: slow }));
  const tookMs: number[] = [];
  for (let isDone: boolean | undefined = false; !isDone; ) {
    const startedAt = performance.now();
    isDone = steps.next().done;
    tookMs.push(performance.now() - startedAt);
  }
  const median = tookMs.toSorted((one, other) => one - other)[Math.floor(tookMs.length / 2)];
  expect(median).toBeLessThan(1);
});

describe('matches of several keys', () => {
  const windows = fc.record({
    secret: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    algorithm: fc.constantFrom<Algorithm>('SHA1', 'SHA256', 'SHA512'),
    first: fc.oneof(fc.nat({ max: 100 }), fc.constant(BOUNDS.counter.max - 30)),
    size: fc.integer({ min: 1, max: 101 }),
    at: fc.nat({ max: 120 }),
  });

  it('are those of a search in one go, however many there are, in steps of 25 codes', () => {
    fc.assert(
      fc.property(fc.array(windows, { minLength: 1, maxLength: 5 }), (keys) => {
        const searches = keys.map((key) => {
          const own = { algorithm: key.algorithm, digits: 6 };
          const code = hotpCode(key.secret, Math.min(key.first + key.at, BOUNDS.counter.max), own);
          const last = Math.min(key.first + key.size - 1, BOUNDS.counter.max);
          return { secret: key.secret, parameters: own, window: { first: key.first, last }, code };
        });
        const { result, pauses } = run(findMatches(searches));
        expect(result).toEqual(
          searches.map((one) => findMatch(one.secret, one.code, one.window.first, one.window.last, one.parameters)),
        );
        const computed = searches.reduce((sum, { window }) => sum + (window.last - window.first + 1), 0);
        expect(pauses).toBe(Math.ceil(computed / 25) - 1);
      }),
      { numRuns: 50 },
    );
  });

  it('are the latest of each', () => {
    const window = { first: 910_700, last: 910_800 };
    expect(run(findMatches([{ secret, parameters, window, code: '911617' }])).result).toEqual([910_738]);
  });
});
