/** A charge that a judgement carries, in Redis: both as they are by themselves, in one atomic step, and neither without the other. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Attempt } from '../../src/ports/codes.ts';
import { type ChargeResult, type LimitWindow, type Store, StoreUnavailableError } from '../../src/ports/store.ts';
import { HOUR, MINUTE, START } from '../auth/fixtures.ts';
import { type RedisServer, redisSuite, startRedis } from '../support/redis.ts';
import { ACCEPTED, attempt, endOf, redisStarter, requested, storeOpener, tally } from './redis-fixtures.ts';
import { attempts, createCodesModel, createLimitsModel, WINDOWS } from './redis-models.ts';

const FULL = { outcome: 'full' } as const;

/** Judges with a charge; what came of both. A charge that is not allowed rejects, as admission has it. */
async function judgeCharged({ codes }: Store, tried: Attempt, subject: string, windows: readonly LimitWindow[], now = 0) {
  let charge: ChargeResult | undefined;
  const made = (result: ChargeResult): void => {
    charge = result;
    if (!result.allowed) throw FULL;
  };
  const judgement = await codes.judge(tried, now, { subject, windows, made }).catch((error: unknown) => {
    if (error !== FULL) throw error;
    return FULL;
  });
  return { charge, judgement };
}

const moves = fc.array(
  fc.record({
    attempt: attempts,
    wait: fc.constantFrom(0, 0, 0, 1, 999, 15_000, 59_999, 60_000, 60_001, HOUR, 24 * HOUR, -1, -30_000),
    windows: fc.constantFrom(WINDOWS, WINDOWS, WINDOWS.slice(0, 2), WINDOWS.slice(1)),
    /** How many calls ago the one was that is given back first. */
    refund: fc.option(fc.integer({ min: 1, max: 5 }), { freq: 4 }),
  }),
  { minLength: 1, maxLength: 60 },
);

