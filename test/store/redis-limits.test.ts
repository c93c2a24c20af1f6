/** Limits in Redis: the script counts by the rules of `src/limits`, with the same clock for all instances. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { monthEnd } from '../../src/limits/calendar-month.ts';
import { HOUR, MINUTE, START } from '../auth/fixtures.ts';
import { PATIENT_REDIS } from '../support/patient-store.ts';
import { type RedisServer, redisSuite, startRedis } from '../support/redis.ts';
import { storeOpener } from './redis-fixtures.ts';
import { createLimitsModel, WINDOWS } from './redis-models.ts';

/** A time little more than a day before the end of a month. */
const LATE = Date.UTC(2027, 0, 30, 12);

const SMALLER = WINDOWS.map((window) => ({ ...window, limit: window.limit / 4 }));

const moves = fc.array(
  fc.record({
    wait: fc.constantFrom(
      0,
      0,
      1,
      500,
      999,
      1000,
      1001,
      15_000,
      59_999,
      60_000,
      HOUR - 1,
      HOUR,
      24 * HOUR,
      31 * 24 * HOUR,
      -1,
      -2000,
      -HOUR,
    ),
    /** The windows vary, since a plan may change between two calls. */
    windows: fc.constantFrom(
      WINDOWS,
      WINDOWS,
      SMALLER,
      WINDOWS.slice(0, 2),
      WINDOWS.toReversed(),
      WINDOWS.slice(2),
      WINDOWS.slice(3),
    ),
    /** Some costs exceed the limit of a window, and some exceed all limits. */
    cost: fc.oneof(
      { weight: 3, arbitrary: fc.constant(1) },
      fc.integer({ min: 1, max: 13 }),
      fc.constantFrom(40, 41, 80, 100, 1000),
    ),
    /** Which earlier call begins the refunds, counted back, and how many calls are refunded. */
    refund: fc.option(
      fc.record({ ago: fc.integer({ min: 1, max: 5 }), count: fc.integer({ min: 1, max: 14 }), rejected: fc.boolean() }),
      { freq: 4 },
    ),
  }),
  { minLength: 1, maxLength: 80 },
);

redisSuite('the limits of the Redis store', () => {
  let server: RedisServer;
  const open = storeOpener();
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  it('count by the rules of src/limits, for any calls', async () => {
    const redis = (await open({ url: server.url, ...PATIENT_REDIS })).limits;
    // A script that Redis does not know yet is sent twice, so a later script would overtake it.
    await redis.charge('warm', WINDOWS, 1, START);
    await redis.refund('warm', WINDOWS, START, 1, { rejected: false });
    await redis.usage('warm', WINDOWS, START);
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(moves, async (planned) => {
        runs += 1;
        const subject = `run ${runs}`;
        const model = createLimitsModel();
        const moments: number[] = [];
        let now = LATE;
        const results = planned.map(async ({ wait, windows, cost, refund }) => {
          const refunded = moments.at(-(refund?.ago ?? Infinity));
          if (refund !== null && refunded !== undefined) {
            void redis.refund(subject, windows, refunded, refund.count, refund);
            model.refund(windows, refunded, refund.count, refund);
          }
          now += wait;
          moments.push(now);
          const expected = model.charge(windows, cost, now);
          const used = model.usage(windows, now);
          const asked = Promise.all([redis.charge(subject, windows, cost, now), redis.usage(subject, windows, now)]);
          return { expected: [expected, used], charged: await asked };
        });
        for (const { expected, charged } of await Promise.all(results)) expect(charged).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('count by the rules of src/limits when an entry holds many calls and the log is full', async () => {
    const redis = (await open({ url: server.url, ...PATIENT_REDIS })).limits;
    const model = createLimitsModel();
    const windows = WINDOWS.map((window) => ({ ...window, limit: 1200 }));
    for (let now = START; now < START + 3 * MINUTE; now += MINUTE / 700) {
      const moment = Math.floor(now);
      const cost = 1 + (moment % 5);
      expect(await redis.charge('dense', windows, cost, moment)).toEqual(model.charge(windows, cost, moment));
    }
  });

  it('are counted and refunded by the clock of Redis', async () => {
    const [fast, slow] = await Promise.all([open({ url: server.url }), open({ url: server.url })]);
    const windows = WINDOWS.slice(1);
    const now = { fast: Date.now() + 30_000, slow: Date.now() - 30_000 };
    const first = await fast.limits.charge('clocks', windows, 1, now.fast);
    expect(first.states[0]).toMatchObject({ remaining: 11, resetMs: HOUR });
    const second = await slow.limits.charge('clocks', windows, 1, now.slow);
    expect(second.states[0]?.remaining).toBe(10);
    expect(second.states[0]?.resetMs).toBeGreaterThan(HOUR - 1000);
    await fast.limits.refund('clocks', windows, first.chargedAt, 1, { rejected: false });
    await slow.limits.refund('clocks', windows, second.chargedAt, 1, { rejected: false });
    expect((await slow.limits.charge('clocks', windows, 1, now.slow)).states.map((state) => state.remaining)).toEqual([
      11, 39, 99,
    ]);
  });

  it('expire in Redis with the longest window or the month, with any later plan', async () => {
    const { limits } = await open({ url: server.url });
    await limits.charge('moved', WINDOWS.slice(0, 3), 1, 0);
    await limits.charge('moved', WINDOWS.slice(0, 1), 1, 0);
    expect(Number(server.cli('pttl', '{otpd}:l:moved'))).toEqual(expect.closeTo(24 * HOUR, -4));
    await limits.charge('month', WINDOWS.slice(3), 1, 0);
    const now = Date.now();
    expect(Number(server.cli('pttl', '{otpd}:l:month'))).toEqual(expect.closeTo(monthEnd(now) - now, -4));
    await limits.charge('small', WINDOWS.slice(0, 1), 1, 0);
    expect(Number(server.cli('pttl', '{otpd}:l:small'))).toBeLessThanOrEqual(MINUTE);
  });

  it('leave no key behind for a refund of a subject that has none, and one with its time to live for a refund of all', async () => {
    const { limits } = await open({ url: server.url });
    const refund = async (count: number) => {
      for (const rejected of [false, true]) await limits.refund('gone', WINDOWS, Date.now(), count, { rejected });
    };
    await refund(1);
    expect(server.cli('exists', '{otpd}:l:gone')).toBe('0');
    await limits.charge('gone', WINDOWS.slice(0, 1), 4, 0);
    await refund(1);
    await refund(4);
    expect(Number(server.cli('pttl', '{otpd}:l:gone'))).toEqual(expect.closeTo(MINUTE, -4));
    server.cli('del', '{otpd}:l:gone');
    await refund(4);
    expect(server.cli('exists', '{otpd}:l:gone')).toBe('0');
  });

  it('keep a subject small: three full logs take some kilobytes', async () => {
    const { limits } = await open({ url: server.url, ...PATIENT_REDIS });
    const windows = WINDOWS.map((window) => ({ ...window, limit: 1_000_000_000 }));
    for (let entry = 0; entry < 300; entry += 1) await limits.charge('large', windows, 1, START + entry * 13 * MINUTE);
    for (let entry = 0; entry < 300; entry += 1)
      await limits.charge('large', windows, 1, START + 300 * 13 * MINUTE + entry * 1001);
    expect(Number(server.cli('memory', 'usage', '{otpd}:l:large'))).toBeLessThan(3000);
  });
});
