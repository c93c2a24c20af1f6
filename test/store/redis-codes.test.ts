/** Codes in Redis: the script judges as `judge` does, one call at a time for any number of callers. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Attempt, Judgement } from '../../src/ports/codes.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { HARD_STOP, LONGEST_DELAY_MS } from '../../src/verification/lock.ts';
import { FAILURES_KEPT_MS, UNKNOWN_KEY, unlocked } from '../../src/verification/rules.ts';
import { USED_KEPT_MS } from '../../src/verification/tracks.ts';
import { START } from '../auth/fixtures.ts';
import { PATIENT_REDIS } from '../support/patient-store.ts';
import { type RedisServer, redisSuite, startRedis } from '../support/redis.ts';
import { HOTP, named, type Tally, tallyAnyOf } from './codes-fixtures.ts';
import { NAMES } from './codes-race.ts';
import { ACCEPTED, attempt, requested, storeOpener, tally } from './redis-fixtures.ts';
import { attempts, createCodesModel } from './redis-models.ts';

interface Move {
  readonly attempt: Omit<Attempt, 'former'>;
  /** The time since the previous move in ms; negative if the clock steps back. */
  readonly wait: number;
  /** The number of times that the move is made in a row. */
  readonly times: number;
}

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.record({
    attempt: attempts,
    times: fc.constantFrom(1, 1, 1, 6),
    wait: fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(0, 0, 0, 1, 999, 60_001) },
      { weight: 3, arbitrary: fc.constantFrom(59_999, 60_000, 480_000, 86_399_999, 86_400_000) },
      { weight: 2, arbitrary: fc.constantFrom(-1, -30_000, -86_400_000, -40 * 86_400_000) },
      { weight: 1, arbitrary: fc.constantFrom(USED_KEPT_MS, FAILURES_KEPT_MS) },
    ),
  }),
  { minLength: 1, maxLength: 40 },
);

/** Only right codes at short intervals, which give the most and the longest tracks. */
const rightCodes: fc.Arbitrary<Move[]> = fc.array(
  fc.record({
    attempt: attempts.map((one) => ({ ...one, step: one.step ?? 3, claim: true, afterStep: undefined, request: undefined })),
    times: fc.constant(1),
    wait: fc.constantFrom(0, 1, 30_000),
  }),
  { minLength: 20, maxLength: 40 },
);

