/** The contract of every store for codes, as one suite that runs on each store. Other tests check the rules with `judge`. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Attempt, CodeStore } from '../../src/ports/codes.ts';
import { FREE_ATTEMPTS, HARD_STOP, LONGEST_DELAY_MS } from '../../src/verification/lock.ts';
import { ANSWER_KEPT_MS, FAILURES_KEPT_MS, judge, presentState, UNKNOWN_KEY } from '../../src/verification/rules.ts';
import { USED_KEPT_MS } from '../../src/verification/tracks.ts';
import { MINUTE, SECOND, START } from '../auth/fixtures.ts';
import { alternativesContract } from './alternatives-contract.ts';
import { answersContract } from './answers-contract.ts';
import {
  attempt,
  DAY,
  HOTP,
  hotpTrack,
  MATCHABLE_MS,
  named,
  newFingerprint,
  STEP,
  state,
  tallyOf,
  track,
} from './codes-fixtures.ts';
import { crowdOf, NAMES, race } from './codes-race.ts';
import { tracksContract } from './tracks-contract.ts';

/** The part of a store that the suite needs. Its clock must be the `now` of the calls. */
export interface OpenCodes {
  readonly codes: CodeStore;
  ping(): Promise<void>;
  close(): Promise<void>;
}

const LARGEST = Number.MAX_SAFE_INTEGER;

