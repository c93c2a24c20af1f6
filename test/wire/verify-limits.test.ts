/** Verify under the limits of a plan, on each store: however a call ends, it is charged once, and refunded exactly if it failed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Session, constants } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { VerifyRequestSchema, VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { nextRandom } from '../chaos/form.ts';
import { codeOf, hotpKey, requestOf, type TestKey, type VerifyInit, wrongCode } from '../chaos/keys.ts';
import { type Answer, createTestClient, methods, type TestClient } from '../support/client.ts';
import { onEachStore, type Start } from '../support/each-store.ts';
import { expectError } from '../support/expect-error.ts';
import { frame, openConnection, openStream, ping, type RawAnswer, rawCall } from '../support/raw.ts';
import type { TestServer } from '../support/server.ts';

const VERIFY = '/otp.v1.OtpService/Verify';
const LIMIT = 5;
const PLANS = { minutely: { minute: LIMIT }, hourly: { hour: LIMIT }, unlimited: {} };

const bytesOf = (request: VerifyInit) => frame(toBinary(VerifyRequestSchema, create(VerifyRequestSchema, request)));

function verifyUnderLimits(start: Start): void {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-plans-'));
  let server: TestServer;
  let client: TestClient;
  let session: ClientHttp2Session;
  let apiKey: string;
  let key: TestKey;
  let wrong: VerifyInit;
  let step = 0;

  beforeAll(async () => {
    const plans = join(folder, 'plans.json');
    writeFileSync(plans, JSON.stringify(PLANS));
    server = await start({ plans });
    client = createTestClient(server.address);
    session = await openConnection(server.address);
  });
  beforeEach(async () => {
    const random = nextRandom();
    apiKey = await server.createKey({ plan: 'hourly' });
    key = hotpKey(random);
    wrong = requestOf(key, wrongCode(key, random));
    step = 0;
  });
  afterAll(async () => {
    session?.destroy();
    client?.close();
    await server?.close();
    rmSync(folder, { recursive: true });
  });

  const verify = (request: VerifyInit) => client.call(methods.verify, request, { apiKey });
  const right = () => verify(requestOf(key, codeOf(key, step++)));
  const raw = (body?: Buffer, headers: Record<string, string> = {}) =>
    rawCall(session, VERIFY, { headers: { 'x-api-key': apiKey, ...headers }, body });
  const left = (answer: Answer<unknown> | RawAnswer): number => {
    const all: Record<string, unknown> = 'metadata' in answer ? answer.metadata : { ...answer.headers, ...answer.trailers };
    expect(all['x-ratelimit-limit']).toBe(String(LIMIT));
    return Number(all['x-ratelimit-remaining']);
  };
  /** Returns the calls left, from a Token of the same caller, which costs one itself. */
  const leftFor = async () =>
    left(await client.call(methods.token, { key: { source: { case: 'secret', value: key.secret } } }, { apiKey }));

  test('a judged code is charged and kept, for any judgement', async () => {
    const first = await right();
    expect([first.response?.status, left(first)]).toEqual([VerifyStatus.ACCEPTED, LIMIT - 1]);
    const again = await verify(requestOf(key, codeOf(key, 0)));
    expect([again.response?.status, left(again)]).toEqual([VerifyStatus.REPLAYED, LIMIT - 2]);
    const mistaken = await verify(wrong);
    expect([mistaken.response?.status, left(mistaken)]).toEqual([VerifyStatus.MISMATCH, LIMIT - 3]);
    const malformed = await verify({ ...wrong, code: '12' });
    expect([malformed.response?.status, left(malformed)]).toEqual([VerifyStatus.MALFORMED, LIMIT - 4]);
    expect(await leftFor()).toBe(0);
  });

  test('over the limit nothing is judged, and every detail says why', async () => {
    for (let call = 0; call < LIMIT; call += 1) expect((await right()).response?.status).toBe(VerifyStatus.ACCEPTED);
    for (const request of [requestOf(key, codeOf(key, step)), wrong, { ...wrong, code: '12' }, { ...wrong, code: '' }]) {
      const refused = await verify(request);
      expectError(refused, 'RESOURCE_EXHAUSTED', 'RATE_LIMITED');
      expect(refused.details.errorInfo?.metadata).toEqual({ window: 'hour', limit: String(LIMIT), plan: 'hourly' });
      expect(refused.details.quotaFailure?.violations).toHaveLength(1);
      expect(Number(refused.trailers['retry-after'])).toBeGreaterThan(3500);
      expect(left(refused)).toBe(0);
    }
    apiKey = await server.createKey({ plan: 'hourly' });
    const answer = await right();
    expect(answer.response).toMatchObject({ status: VerifyStatus.ACCEPTED, attemptsRemaining: 5 });
  });

  test('the first call over the limit is refused, be it one that fails or one without a right code', async () => {
    const bad = [{ ...wrong, code: '' }, { ...wrong, code: '12' }, wrong];
    for (const request of bad) {
      apiKey = await server.createKey({ plan: 'minutely' });
      for (let call = 0; call < LIMIT; call += 1) expect((await right()).code).toBe('OK');
      expectError(await verify(request), 'RESOURCE_EXHAUSTED', 'RATE_LIMITED');
    }
  });

  test('who is known to be over the limit is refused before the request is there', async () => {
    for (let call = 0; call <= LIMIT; call += 1) await right();
    const refused = await raw();
    expect(refused).toMatchObject({ code: 'RESOURCE_EXHAUSTED', metadata: { 'x-ratelimit-remaining': '0' } });
  });

  test.each([
    ['a field is invalid', () => raw(bytesOf({ ...wrong, code: '' })), 'INVALID_ARGUMENT'],
    ['the message cannot be decoded', () => raw(frame(Buffer.from([0x0a, 0xff]))), 'INVALID_ARGUMENT'],
    [
      'the secret is bad',
      () => raw(bytesOf({ key: { source: { case: 'secret', value: '!' } }, code: '123456' })),
      'INVALID_ARGUMENT',
    ],
    ['the message is too large', () => raw(frame(Buffer.alloc(70_000))), 'RESOURCE_EXHAUSTED'],
    [
      'the message does not decompress',
      () => raw(frame(Buffer.alloc(9, 1), true), { 'grpc-encoding': 'gzip' }),
      'INVALID_ARGUMENT',
    ],
    ['there are two messages', () => raw(Buffer.concat([bytesOf(wrong), bytesOf(wrong)])), 'UNIMPLEMENTED'],
    ['there is no message', () => raw(Buffer.alloc(0)), 'UNIMPLEMENTED'],
    ['the request never comes', () => raw(undefined, { 'grpc-timeout': '200m' }), 'DEADLINE_EXCEEDED'],
  ])('where %s the call is charged, told so, and given back to the hour', async (_, call, code) => {
    const answer = await call();
    expect([answer.code, answer.details.errorInfo?.reason]).not.toContain('ERROR_REASON_RATE_LIMITED');
    expect([answer.code, left(answer)]).toEqual([code, LIMIT - 1]);
    await expect.poll(leftOfHour).toBe(LIMIT);
    apiKey = await server.createKey({ plan: 'minutely' });
    expect(left(await call())).toBe(LIMIT - 1);
    expect(left(await call())).toBe(LIMIT - 2);
  });

  /** Returns the calls left, by a failing call, which is refunded itself. */
  async function leftOfHour(): Promise<number> {
    const answer = await client.call(methods.token, {}, { apiKey });
    return left(answer) + 1;
  }

  test('a request id that is used again with other content is refunded', async () => {
    const requestId = '01234567-89ab-4cde-8f01-23456789abcd';
    expect(left(await verify({ ...wrong, requestId }))).toBe(LIMIT - 1);
    expect(left(await verify({ ...wrong, requestId }))).toBe(LIMIT - 2);
    const reused = await verify({ ...wrong, code: codeOf(key, 1), requestId });
    expectError(reused, 'INVALID_ARGUMENT', 'REQUEST_ID_REUSED');
    expect(left(reused)).toBe(LIMIT - 3);
    await expect.poll(leftOfHour).toBe(LIMIT - 2);
  });

  test('a caller without the scope is charged to the minute alone', async () => {
    apiKey = await server.createKey({ plan: 'hourly', scopes: ['token'] });
    const answer = await right();
    expectError(answer, 'PERMISSION_DENIED', 'SCOPE_MISSING');
    expect(left(answer)).toBe(LIMIT - 1);
    await expect.poll(leftOfHour).toBe(LIMIT);
  });

  test('a caller who leaves before the request has arrived is charged, and refunded to the hour', async () => {
    const leave = async () => {
      const stream = openStream(session, VERIFY, { 'x-api-key': apiKey });
      await ping(session);
      stream.close(constants.NGHTTP2_CANCEL);
      await ping(session);
    };
    await leave();
    await expect.poll(leftOfHour).toBe(LIMIT);
    apiKey = await server.createKey({ plan: 'minutely' });
    await leave();
    expect(left(await right())).toBe(LIMIT - 2);
  });

  test('parallel calls are not judged beyond the limit', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, right));
    expect(answers.filter(({ code }) => code === 'OK')).toHaveLength(LIMIT);
    apiKey = await server.createKey({ plan: 'unlimited' });
    // The refused calls consumed no step: their steps are all later than the judged steps.
    const judged = answers.findLastIndex(({ code }) => code === 'OK');
    expect((await verify(requestOf(key, codeOf(key, judged + 1)))).response?.status).toBe(VerifyStatus.ACCEPTED);
  });

  test('on a plan without limits there are no headers of limits', async () => {
    apiKey = server.apiKey;
    expect((await right()).headers['x-ratelimit-limit']).toBeUndefined();
  });

  test('the log says what a call ended with', async () => {
    await verify({ ...wrong, code: '' });
    expect(JSON.parse(server.log.at(-1) ?? '')).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'ERROR_REASON_INVALID_FIELDS',
    });
    for (let call = 0; call < LIMIT; call += 1) await right();
    await verify({ ...wrong, code: '' });
    expect(JSON.parse(server.log.at(-1) ?? '')).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      reason: 'ERROR_REASON_RATE_LIMITED',
    });
  });
}

onEachStore('Verify', verifyUnderLimits);
