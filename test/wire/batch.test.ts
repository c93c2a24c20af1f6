/** Batches over the wire, on each store: order, errors of items, the limits of a plan, and codes that occur twice. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Code } from '../../gen/ts/google/rpc/code_pb.ts';
import { ErrorReason } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import { KeySchema } from '../../gen/ts/otp/v1/key_pb.ts';
import { type BatchVerifyResponse, VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import type { Attempt } from '../../src/ports/codes.ts';
import { nextRandom, type Random } from '../chaos/form.ts';
import { codeOf, hotpKey, requestOf, type VerifyInit, wrongCode } from '../chaos/keys.ts';
import { type Answer, createTestClient, methods, type TestClient } from '../support/client.ts';
import { onEachStore, type Start } from '../support/each-store.ts';
import { expectError } from '../support/expect-error.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { startServer, type TestServer } from '../support/server.ts';

const { ACCEPTED, MALFORMED, MISMATCH, REPLAYED, THROTTLED } = VerifyStatus;
const PLANS = { tiny: { minute: 10, hour: 30 }, hourly: { hour: 30 }, hundred: { minute: 100 } };
const SECRET = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;

/** Runs the suite on servers that `start` makes; each test has its own keys. */
function batches(start: Start): void {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-batch-'));
  let server: TestServer;
  let client: TestClient;
  let apiKey: string;
  let random: Random;

  beforeAll(async () => {
    const plans = join(folder, 'plans.json');
    writeFileSync(plans, JSON.stringify({ ...PLANS, unlimited: {} }));
    server = await start({ plans });
    client = createTestClient(server.address);
    await server.app.store.ping();
  });
  beforeEach(() => {
    random = nextRandom();
    apiKey = server.apiKey;
  });
  afterAll(async () => {
    client?.close();
    await server?.close();
    rmSync(folder, { recursive: true });
  });

  const verify = (requests: VerifyInit[], options: { deadlineMs?: number } = {}) =>
    client.call(methods.batchVerify, { requests }, { apiKey, ...options });
  const right = (count: number): VerifyInit[] =>
    Array.from({ length: count }, () => {
      const key = hotpKey(random);
      return requestOf(key, codeOf(key, 0));
    });
  const bad: VerifyInit = { key: { source: { case: 'secret', value: '!' } }, code: '123456' };
  const left = ({ headers, trailers }: Answer<unknown>) => Number({ ...headers, ...trailers }['x-ratelimit-remaining']);

  test('of 100 with 40 of one key: those are judged in their order, among the others', async () => {
    const key = hotpKey(random);
    const others = right(60);
    const requests = Array.from({ length: 100 }, (_, place) =>
      place % 5 < 2 ? requestOf(key, codeOf(key, place)) : (others.pop() as VerifyInit),
    );
    expect(statusesOf(await verify(requests))).toEqual(Array(100).fill(ACCEPTED));
    const backwards = await verify(requests.toReversed());
    expect(statusesOf(backwards)).toEqual(Array(100).fill(REPLAYED));
    const other = hotpKey(random);
    const falling = Array.from({ length: 40 }, (_, place) => requestOf(other, codeOf(other, 39 - place)));
    expect(statusesOf(await verify(falling))).toEqual([ACCEPTED, ...Array(39).fill(REPLAYED)]);
    const guessed = hotpKey(random);
    const guesses = Array.from({ length: 40 }, () => requestOf(guessed, wrongCode(guessed, random)));
    expect(statusesOf(await verify(guesses))).toEqual([...Array(5).fill(MISMATCH), ...Array(35).fill(THROTTLED)]);
  });

  test('with one bad item among 99: it alone has an error, whose paths begin at the item', async () => {
    const requests = right(100);
    requests[37] = { ...bad, code: '' };
    const { code, response } = await verify(requests);
    expect(response?.results).toHaveLength(100);
    const { result } = response?.results[37] ?? {};
    expect(result).toMatchObject({
      case: 'error',
      value: { code: Code.INVALID_ARGUMENT, reason: ErrorReason.INVALID_FIELDS },
    });
    if (result?.case !== 'error') throw new Error('no error');
    expect(result.value.violations.map(({ field }) => field)).toEqual(['key.secret', 'code']);
    expect(result.value.message).toContain(`key.secret: ${result.value.violations[0]?.description}`);
    expect(statusesOf({ code, response }).filter((status) => status === ACCEPTED)).toHaveLength(99);
  });

  test('answers what is malformed as Verify does, and refuses what only Verify takes, with all that is wrong', async () => {
    const key = hotpKey(random);
    const { code, response } = await verify([
      requestOf(key, '12'),
      { ...requestOf(key, codeOf(key, 0)), alternatives: [create(KeySchema, SECRET)] },
      { ...requestOf(key, codeOf(key, 0)), confirm: true, afterStep: 2n ** 63n },
    ]);
    expect(statusesOf({ code, response })).toEqual([MALFORMED, undefined, undefined]);
    const fields = response?.results.map(({ result }) =>
      result.case === 'error' ? result.value.violations.map(({ field }) => field) : [],
    );
    expect(fields).toEqual([[], ['alternatives'], ['confirm', 'after_step', 'confirm']]);
    // None of them was judged.
    expect(statusesOf(await verify([requestOf(key, codeOf(key, 0))]))).toEqual([ACCEPTED]);
  });

  test.each([
    [0, 'requests: required: send 1 to 100'],
    [101, 'requests: too many: at most 100 at once'],
  ])('of %d items fails as a whole', async (count, violation) => {
    const verified = await verify(Array(count).fill(bad));
    const told = await client.call(methods.batchToken, { requests: Array(count).fill({ key: SECRET }) }, { apiKey });
    for (const answer of [verified, told]) {
      expectError(answer, 'INVALID_ARGUMENT', 'INVALID_FIELDS');
      expect(answer.details.violations).toEqual([violation]);
    }
  });

  test('over 64 KiB is refused, and 100 items of 640 bytes are not', async () => {
    const padded = (length: number) =>
      ({ ...SECRET, source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP '.padEnd(length) } }) as const;
    const send = (length: number) =>
      client.call(methods.batchToken, { requests: Array(100).fill({ key: padded(length) }) }, { apiKey });
    expect((await send(640)).response?.results).toHaveLength(100);
    expectError(await send(660), 'RESOURCE_EXHAUSTED', 'MESSAGE_TOO_LARGE');
  });

  test('with the ids of requests twice: the same item gets the same answer, another one of the key an error', async () => {
    const key = hotpKey(random);
    const requestId = randomUUID();
    const once = requestOf(key, codeOf(key, 0), { requestId });
    const other = requestOf(key, codeOf(key, 1), { requestId });
    const { code, response } = await verify([once, once, other, requestOf(hotpKey(random), '00000000', { requestId }), once]);
    // A repeat has the time of its own answer.
    for (const { result } of response?.results ?? []) if (result.case === 'response') result.value.serverTime = undefined;
    const results = response?.results.map(({ result }) => result) ?? [];
    expect(statusesOf({ code, response })).toEqual([ACCEPTED, ACCEPTED, undefined, expect.anything(), ACCEPTED]);
    expect([results[1], results[4]]).toEqual([results[0], results[0]]);
    expect(results[2]).toMatchObject({ case: 'error', value: { reason: ErrorReason.REQUEST_ID_REUSED } });
    expect(statusesOf(await verify([once, other]))).toEqual([ACCEPTED, undefined]);
    expect(statusesOf(await verify([{ ...other, requestId: randomUUID() }]))).toEqual([ACCEPTED]);
  });

  test('at once with the same codes in several batches: each code is accepted once', async () => {
    const requests = right(100);
    const orders = [requests, requests.toReversed(), requests.toSorted(() => random.below(3) - 1), requests];
    const statuses = (await Promise.all(orders.map((order) => verify(order)))).flatMap(statusesOf);
    const tally = Map.groupBy(statuses, (status) => status);
    expect([tally.get(ACCEPTED)?.length, tally.get(REPLAYED)?.length, tally.size]).toEqual([100, 300, 2]);
  });

  describe('under a plan', () => {
    test('larger than the plan ever allows is refused for ever, and nothing of it is counted or judged', async () => {
      apiKey = await server.createKey({ plan: 'tiny' });
      const requests = right(11);
      for (let tries = 0; tries < 12; tries += 1) {
        const refused = await verify(requests);
        expectError(refused, 'RESOURCE_EXHAUSTED', 'COST_OVER_LIMIT');
        expect(refused.details.errorInfo?.metadata).toEqual({ window: 'minute', limit: '10', cost: '11', plan: 'tiny' });
        expect(refused.details.quotaFailure?.violations).toMatchObject([{ quotaId: 'minute', quotaValue: 10n }]);
        expect(refused.details.retryInfo).toBeUndefined();
        expect(refused.trailers).toMatchObject({ 'grpc-retry-pushback-ms': '-1', 'x-ratelimit-remaining': '10' });
        expect(refused.trailers).not.toHaveProperty('retry-after');
      }
      const whole = await verify(requests.slice(1));
      expect(statusesOf(whole)).toEqual(Array(10).fill(ACCEPTED));
      expect(left(whole)).toBe(0);
    });

    test('larger than what is left is refused until that is more, and nothing of it is counted or judged', async () => {
      apiKey = await server.createKey({ plan: 'tiny' });
      expect(left(await verify(right(7)))).toBe(3);
      const requests = right(4);
      for (let tries = 0; tries < 12; tries += 1) {
        const refused = await verify(requests);
        expectError(refused, 'RESOURCE_EXHAUSTED', 'RATE_LIMITED');
        expect(refused.details.errorInfo?.metadata).toEqual({ window: 'minute', limit: '10', cost: '4', plan: 'tiny' });
        expect(Number(refused.trailers['retry-after'])).toBeGreaterThan(50);
        expect(left(refused)).toBe(3);
      }
      const rest = await verify(requests.slice(1));
      expect([statusesOf(rest), left(rest)]).toEqual([Array(3).fill(ACCEPTED), 0]);
    });

    test('that fills it exactly is accepted', async () => {
      apiKey = await server.createKey({ plan: 'hundred' });
      const answer = await verify(right(100));
      expect([answer.code, left(answer)]).toEqual(['OK', 0]);
    });

    test('is not charged to the hour for the items that failed, but for what was judged', async () => {
      apiKey = await server.createKey({ plan: 'hourly' });
      const key = hotpKey(random);
      const wrong = requestOf(key, wrongCode(key, random));
      const answer = await verify([bad, ...right(2), bad, wrong, { ...wrong, code: '12' }, bad]);
      expect([answer.code, left(answer)]).toEqual(['OK', 26]);
      await expect.poll(leftOfHour).toBe(26);
      // All of them.
      expect(left(await verify([bad, bad, bad]))).toBe(26);
      await expect.poll(leftOfHour).toBe(26);
      // The minute keeps the failed calls.
      apiKey = await server.createKey({ plan: 'tiny' });
      expect(left(await verify([bad, bad, bad, bad]))).toBe(6);
    });

    test('that fails as a whole is refunded to the hour', async () => {
      apiKey = await server.createKey({ plan: 'hourly' });
      expectError(await verify(Array(101).fill(bad)), 'INVALID_ARGUMENT', 'INVALID_FIELDS');
      await expect.poll(leftOfHour).toBe(30);
      const heavy = Array.from({ length: 30 }, () => ({ ...requestOf(hotpKey(random), '00000000') }));
      // Only the server's deadline counts: a caller that gives up earlier has left, and pays for codes that may have been judged.
      const late = await client.call(methods.batchVerify, { requests: heavy }, { apiKey, metadata: { 'grpc-timeout': '1n' } });
      expect(late.code).toBe('DEADLINE_EXCEEDED');
      await expect.poll(leftOfHour).toBe(30);
    });

    /** Returns the calls left, by a failing call, which is refunded itself. */
    async function leftOfHour(): Promise<number> {
      return left(await client.call(methods.token, {}, { apiKey })) + 1;
    }
  });

  test('at its deadline is not judged where it is not begun, whole', async () => {
    const rounds = await Promise.all(
      [1, 2, 5, 10, 20, 40].map(async (deadlineMs) => {
        const requests = right(100);
        const { code } = await verify(requests, { deadlineMs });
        return { code, requests };
      }),
    );
    expect(rounds[0]?.code).toBe('DEADLINE_EXCEEDED');
    for (const { code, requests } of rounds) {
      // If only the caller has seen the deadline, the server may continue: then it has judged all.
      const again = new Set(statusesOf(await verify(requests)));
      expect([...again]).toBeOneOf(code === 'OK' ? [[REPLAYED]] : [[ACCEPTED], [REPLAYED]]);
    }
  });

  test('lets other calls run: a Token is answered before an earlier batch', async () => {
    const order: string[] = [];
    const heavy = Array.from({ length: 100 }, () => requestOf(hotpKey(random), '00000000'));
    const batch = verify(heavy).then(({ code }) => order.push(`batch ${code}`));
    const calls = Array.from({ length: 5 }, () =>
      client.call(methods.token, { key: SECRET }, { apiKey }).then(({ code }) => order.push(code)),
    );
    await Promise.all([batch, ...calls]);
    expect(order).toEqual([...Array(5).fill('OK'), 'batch OK']);
  });
}

/** Returns the status of each item, undefined for an error; for a failed call only its code. */
function statusesOf({ code, response }: Pick<Answer<BatchVerifyResponse>, 'code' | 'response'>): unknown[] {
  if (response === undefined) return [code];
  return response.results.map(({ result }) => (result.case === 'response' ? result.value.status : undefined));
}

onEachStore('a batch', batches);

describe('BatchToken', () => {
  let server: TestServer;
  let client: TestClient;
  beforeAll(async () => {
    server = await startServer();
    client = createTestClient(server.address, server.apiKey);
  });
  afterAll(async () => {
    client.close();
    await server.close();
  });

  test('returns what Token would for each, in order, and an error for each invalid item', async () => {
    const at = { seconds: 59n, nanos: 0 };
    const good = { key: { ...SECRET, digits: 8 }, at, pastSteps: 1, futureSteps: 1 };
    const requests = [
      good,
      { ...good, at: { seconds: 1_111_111_109n, nanos: 0 } },
      { ...good, futureSteps: 2 },
      { ...good, pastSteps: 99, key: {} },
      { ...good, pastSteps: 0, futureSteps: 2 },
      {},
    ];
    const { response } = await client.call(methods.batchToken, { requests });
    const results = response?.results.map(({ result }) => result) ?? [];
    for (const place of [0, 1, 4]) {
      const alone = await client.call(methods.token, requests[place] ?? {});
      const codes = (answer: typeof alone.response) =>
        [answer?.token, ...(answer?.neighbours ?? [])].map((token) => [token?.code, token?.step, token?.offsetSteps]);
      const { case: which, value } = results[place] ?? {};
      expect(codes(which === 'response' ? value : undefined)).toEqual(codes(alone.response));
    }
    const errors = results.map((result) => (result.case === 'error' ? result.value.violations.map(({ field }) => field) : []));
    expect(errors).toEqual([[], [], ['past_steps'], ['past_steps', 'key.secret', 'past_steps'], [], ['key']]);
  });

  test('without the scope is refused as a whole', async () => {
    const apiKey = await server.createKey({ scopes: ['verify'] });
    expectError(
      await client.call(methods.batchToken, { requests: [{ key: SECRET }] }, { apiKey }),
      'PERMISSION_DENIED',
      'SCOPE_MISSING',
    );
    expectError(
      await client.call(methods.batchVerify, { requests: [] }, { apiKey: await server.createKey({ scopes: ['token'] }) }),
      'PERMISSION_DENIED',
      'SCOPE_MISSING',
    );
  });
});

describe('a store that has a fault with an item', () => {
  test('fails that item alone, and the log has it with its stack, without a code or a secret', async () => {
    const store = createMemoryStore();
    const { judgeAll } = store.codes;
    const broken = async (attempts: readonly Attempt[], now: number) =>
      (await judgeAll(attempts, now)).with(1, new TypeError('a planted fault'));
    const server = await startServer({ store: { ...store, codes: { ...store.codes, judgeAll: broken } } });
    const client = createTestClient(server.address, server.apiKey);
    const requests = Array(3).fill({ key: SECRET, code: '987650' });
    const { response } = await client.call(methods.batchVerify, { requests });
    client.close();
    await server.close();
    const results = response?.results ?? [];
    expect(results.map(({ result }) => result.case)).toEqual(['response', 'error', 'response']);
    expect(results[1]?.result.value).toMatchObject({
      code: Code.INTERNAL,
      reason: ErrorReason.INTERNAL,
      message: 'an internal error: it is logged under the request id',
    });
    const faults = server.log.filter((line) => JSON.parse(line).level >= 50);
    expect(faults).toHaveLength(1);
    expect(JSON.parse(faults[0] ?? '')).toMatchObject({
      code: 'OK',
      err: { type: 'TypeError', stack: expect.arrayContaining([expect.any(String)]) },
    });
    expect(faults[0]).not.toMatch(/987650|JBSWY3DP|planted/);
  });
});