redisSuite('the codes of the Redis store', () => {
  let server: RedisServer;
  const open = storeOpener();
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  it('are written with each answer, a repeat too: replicas are waited for with the writes of a connection, in Valkey with them alone', async () => {
    const { codes } = await open({ url: server.url });
    const changes = () => Number(/rdb_changes_since_last_save:(\d+)/.exec(server.cli('info', 'persistence'))?.[1]);
    for (const one of ['first', 'repeat', 'repeat']) {
      const before = changes();
      expect(await codes.judge(requested('written', { fingerprint: 'written' }), START), one).toEqual(ACCEPTED);
      expect(changes(), one).toBeGreaterThan(before);
    }
  });

  it('are judged as by `judge`, for any attempts, and leave the same state', async () => {
    const redis = (await open({ url: server.url, ...PATIENT_REDIS })).codes;
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(moves, rightCodes), async (planned) => {
        runs += 1;
        const model = createCodesModel();
        let now = START;
        const all = planned.flatMap(({ times, wait, ...move }) =>
          Array.from({ length: times }, (_, place) => ({ ...move, wait: place === 0 ? wait : 0 })),
        );
        const results = all.map(async ({ attempt: { fingerprint, request, ...rest }, wait }) => {
          now += wait;
          const mine = {
            ...rest,
            ...named(`${fingerprint}${runs}`, rest.period),
            request: request && { ...request, id: `${request.id}.${runs}` },
          };
          // Sent without waiting for each answer, since a connection keeps their order.
          const expected = [[model.preview(mine, now)], model.judge(mine, now), model.inspect(mine, now)];
          const found = [redis.preview([mine], now), redis.judge(mine, now), redis.inspect(mine, now)];
          return { expected, found: await Promise.all<unknown>(found) };
        });
        for (const { expected, found } of await Promise.all(results)) expect(found).toEqual(expected);
        for (const fingerprint of [`one${runs}`, `other${runs}`]) {
          const name = named(fingerprint);
          expect(await redis.inspect(name, now)).toEqual(model.inspect(name, now));
          expect(await redis.reset(name, now)).toEqual(model.reset(name, now));
          expect(await redis.reset(name, now, 5)).toEqual(model.reset(name, now, 5));
          expect(await redis.forgive(name, now)).toEqual(model.forgive(name, now));
          expect(await redis.inspect(name, now)).toEqual(model.inspect(name, now));
          expect(await redis.unlock(name, now)).toEqual(model.unlock(name, now));
          expect(await redis.inspect(name, now)).toEqual(model.inspect(name, now));
        }
      }),
      { numRuns: 250 },
    );
  });

  it('are throttled as `judge` has it, up to the hard stop and past an unlock', async () => {
    const redis = (await open({ url: server.url, ...PATIENT_REDIS })).codes;
    const model = createCodesModel();
    const guess = attempt({ fingerprint: 'hard stop', step: undefined });
    for (let now = START, day = 0; day <= HARD_STOP; day += 1, now += LONGEST_DELAY_MS) {
      for (const moment of [now, now + 1, now + 59_999])
        expect(await redis.judge(guess, moment)).toEqual(model.judge(guess, moment));
    }
    expect(await redis.judge(guess, START + 9 * FAILURES_KEPT_MS)).toMatchObject({
      outcome: 'throttled',
      retryAfterMs: undefined,
    });
    const before = model.inspect(guess, START);
    expect(await redis.unlock(guess, START)).toEqual(before);
    expect(server.cli('pttl', '{otpd}:c:hard stop')).toBe('-1');
    expect(await redis.inspect(guess, START)).toEqual(unlocked(before));
    expect(await redis.judge({ ...guess, step: 7 }, START)).toMatchObject({ outcome: 'accepted' });
  });

  it('are accepted once of 1,000 at the same time on four instances, and once of 40 in each of 100 rounds', async () => {
    const stores = await Promise.all(Array.from({ length: 4 }, () => open({ url: server.url })));
    for (let round = 0; round <= 100; round += 1) {
      const calls = round === 0 ? 250 : 10;
      // In every other round, each instance uses another name.
      const racing = stores.flatMap(({ codes }, place) =>
        Array.from({ length: calls }, () =>
          codes.judge(attempt({ ...(round % 2 ? NAMES[place] : {}), fingerprint: `race ${round}` }), 0),
        ),
      );
      expect(tally(await Promise.all(racing))).toEqual({ accepted: 1, replayed: 4 * calls - 1 });
    }
  });

  it('are accepted once for several keys of a user on two instances, and five wrong ones are counted on each', async () => {
    const stores = await Promise.all([1, 2].map(() => open({ url: server.url })));
    for (let round = 0; round < 20; round += 1) {
      const wrong = [1, 2, 3].map((place) => attempt({ fingerprint: `any ${round} ${place}`, step: undefined }));
      const right = wrong.map((key, place) => (place === 1 ? { ...key, step: 100 } : key));
      const tallies = await Promise.all(stores.map(({ codes }) => tallyAnyOf(codes, right, 30, 0)));
      const total = (outcome: keyof Tally) => tallies.reduce((sum, one) => sum + one[outcome], 0);
      expect([total('accepted'), total('replayed')]).toEqual([1, 59]);
      await Promise.all(stores.map(({ codes }) => tallyAnyOf(codes, wrong, 30, 0)));
      for (const key of wrong) expect(await stores[0]?.codes.inspect(key, 0)).toMatchObject({ failures: 5 });
    }
  });

  it('are judged by the clock of Redis, however far those of the instances are apart', async () => {
    const [fast, slow] = await Promise.all([open({ url: server.url }), open({ url: server.url })]);
    const guess = attempt({ fingerprint: 'clocks', step: undefined });
    for (let failure = 0; failure < 5; failure += 1) await fast.codes.judge(guess, Date.now() - 30_000);
    for (const [store, now] of [
      [fast, Date.now() + 30_000],
      [slow, Date.now() - 30_000],
      [slow, Date.now() + 3_600_000],
    ] as const) {
      const judged = await store.codes.judge(guess, now);
      expect(judged).toMatchObject({ outcome: 'throttled' });
      expect('retryAfterMs' in judged && judged.retryAfterMs).toBeGreaterThan(58_000);
      expect('retryAfterMs' in judged && judged.retryAfterMs).toBeLessThanOrEqual(60_000);
    }
  });

  it('expire in Redis itself, except for those of HOTP', async () => {
    const { codes } = await open({ url: server.url });
    const ttl = (name: string) => Number(server.cli('pttl', `{otpd}:${name}`));
    await codes.judge(requested('totp', { fingerprint: 'totp' }), 0);
    await codes.judge(attempt({ ...HOTP, fingerprint: 'hotp' }), 0);
    await codes.judge(attempt({ fingerprint: 'wrong', step: undefined }), 0);
    const nearly = (ms: number): unknown => expect.closeTo(ms, -4);
    expect(ttl('c:totp')).toEqual(nearly(USED_KEPT_MS + 60_000));
    expect(ttl('r:totp:totp')).toEqual(nearly(86_400_000));
    expect(ttl('c:wrong')).toEqual(nearly(FAILURES_KEPT_MS));
    expect(ttl('c:hotp')).toBe(-1);
    await codes.unlock(named('wrong'), 0);
    expect(ttl('c:wrong')).toEqual(nearly(FAILURES_KEPT_MS));
  });

  it('continue when Redis forgets the scripts', async () => {
    const { codes } = await open({ url: server.url });
    const claim = (claimed: number) => codes.judge(attempt({ fingerprint: 'flush', step: claimed }), 0);
    expect(await claim(1)).toMatchObject({ outcome: 'accepted' });
    for (let round = 1; round < 4; round += 1) {
      server.cli('script', 'flush');
      const judged = await Promise.all(Array.from({ length: 50 }, () => claim(round + 1)));
      expect(tally(judged)).toEqual({ accepted: 1, replayed: 49 });
    }
  });

  it('of a batch are judged in their order when Redis forgets the scripts', async () => {
    const { codes } = await open({ url: server.url });
    for (let round = 0; round < 5; round += 1) {
      const fingerprint = `batch ${round}`;
      const batch = Array.from({ length: 100 }, (_, step) => attempt({ fingerprint, step }));
      server.cli('script', 'flush');
      expect(tally((await codes.judgeAll(batch, 0)) as Judgement[])).toEqual({ accepted: 100 });
    }
  });

  it('of many batches at once are judged a few batches at a time, and those beyond a bound are refused', async () => {
    const { codes } = await open({ url: server.url });
    const batchOf = (place: number) =>
      codes.judgeAll(
        Array.from({ length: 100 }, (_, step) => attempt({ fingerprint: `crowd ${place}`, step })),
        0,
      );
    // Redis needs more time for this many than a call has.
    const ends = await Promise.allSettled(Array.from({ length: 103 }, (_, place) => batchOf(place)));
    expect(ends.map(({ status }) => status)).toEqual([...Array(102).fill('fulfilled'), 'rejected']);
    expect(ends.at(-1)).toMatchObject({ reason: new StoreUnavailableError(undefined) });
    expect((await batchOf(0))[0]).toMatchObject({ outcome: 'replayed' });
  });

  describe('looked into', () => {
    it('are unknown before the first', async () => {
      const { codes } = await open({ url: server.url });
      expect(await codes.inspect(named('nobody'), 0)).toEqual(UNKNOWN_KEY);
      expect(await codes.unlock(named('nobody'), 0)).toEqual(UNKNOWN_KEY);
      expect(await codes.reset(named('nobody'), 0)).toEqual({ before: UNKNOWN_KEY, after: UNKNOWN_KEY });
      expect(server.cli('exists', '{otpd}:c:nobody')).toBe('0');
    });

    it('keep their last step when they are unlocked', async () => {
      const { codes } = await open({ url: server.url });
      const key = { fingerprint: 'unlock' };
      expect(await codes.judge(attempt(key), 0)).toEqual(ACCEPTED);
      for (let failure = 0; failure < 5; failure += 1) await codes.judge(attempt({ ...key, step: undefined }), 0);
      expect(await codes.judge(attempt({ ...key, step: 101 }), 0)).toMatchObject({ outcome: 'throttled' });
      expect(await codes.unlock(named('unlock'), 0)).toMatchObject({ tracks: [{ last: 100 }], failures: 5 });
      expect(await codes.judge(attempt(key), 0)).toMatchObject({ outcome: 'replayed' });
    });
  });
});