redisSuite('a judgement with the charge of its call in Redis', () => {
  let server: RedisServer;
  const open = storeOpener();
  const start = redisStarter();
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  const two = (limit: number): LimitWindow[] => [
    { name: 'minute', periodMs: MINUTE, limit, refundable: false },
    { name: 'hour', periodMs: HOUR, limit: 2 * limit, refundable: true },
  ];

  it('does what the rules of both have, whatever comes', async () => {
    const store = await open({ url: server.url, callerClock: true });
    await judgeCharged(store, attempt({ fingerprint: 'warm' }), 'warm', WINDOWS, START);
    await store.limits.refund('warm', WINDOWS, START);
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(moves, async (planned) => {
        runs += 1;
        const subject = `both ${runs}`;
        const [limits, codes] = [createLimitsModel(), createCodesModel()];
        const moments: number[] = [];
        let now = START;
        const results = planned.map(async ({ attempt: { fingerprint, request, ...rest }, wait, windows, refund }) => {
          const refunded = moments.at(-(refund ?? Infinity));
          if (refunded !== undefined) {
            void store.limits.refund(subject, windows, refunded);
            limits.refund(windows, refunded);
          }
          now += wait;
          moments.push(now);
          const named = request && { ...request, id: `${request.id}.both.${runs}` };
          const mine = { ...rest, fingerprint: `${fingerprint} both ${runs}`, request: named };
          const charge = limits.charge(windows, now);
          const expected = { charge, judgement: charge.allowed ? codes.judge(mine, now) : FULL };
          return { expected, came: await judgeCharged(store, mine, subject, windows, now) };
        });
        for (const { expected, came } of await Promise.all(results)) expect(came).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('is made exactly as often as the limit has it by many at once on four instances, and judges one of them right', async () => {
    const stores = await Promise.all(Array.from({ length: 4 }, () => open({ url: server.url })));
    const racing = stores.flatMap((store) =>
      Array.from({ length: 50 }, () => judgeCharged(store, attempt({ fingerprint: 'race' }), 'race', two(30))),
    );
    const judged = (await Promise.all(racing)).map(({ judgement }) => judgement);
    expect(tally(judged)).toEqual({ accepted: 1, replayed: 29, full: 170 });
  });

  it('keeps nothing of an attempt whose charge is not allowed, neither of the code nor under the request id', async () => {
    const store = await open({ url: server.url });
    const windows = two(1);
    const right = requested('full', { fingerprint: 'full' });
    expect((await judgeCharged(store, attempt({ fingerprint: 'other' }), 'full', windows)).judgement).toEqual(ACCEPTED);
    const { charge, judgement } = await judgeCharged(store, right, 'full', windows);
    expect([judgement, charge?.allowed, charge?.states[0]?.remaining]).toEqual([FULL, false, 0]);
    expect(charge?.retryAfterMs).toBeGreaterThan(MINUTE - 1000);
    expect(server.cli('exists', '{otpd}:c:full', '{otpd}:r:full')).toBe('0');
    expect((await judgeCharged(store, right, 'fresh', windows)).judgement).toEqual(ACCEPTED);
  });

  it('charges a repeat under a request id, which gets its first answer', async () => {
    const store = await open({ url: server.url });
    const tried = requested('repeat', { fingerprint: 'repeat' });
    const left = async (one: Attempt) => {
      const { charge, judgement } = await judgeCharged(store, one, 'repeat', two(5));
      return [judgement.outcome, charge?.states[0]?.remaining];
    };
    expect(await left(tried)).toEqual(['accepted', 4]);
    expect(await left(tried)).toEqual(['accepted', 3]);
    expect(await left({ ...tried, request: { id: 'repeat', payload: 'another' } })).toEqual(['request_id_reused', 2]);
  });

  it('is given back by the moment that it told of', async () => {
    const store = await open({ url: server.url });
    const { charge } = await judgeCharged(store, attempt({ fingerprint: 'back' }), 'back', two(5), START);
    await store.limits.refund('back', two(5), charge?.chargedAt ?? 0);
    const again = await store.limits.charge('back', two(5), START);
    expect(again.states.map(({ remaining }) => remaining)).toEqual([3, 9]);
  });

  it('has charged nothing where what is kept cannot be read', async () => {
    const store = await open({ url: server.url });
    server.cli('set', '{otpd}:c:broken', 'no state');
    const broken = judgeCharged(store, attempt({ fingerprint: 'broken' }), 'broken', two(5));
    await expect(broken).rejects.toThrow('what is kept cannot be read');
    expect(server.cli('exists', '{otpd}:l:broken')).toBe('0');
    server.cli('set', '{otpd}:l:odd', 'no counts');
    const odd = judgeCharged(store, attempt({ fingerprint: 'odd' }), 'odd', two(5));
    await expect(odd).rejects.toThrow('a script failed in Redis: WRONGTYPE');
    expect(server.cli('exists', '{otpd}:c:odd')).toBe('0');
  });

  it('is sent by its text to a Redis that does not know it, and made once', async () => {
    const store = await open({ url: server.url });
    server.cli('script', 'flush');
    const { charge, judgement } = await judgeCharged(store, attempt({ fingerprint: 'text' }), 'text', two(5));
    expect([judgement.outcome, charge?.states[0]?.remaining]).toEqual(['accepted', 4]);
  });

  it('is refused by a Redis that has lost its state, which then holds neither', async () => {
    const emptied = await start();
    const losses: Error[] = [];
    const store = await open({ url: emptied.url, onLost: (error) => losses.push(error) });
    emptied.cli('flushall');
    expect((await endOf(judgeCharged(store, attempt(), 'lost', two(5)))).end).toBe('unavailable');
    expect(losses).toEqual([expect.any(StoreUnavailableError)]);
    expect(emptied.cli('dbsize')).toBe('0');
  });

  it('is answered only when the replicas have it, where they must', async () => {
    const alone = await start();
    const [waiting, plain] = [await open({ url: alone.url, waitReplicas: 1 }), await open({ url: alone.url })];
    const { end, ms } = await endOf(judgeCharged(waiting, attempt(), 'waiting', two(5)));
    expect(end).toBe('unavailable');
    expect(ms).toBeLessThan(300);
    expect((await judgeCharged(plain, attempt(), 'plain', two(5))).judgement.outcome).toBe('replayed');
  });
});
