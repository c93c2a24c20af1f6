/** The round trips of a call to Redis: one to charge it, and for Verify a second to judge its code; and the charge while Redis is unreachable. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VerifyRequestSchema, VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { nextRandom } from '../chaos/form.ts';
import { codeOf, hotpKey, requestOf, type TestKey, type VerifyInit } from '../chaos/keys.ts';
import { type CallOptions, createTestClient, methods, type TestClient } from '../support/client.ts';
import { answerOf, frame, openConnection, openStream, type RawAnswer } from '../support/raw.ts';
import { type RedisServer, redisSuite, startRedis } from '../support/redis.ts';
import { runningMs } from '../support/running-time.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { openWatch } from '../support/watch.ts';

const LIMIT = 5;

redisSuite('a call on Redis', () => {
  let parts: AsyncDisposableStack;
  let redis: RedisServer;
  let server: TestServer;
  let client: TestClient;
  let options: Pick<CallOptions, 'apiKey'>;
  let key: TestKey;
  let step = 0;
  /** The scripts on counts, codes and request ids so far, with the keys of each. */
  let trips: string[];
  let echoed: string | undefined;

  beforeEach(async () => {
    parts = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), 'otpd-trips-'));
    parts.defer(() => rmSync(folder, { recursive: true }));
    const [plans, fingerprintKeyFile] = [join(folder, 'plans.json'), join(folder, 'fingerprint.key')];
    writeFileSync(
      plans,
      JSON.stringify({ hourly: { hour: LIMIT }, large: { minute: 1000, hour: 1000, day: 1000 }, unlimited: {} }),
    );
    writeFileSync(fingerprintKeyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
    redis = parts.adopt(await startRedis(), (one) => one.stop());
    const flags = { plans, fingerprintKeyFile, redisUrl: redis.url };
    server = parts.adopt(await startServer({ flags }), (one) => one.close());
    client = parts.adopt(createTestClient(server.address), (one) => one.close());
    options = { apiKey: await server.createKey({ plan: 'large' }) };
    key = hotpKey(nextRandom());
    step = 0;
    const watching = parts.adopt(new Redis(redis.url), (one) => one.disconnect());
    const monitor = parts.adopt(await watching.monitor(), (one) => one.disconnect());
    // The test stops Redis, which makes these connections fail.
    for (const one of [watching, monitor]) one.on('error', () => undefined);
    trips = [];
    monitor.on('monitor', (_: string, args: string[], source: string) => {
      if (args[0] === 'echo') echoed = args[1];
      const kinds = args.flatMap((arg) => /^\{otpd\}:([lcr]):/.exec(arg)?.[1] ?? []);
      // A command that a script calls is not a round trip.
      if (source !== 'lua' && kinds.length > 0) trips.push(kinds.join(''));
    });
  });
  afterEach(() => parts.disposeAsync());

  /** Returns the trips of this many calls. */
  async function tripsOf(call: () => Promise<unknown>, count: number = 3): Promise<string[]> {
    await seen();
    trips = [];
    for (let calls = 0; calls < count; calls += 1) await call();
    await seen();
    return trips;
  }

  /** Waits until the monitor has shown all commands. */
  async function seen(): Promise<void> {
    // No call waits for a refund.
    await pause(50);
    const mark = randomBytes(8).toString('hex');
    redis.cli('echo', mark);
    await expect.poll(() => echoed, { timeout: 10_000 }).toBe(mark);
  }

  const secret = () => ({ key: { source: { case: 'secret', value: key.secret } } }) as const;
  const verify = (more: object = {}) => client.call(methods.verify, { ...requestOf(key, codeOf(key, step++)), ...more }, options);
  const failing = () => client.call(methods.verify, { ...requestOf(key, '') }, options);

  test('is two round trips of Verify: the charge, then the code with the request id', async () => {
    expect(await tripsOf(verify)).toEqual(['l', 'cc', 'l', 'cc', 'l', 'cc']);
    expect(await tripsOf(() => verify({ requestId: crypto.randomUUID() }), 2)).toEqual(['l', 'ccr', 'l', 'ccr']);
    options = { apiKey: server.apiKey };
    expect(await tripsOf(verify)).toEqual(['cc', 'cc', 'cc']);
  });

  test('of several keys is a look at each, then the judgement; no script has the states of two keys', async () => {
    const others = [1, 2].map(() => hotpKey(nextRandom()));
    const alternatives = others.map((one) => requestOf(one, '').key ?? {});
    expect(await tripsOf(() => verify({ alternatives }), 1)).toEqual(['l', 'cc', 'cc', 'cc', 'cc']);
    const wrong: VerifyInit = Object.assign(requestOf(key, '00000000'), { alternatives });
    const looksAndCounts = ['l', ...Array(6).fill('cc')];
    expect(await tripsOf(() => client.call(methods.verify, wrong, options), 1)).toEqual(looksAndCounts);
    Object.assign(wrong, { requestId: crypto.randomUUID() });
    expect(await tripsOf(() => client.call(methods.verify, wrong, options), 1)).toEqual(['l', ...Array(6).fill('ccr')]);
  });

  test('is one round trip for the other methods, and one more for the refund of a failed call', async () => {
    expect(await tripsOf(() => client.call(methods.token, secret(), options))).toEqual(['l', 'l', 'l']);
    expect(await tripsOf(() => client.call(methods.generate, { accountName: 'alice' }, options))).toEqual(['l', 'l', 'l']);
    const watch = async () => {
      const { call, first, ended } = openWatch(client, options.apiKey ?? '', secret());
      await first;
      call.cancel();
      await ended;
    };
    expect(await tripsOf(watch)).toEqual(['l', 'l', 'l']);
    expect(await tripsOf(failing)).toEqual(Array(6).fill('l'));
  });

  test('is one round trip of a Verify over the limit, which is not judged', async () => {
    options = { apiKey: await server.createKey({ plan: 'hourly' }) };
    expect(await tripsOf(verify, LIMIT)).toEqual(Array(LIMIT).fill(['l', 'cc']).flat());
    expect(await tripsOf(verify)).toEqual(['l', 'l', 'l']);
    redis.cli('del', ...redis.cli('keys', '{otpd}:l:*').split('\n'));
    expect(await tripsOf(verify, 1)).toEqual(['l', 'cc']);
  });

  test('is counted here while Redis is unreachable, once, and in Redis when it is back', async () => {
    options = { apiKey: await server.createKey({ plan: 'hourly' }) };
    const left = (answer: Awaited<ReturnType<typeof verify>>) => [
      answer.code,
      Number({ ...answer.headers, ...answer.trailers }['x-ratelimit-remaining']),
    ];
    expect(left(await verify())).toEqual(['OK', LIMIT - 1]);
    await redis.kill();
    // Refunded like any failed call.
    for (let calls = 0; calls < 2 * LIMIT; calls += 1) expect(left(await verify())).toEqual(['UNAVAILABLE', LIMIT - 1]);
    const token = () => client.call(methods.token, secret(), options);
    for (let calls = 0; calls < LIMIT; calls += 1) expect((await token()).code).toBe('OK');
    expect(left(await verify())).toEqual(['RESOURCE_EXHAUSTED', 0]);
    expect(left(await failing())).toEqual(['RESOURCE_EXHAUSTED', 0]);
  });

  test('is UNAVAILABLE in time while Redis is silent, and counted here', async () => {
    expect((await verify()).response?.status).toBe(VerifyStatus.ACCEPTED);
    redis.pause();
    for (let calls = 0; calls < 3; calls += 1) {
      const startedAt = runningMs();
      const answer = await verify();
      expect([answer.code, Number(answer.trailers['x-ratelimit-remaining'])]).toEqual(['UNAVAILABLE', 999 - calls]);
      expect(runningMs() - startedAt).toBeLessThan(600);
    }
    redis.resume();
    await expect.poll(async () => (await verify()).code, { timeout: 5000 }).toBe('OK');
  });

  test('without a request is charged all the same: no more than the limit can be held open', async () => {
    const apiKey = await server.createKey({ plan: 'hourly' });
    const session = parts.adopt(await openConnection(server.address), (one) => one.destroy());
    const calls = Array.from({ length: LIMIT + 3 }, () =>
      answerOf(openStream(session, '/otp.v1.OtpService/Verify', { 'x-api-key': apiKey })).then(({ code }) => code),
    );
    const seenSoon = await Promise.all(calls.map((call) => Promise.race([call, pause(2000, 'held open')])));
    expect(seenSoon.filter((code) => code === 'RESOURCE_EXHAUSTED')).toHaveLength(3);
    expect(seenSoon.filter((code) => code === 'held open')).toHaveLength(LIMIT);
  });

  /**
   * Makes a Verify whose deadline of 60 ms passes while Redis is silent: from its start, or from its charge on. Resolves to undefined if the machine
   * paused for so long that Redis counted as silent after 200 ms, or the deadline passed before Redis fell silent.
   */
  async function overdue(silentFrom: 'start on' | 'charge on'): Promise<RawAnswer | undefined> {
    const session = parts.adopt(await openConnection(server.address), (one) => one.destroy());
    const apiKey = options.apiKey ?? '';
    const body = frame(toBinary(VerifyRequestSchema, create(VerifyRequestSchema, requestOf(key, codeOf(key, step++)))));
    const startedAt = performance.now();
    if (silentFrom === 'start on') redis.pause();
    const stream = openStream(session, '/otp.v1.OtpService/Verify', { 'x-api-key': apiKey, 'grpc-timeout': '60m' });
    const answer = answerOf(stream);
    if (silentFrom === 'charge on') {
      await pause(30);
      redis.pause();
    }
    const silentAt = performance.now();
    stream.end(body);
    const answered = await answer;
    redis.resume();
    return silentAt - startedAt > 55 || performance.now() - startedAt > 180 ? undefined : answered;
  }

  test.each([
    ['start on', 'is not judged', ['l', 'l'], undefined],
    ['charge on', 'is answered once', ['cc', 'l'], '1000'],
  ] as const)(
    'whose deadline passes while Redis is silent from its %s, %s and is given back',
    async (silentFrom, _, expected, limit) => {
      let answer: RawAnswer | undefined;
      let seenTrips: string[] = [];
      let before = 0;
      while (answer === undefined) {
        seenTrips = await tripsOf(async () => {
          // The API key is read again after a while, and not during the test.
          await verify();
          before = server.log.length;
          answer = await overdue(silentFrom);
        }, 1);
      }
      expect(seenTrips).toEqual(['l', 'cc', ...(silentFrom === 'charge on' ? ['l'] : []), ...expected]);
      expect([answer?.code, answer?.metadata['x-ratelimit-limit'], answer?.body.length]).toEqual(['DEADLINE_EXCEEDED', limit, 0]);
      const lines = server.log.slice(before).filter((line) => line.includes('DEADLINE_EXCEEDED'));
      expect(lines).toHaveLength(1);
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({ reason: 'ERROR_REASON_DEADLINE_EXCEEDED' });
    },
  );
});