/** Runs the contract on the store that `open` makes once. Each test has its own keys. */
export function codesContract(name: string, open: () => OpenCodes | Promise<OpenCodes>): void {
  let store: OpenCodes;
  let codes: CodeStore;

  beforeAll(async () => {
    store = await open();
    await store.ping();
    codes = store.codes;
  });
  afterAll(() => store.close());

  /** Returns a function that judges attempts of a new key one after the other. */
  function keyOf(): (overrides?: Partial<Attempt>, now?: number) => ReturnType<CodeStore['judge']> {
    const fingerprint = newFingerprint();
    return (overrides, now = START) => codes.judge(attempt({ fingerprint, ...overrides }), now);
  }

  /** Sends wrong codes, each as soon as it can be judged. Resolves to the time of the next one. */
  async function fail(fingerprint: string, count: number): Promise<number> {
    let now = START;
    for (let sent = 0; sent < count; sent += 1) {
      expect(await codes.judge(attempt({ fingerprint, step: undefined }), now)).toMatchObject({ outcome: 'mismatch' });
      now = Math.max(now, (await codes.inspect(named(fingerprint), now)).lockedUntil);
    }
    return now;
  }

  describe(`a code in the ${name} store`, () => {
    it('is accepted once, and what is kept of its key says so', async () => {
      const fingerprint = newFingerprint();
      const one = attempt({ fingerprint, drift: -1 });
      const accepted = { outcome: 'accepted', step: STEP, drift: -1, attemptsRemaining: FREE_ATTEMPTS, retryAfterMs: undefined };
      expect(await codes.inspect(named(fingerprint), START)).toEqual(UNKNOWN_KEY);
      expect(await codes.judge(one, START)).toEqual(accepted);
      const used = state({ tracks: [track()], expiresAt: START + MATCHABLE_MS + USED_KEPT_MS });
      expect(await codes.inspect(named(fingerprint), START)).toEqual(used);
      expect(await codes.judge(one, START + 1)).toEqual({ ...accepted, outcome: 'replayed' });
    });

    it('of an earlier step is replayed, of a later one accepted', async () => {
      const judged = keyOf();
      const outcomes = [];
      for (const step of [STEP, STEP - 1, STEP + 2, STEP + 1, STEP, STEP + 3]) outcomes.push((await judged({ step })).outcome);
      expect(outcomes).toEqual(['accepted', 'replayed', 'accepted', 'replayed', 'replayed', 'accepted']);
    });

    it('at or before the caller’s own last step is replayed, and one behind it claimed', async () => {
      const judged = keyOf();
      expect(await judged({ afterStep: STEP })).toMatchObject({ outcome: 'replayed' });
      expect(await judged({ afterStep: STEP - 1 })).toMatchObject({ outcome: 'accepted' });
      expect(await judged({ afterStep: STEP - 1 })).toMatchObject({ outcome: 'replayed' });
    });

    it('is accepted again with reuse, and not claimed by it', async () => {
      const judged = keyOf();
      for (let use = 0; use < 3; use += 1) expect(await judged({ claim: false })).toMatchObject({ outcome: 'accepted' });
      expect(await judged()).toMatchObject({ outcome: 'accepted' });
      expect(await judged({ claim: false })).toMatchObject({ outcome: 'accepted' });
      expect(await judged()).toMatchObject({ outcome: 'replayed' });
    });

    it('of a HOTP is claimed for ever, from the first counter to the largest', async () => {
      const judged = keyOf();
      for (const step of [0, 1, LARGEST - 1, LARGEST]) {
        expect(await judged({ ...HOTP, step })).toMatchObject({ outcome: 'accepted', step });
      }
      for (const step of [0, LARGEST]) {
        expect(await judged({ ...HOTP, step }, START + 50 * FAILURES_KEPT_MS)).toMatchObject({
          outcome: 'replayed',
          step,
        });
      }
    });

    it('stays claimed as long as it could match, and 30 days longer', async () => {
      const judged = keyOf();
      await judged();
      const end = START + MATCHABLE_MS + USED_KEPT_MS;
      for (const now of [START, START + MATCHABLE_MS, end - 1])
        expect(await judged({}, now)).toMatchObject({ outcome: 'replayed' });
      expect(await judged({}, end)).toMatchObject({ outcome: 'accepted' });
    });

    it('of one key says nothing of another', async () => {
      await keyOf()();
      expect(await keyOf()()).toMatchObject({ outcome: 'accepted' });
    });
  });

  describe(`wrong codes in the ${name} store`, () => {
    it('are counted; the fifth locks the key, for right codes too, until a minute later', async () => {
      const judged = keyOf();
      for (const attemptsRemaining of [4, 3, 2, 1, 0]) {
        expect(await judged({ step: undefined })).toEqual({
          outcome: 'mismatch',
          step: undefined,
          drift: 0,
          attemptsRemaining,
          retryAfterMs: undefined,
        });
      }
      const throttled = { outcome: 'throttled', step: undefined, drift: 0, attemptsRemaining: 0 };
      expect(await judged({ step: undefined })).toEqual({ ...throttled, retryAfterMs: MINUTE });
      expect(await judged({}, START + MINUTE - 1)).toEqual({ ...throttled, retryAfterMs: 1 });
      expect(await judged({ claim: false }, START + MINUTE - 1)).toEqual({ ...throttled, retryAfterMs: 1 });
      expect(await judged({}, START + MINUTE)).toMatchObject({ outcome: 'accepted', attemptsRemaining: FREE_ATTEMPTS });
    });

    it('are forgotten when a right one is accepted, not when one is replayed', async () => {
      const judged = keyOf();
      await judged();
      for (const attemptsRemaining of [4, 3]) expect(await judged({ step: undefined })).toMatchObject({ attemptsRemaining });
      expect(await judged()).toMatchObject({ outcome: 'replayed', attemptsRemaining: 3 });
      expect(await judged({ step: undefined })).toMatchObject({ attemptsRemaining: 2 });
      await judged({ step: STEP + 1 });
      expect(await judged({ step: undefined })).toMatchObject({ attemptsRemaining: 4 });
    });

    it('delay twice as long each time, a day at most, and stop for ever at the hundredth; an unlock helps', async () => {
      const fingerprint = newFingerprint();
      await codes.judge(attempt({ ...HOTP, fingerprint }), START);
      const next = await fail(fingerprint, HARD_STOP);
      let planned = 0;
      for (let delay = MINUTE, failure = FREE_ATTEMPTS; failure <= HARD_STOP; failure += 1, delay *= 2)
        planned += Math.min(LONGEST_DELAY_MS, delay);
      expect(next).toBe(START + planned);

      const stopped = { failures: HARD_STOP, lockedUntil: next, expiresAt: undefined };
      const later = next + 10 * FAILURES_KEPT_MS;
      for (const step of [undefined, STEP + 1]) {
        const judgement = await codes.judge(attempt({ fingerprint, step }), later);
        expect(judgement).toMatchObject({ outcome: 'throttled', retryAfterMs: undefined });
      }
      const tracks = [hotpTrack(STEP, STEP)];
      expect(await codes.unlock(named(fingerprint), next)).toEqual({ ...stopped, tracks });
      expect(await codes.inspect(named(fingerprint), next)).toEqual(state({ tracks, expiresAt: undefined }));
      const hotp = { ...HOTP, fingerprint };
      expect(await codes.judge(attempt(hotp), next)).toMatchObject({ outcome: 'replayed' });
      expect(await codes.judge(attempt({ ...hotp, step: STEP + 1 }), next)).toMatchObject({ outcome: 'accepted' });
    });

    it('are remembered for a year from the last, and no longer', async () => {
      const [kept, forgotten] = [keyOf(), keyOf()];
      for (const judged of [kept, forgotten]) await judged({ step: undefined });
      expect(await kept({ step: undefined }, START + FAILURES_KEPT_MS - 1)).toMatchObject({ attemptsRemaining: 3 });
      expect(await forgotten({ step: undefined }, START + FAILURES_KEPT_MS)).toMatchObject({ attemptsRemaining: 4 });
    });

    it('that are sent at once are judged no more often than there are free attempts, with a right one among them', async () => {
      const fingerprint = newFingerprint();
      const crowd = Array.from({ length: 200 }, (_, index) =>
        attempt({ fingerprint, step: index === 100 ? STEP : undefined, claim: index % 2 === 0 }),
      );
      expect(await tallyOf(codes, crowd, START)).toMatchObject({ mismatch: FREE_ATTEMPTS, throttled: 195, unavailable: 0 });
      expect(await codes.inspect(named(fingerprint), START)).toMatchObject({ failures: FREE_ATTEMPTS, tracks: [] });
    });

    it('of a key that none were sent for need no unlock', async () => {
      const fingerprint = newFingerprint();
      expect(await codes.unlock(named(fingerprint), START)).toEqual(UNKNOWN_KEY);
      expect(await codes.inspect(named(fingerprint), START)).toEqual(UNKNOWN_KEY);
    });
  });

  describe(`a request id in the ${name} store`, () => {
    const requestOf = (payload = 'payload') => ({ id: newFingerprint(), payload });

    it('gets its first answer again, each field, whatever has happened since', async () => {
      const judged = keyOf();
      const accepted = { step: STEP, drift: -1, request: requestOf() };
      const mismatch = { step: undefined, request: requestOf() };
      const replayed = { step: STEP, drift: 2, request: requestOf() };
      const all = [accepted, mismatch, replayed];
      const first = [];
      for (const one of all) first.push(await judged(one));
      expect(first.map(({ outcome }) => outcome)).toEqual(['accepted', 'mismatch', 'replayed']);
      for (let wrong = 0; wrong < 4; wrong += 1) await judged({ step: undefined });
      expect(await judged({})).toMatchObject({ outcome: 'throttled' });
      for (const now of [START + SECOND, START + ANSWER_KEPT_MS - 1]) {
        for (const [index, one] of all.entries()) expect(await judged(one, now)).toEqual(first[index]);
        for (const [index, one] of all.entries()) expect(await judged({ ...one, onlyRepeat: true }, now)).toEqual(first[index]);
      }
    });

    it('that was throttled is judged when it is sent again, with any content, and then has its answer', async () => {
      const judged = keyOf();
      for (let wrong = 0; wrong < 5; wrong += 1) await judged({ step: undefined });
      const request = requestOf();
      for (const [waited, payload] of [
        [SECOND, 'payload'],
        [2 * SECOND, 'another'],
        [3 * SECOND, 'payload'],
      ] as const) {
        const asked = { request: { ...request, payload } };
        expect(await judged(asked, START + waited)).toMatchObject({ outcome: 'throttled', retryAfterMs: MINUTE - waited });
        expect(await judged({ ...asked, onlyRepeat: true }, START + waited)).toEqual({ outcome: 'unknown_request' });
      }
      for (const now of [START + MINUTE, START + MINUTE + SECOND])
        expect(await judged({ request }, now)).toMatchObject({ outcome: 'accepted', step: STEP });
      const other = { request: { ...request, payload: 'another' } };
      expect(await judged(other, START + MINUTE + SECOND)).toEqual({ outcome: 'request_id_reused' });
    });

    it('that was throttled and is sent many times at once after the wait is judged once', async () => {
      const fingerprint = newFingerprint();
      const end = await fail(fingerprint, FREE_ATTEMPTS);
      const right = attempt({ fingerprint, request: requestOf() });
      const wrong = attempt({ fingerprint, step: undefined, request: requestOf() });
      for (const one of [right, wrong])
        expect(await tallyOf(codes, Array(20).fill(one), end - 1)).toMatchObject({ throttled: 20 });
      expect(await tallyOf(codes, Array(20).fill(wrong), end)).toMatchObject({ mismatch: 20 });
      expect(await codes.inspect(named(fingerprint), end)).toMatchObject({ failures: FREE_ATTEMPTS + 1 });
      expect(await tallyOf(codes, Array(20).fill(right), end + 2 * MINUTE)).toMatchObject({ accepted: 20 });
    });

    it('that asks only for its answer is not judged if there is none, and nothing changes', async () => {
      const fingerprint = newFingerprint();
      const ask = (overrides: Partial<Attempt>, now = START) =>
        codes.judge(attempt({ fingerprint, onlyRepeat: true, ...overrides }), now);
      const request = requestOf();
      for (const one of [{ request }, { request, step: undefined }, {}, { step: undefined }])
        expect(await ask(one)).toEqual({ outcome: 'unknown_request' });
      expect(await codes.inspect(named(fingerprint), START)).toEqual(UNKNOWN_KEY);
      expect(await ask({ request, onlyRepeat: false })).toMatchObject({ outcome: 'accepted' });
      const kept = await codes.inspect(named(fingerprint), START);
      expect(await ask({ request: { ...request, payload: 'another' } })).toEqual({ outcome: 'request_id_reused' });
      expect(await ask({ request: requestOf(), step: STEP + 1 })).toEqual({ outcome: 'unknown_request' });
      expect(await ask({ request }, START + ANSWER_KEPT_MS)).toEqual({ outcome: 'unknown_request' });
      expect(await codes.inspect(named(fingerprint), START)).toEqual(kept);
    });

    it('counts once, however often it is repeated', async () => {
      const judged = keyOf();
      const wrong = { step: undefined, request: requestOf() };
      for (let repeat = 0; repeat < 9; repeat += 1) expect(await judged(wrong)).toMatchObject({ attemptsRemaining: 4 });
      expect(await judged({ step: undefined })).toMatchObject({ attemptsRemaining: 3 });
    });

    it('that is sent many times at once has one answer', async () => {
      const one = attempt({ fingerprint: newFingerprint(), request: requestOf() });
      expect(await tallyOf(codes, Array(50).fill(one), START)).toMatchObject({ accepted: 50 });
    });

    it('with another payload is refused, and nothing is judged or counted; the first answer stays', async () => {
      const fingerprint = newFingerprint();
      const request = requestOf('one');
      const other = { ...request, payload: 'other' };
      await codes.judge(attempt({ fingerprint, request }), START);
      const before = await codes.inspect(named(fingerprint), START);
      for (const one of [{ step: STEP + 1 }, { step: undefined }, { ...HOTP, step: 7 }]) {
        const judged = codes.judge(attempt({ fingerprint, ...one, request: other }), START);
        expect(await judged).toEqual({ outcome: 'request_id_reused' });
      }
      expect(await codes.inspect(named(fingerprint), START)).toEqual(before);
      expect(await codes.judge(attempt({ fingerprint, request }), START)).toMatchObject({ outcome: 'accepted' });
    });

    it('belongs to a secret: with another one it is another, with the same payload too', async () => {
      const request = requestOf();
      const [one, other] = [keyOf(), keyOf()];
      expect(await one({ request })).toMatchObject({ outcome: 'accepted' });
      expect(await other({ request, step: undefined })).toMatchObject({ outcome: 'mismatch', attemptsRemaining: 4 });
      expect(await other({ request, step: undefined })).toMatchObject({ outcome: 'mismatch', attemptsRemaining: 4 });
      expect(await one({ request })).toMatchObject({ outcome: 'accepted' });
    });

    it('that has expired, and is sent again before its answer was dropped, keeps its new answer for a day', async () => {
      const judged = keyOf();
      const request = requestOf();
      await judged({ request });
      const again = START + ANSWER_KEPT_MS;
      const renewed = await judged({ step: STEP - 1, request: { ...request, payload: 'new' } }, again);
      expect(renewed).toMatchObject({ outcome: 'replayed', step: STEP - 1 });
      for (const now of [again, again + ANSWER_KEPT_MS - 1])
        expect(await judged({ step: STEP + 9, request: { ...request, payload: 'new' } }, now)).toEqual(renewed);
      expect(await judged({ request }, again)).toEqual({ outcome: 'request_id_reused' });
    });

    it('is forgotten after a day, not what it claimed', async () => {
      const judged = keyOf();
      const request = requestOf();
      await judged({ request });
      expect(await judged({ request }, START + ANSWER_KEPT_MS)).toMatchObject({ outcome: 'replayed' });
      const payload = 'another';
      expect(await judged({ step: STEP + 1, request: { ...request, payload } }, START + 2 * DAY)).toMatchObject({
        outcome: 'accepted',
      });
    });
  });

  describe(`a batch in the ${name} store`, () => {
    it('of attempts on one key is judged in its order, between those on others', async () => {
      const [key, other] = [newFingerprint(), newFingerprint()];
      const batch = Array.from({ length: 100 }, (_, place) =>
        place % 5 < 2 ? attempt({ fingerprint: key, step: STEP + place }) : attempt({ fingerprint: `${other}-${place}` }),
      );
      const judged = await codes.judgeAll(batch, START);
      expect(judged.map((one) => 'outcome' in one && one.outcome)).toEqual(Array(100).fill('accepted'));
      const backwards = batch.toReversed().map((one) => ({ ...one, fingerprint: `${one.fingerprint}-again` }));
      const again = await codes.judgeAll(backwards, START);
      const ofKey = again.filter((_, place) => backwards[place]?.fingerprint === `${key}-again`);
      expect(ofKey.map((one) => 'outcome' in one && one.outcome)).toEqual(['accepted', ...Array(39).fill('replayed')]);
    });

    it('has one answer for a request id that it repeats, and refuses it with something else', async () => {
      const fingerprint = newFingerprint();
      const request = { id: newFingerprint(), payload: 'payload' };
      const one = attempt({ fingerprint, request });
      const wrong = attempt({ fingerprint, step: undefined, request: { ...request, payload: 'other' } });
      const [first, repeat, reused, last] = await codes.judgeAll([one, one, wrong, one], START);
      expect(first).toMatchObject({ outcome: 'accepted' });
      expect([repeat, last]).toEqual([first, first]);
      expect(reused).toEqual({ outcome: 'request_id_reused' });
      expect(await codes.judge(one, START)).toEqual(first);
    });

    it('accepts each code once, of concurrent batches with the same codes', async () => {
      const batch = Array.from({ length: 100 }, () => attempt({ fingerprint: newFingerprint() }));
      const judged = await Promise.all([batch, batch.toReversed(), batch, batch].map((one) => codes.judgeAll(one, START)));
      const outcomes = Map.groupBy(judged.flat(), (one) => ('outcome' in one ? one.outcome : 'error'));
      expect([outcomes.get('accepted')?.length, outcomes.get('replayed')?.length]).toEqual([100, 300]);
    });

    it('is judged as its attempts would be alone, for any attempts', async () => {
      const moves = fc.array(
        fc.record({
          key: fc.constantFrom('one', 'one', 'other'),
          step: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined, freq: 3 }),
          claim: fc.boolean(),
          request: fc.option(fc.constantFrom(...['1', '2'].map((id) => ({ id, payload: 'payload' }))), { nil: undefined }),
        }),
        { minLength: 1, maxLength: 30 },
      );
      await fc.assert(
        fc.asyncProperty(moves, async (planned) => {
          const run = newFingerprint();
          const named = (part: string) => planned.map(({ key, ...rest }) => attempt({ ...rest, fingerprint: run + part + key }));
          const expected = [];
          for (const one of named('alone')) expected.push(await codes.judge(one, START));
          expect(await codes.judgeAll(named('together'), START)).toEqual(expected);
        }),
        { numRuns: 30 },
      );
    });
  });

  tracksContract(name, () => codes);
  alternativesContract(name, () => codes);
  answersContract(name, () => codes);

  describe(`the ${name} store`, () => {
    it('judges as `judge` does, for any attempts, and keeps the same state', async () => {
      const step = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: LARGEST - 3, max: LARGEST }));
      const moves = fc.record({
        step: fc.option(step, { nil: undefined, freq: 2 }),
        drift: fc.integer({ min: -100, max: 100 }),
        claim: fc.boolean(),
        afterStep: fc.option(step, { nil: undefined }),
        period: fc.constantFrom(0, 1, 30, 60, 3600, 86_400),
        matchableMs: fc.constantFrom(0, 30_000, 75_600_000),
        waitMs: fc.constantFrom(0, 0, 1, 59_999, 60_000, 480_000, DAY - 1, DAY, USED_KEPT_MS, FAILURES_KEPT_MS, -MINUTE, -DAY),
      });
      const sequences = fc.asyncProperty(fc.array(moves, { maxLength: 30 }), async (sequence) => {
        const fingerprint = newFingerprint();
        let [known, now, earliest] = [UNKNOWN_KEY, START, START];
        for (const { waitMs, ...move } of sequence) {
          now = Math.max(now + waitMs, earliest);
          // A store may have dropped expired state, so the clock steps back no further.
          if (presentState(known, now) !== known) earliest = now;
          const one = attempt({ ...move, fingerprint });
          const expected = judge(presentState(known, now), one, now);
          expect(await codes.judge(one, now)).toEqual(expected.judgement);
          known = expected.state ?? known;
          expect(await codes.inspect(one, now)).toEqual(presentState(known, now));
        }
      });
      await fc.assert(sequences, { numRuns: 50 });
    });

    it('accepts one of many that send one code at once, over a hundred seeds', async () => {
      for (let seed = 0; seed < 100; seed += 1) {
        expect(await race(codes, seed, START)).toMatchObject({ accepted: 1, replayed: 39 });
      }
    });

    it('accepts one of many that send one code at once under different names, over a hundred seeds', async () => {
      for (let seed = 0; seed < 100; seed += 1) {
        expect(await race(codes, seed, START, NAMES)).toMatchObject({ accepted: 1, replayed: 39 });
      }
    });

    it('judges five wrong codes in all of many that are sent at once under different names', async () => {
      const crowd = crowdOf(200, NAMES, { step: undefined });
      expect(await tallyOf(codes, crowd, START)).toMatchObject({ mismatch: FREE_ATTEMPTS, throttled: 195 });
    });

    it('accepts one of a thousand', async () => {
      const crowd = Array<Attempt>(1000).fill(attempt({ fingerprint: newFingerprint() }));
      expect(await tallyOf(codes, crowd, START)).toMatchObject({ accepted: 1, replayed: 999 });
    });
  });
}
