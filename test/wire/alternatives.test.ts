/** Verify with several keys of a user on a real server: which key decides, the meaning of each field, and the refusals. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type KeySchema, OtpType } from '../../gen/ts/otp/v1/key_pb.ts';
import { VerifyStatusSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { hotpCode } from '../../src/otp/hotp.ts';
import { formatSecret } from '../../src/otp/secret.ts';
import { MINUTE, START } from '../auth/fixtures.ts';
import { nextRandom } from '../chaos/form.ts';
import type { VerifyInit } from '../chaos/keys.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { startServer, type TestServer } from '../support/server.ts';

type KeyInit = MessageInitShape<typeof KeySchema>;

const DIGITS = 8;
const STEP = Math.floor(START / 30_000);

let server: TestServer;
let client: TestClient;
let trail: () => Record<string, unknown>[];
let now = START;
let secrets: Uint8Array[];

beforeAll(async () => {
  server = await startServer({ clock: () => now });
  client = createTestClient(server.address, server.apiKey);
});
beforeEach(() => {
  const random = nextRandom();
  secrets = Array.from({ length: 6 }, () => random.bytes(20));
  now = START;
});
afterAll(async () => {
  client.close();
  await server.close();
});

const key = (place: number, fields: KeyInit = {}): KeyInit => ({
  source: { case: 'secret', value: formatSecret(secrets[place] ?? new Uint8Array()) },
  digits: DIGITS,
  ...fields,
});
const hotp = (place: number, counter: bigint): KeyInit => key(place, { type: OtpType.HOTP, counter });
const codeOf = (place: number, step: number, digits = DIGITS) =>
  hotpCode(secrets[place] ?? new Uint8Array(), step, { algorithm: 'SHA1', digits });
const send = (request: VerifyInit) => client.call(methods.verify, request);
/** Returns the answer, with undefined for each missing field. */
async function verify(request: VerifyInit) {
  const { code, response } = await send(request);
  if (response === undefined) throw new Error(code);
  const { valid, matchedKey, matchedStep, driftSteps, nextCounter, attemptsRemaining, retryAfter, serverTime } = response;
  const status = VerifyStatusSchema.value[response.status]?.localName;
  return { valid, status, matchedKey, matchedStep, driftSteps, nextCounter, attemptsRemaining, retryAfter, serverTime };
}
const statusOf = async (request: VerifyInit) => (await verify(request)).status;

/** Two TOTPs and a HOTP. */
const three = () => ({ key: key(0), alternatives: [key(1), hotp(2, 5n)] });

describe('the answer', () => {
  test('names the key to which the code belongs, with its step, drift and next counter', async () => {
    expect(await verify({ ...three(), code: codeOf(0, STEP - 1) })).toMatchObject({
      status: 'ACCEPTED',
      valid: true,
      matchedKey: 0,
      matchedStep: BigInt(STEP - 1),
      driftSteps: -1,
      nextCounter: undefined,
      attemptsRemaining: 5,
    });
    expect(await verify({ ...three(), code: codeOf(1, STEP) })).toMatchObject({ matchedKey: 1, driftSteps: 0 });
    const third = await verify({ ...three(), code: codeOf(2, 8) });
    expect(third).toMatchObject({ matchedKey: 2, matchedStep: 8n, driftSteps: 3, nextCounter: 9n });
    const again = await verify({ ...three(), code: codeOf(2, 8) });
    expect(again).toMatchObject({ status: 'REPLAYED', matchedKey: 2, matchedStep: 8n, nextCounter: undefined });
  });

  test('to a wrong code names no key, and has the least number of attempts', async () => {
    for (let sent = 0; sent < 2; sent += 1) await verify({ key: key(1), code: '00000000' });
    const wrong = await verify({ ...three(), code: '00000000' });
    expect(wrong).toMatchObject({ status: 'MISMATCH', matchedKey: undefined, attemptsRemaining: 2 });
  });

  test('with a key alone says that it is this one', async () => {
    expect(await verify({ key: key(0), code: codeOf(0, STEP) })).toMatchObject({ matchedKey: 0 });
    expect(await verify({ key: key(0), code: '00000000' })).toMatchObject({ matchedKey: undefined });
  });

  test('has the time of the server for any outcome', async () => {
    for (const [code, status] of [
      [codeOf(0, STEP), 'ACCEPTED'],
      [codeOf(0, STEP), 'REPLAYED'],
      ['1', 'MALFORMED'],
      ...Array.from({ length: 5 }, () => ['00000000', 'MISMATCH'] as const),
      ['00000000', 'THROTTLED'],
    ] as const) {
      now += 1;
      const answer = await verify({ key: key(0), code });
      expect(answer.status).toBe(status);
      expect(answer.serverTime).toMatchObject({ seconds: BigInt(START / 1000), nanos: (now - START) * 1_000_000 });
    }
  });
});

describe('a key', () => {
  test('that is locked takes no part: its right code is answered as its wrong one, and costs as much', async () => {
    for (let sent = 0; sent < 5; sent += 1) await verify({ key: key(1), code: '00000000' });
    const { serverTime: _, ...right } = await verify({ ...three(), code: codeOf(1, STEP) });
    await verify({ ...three(), code: codeOf(0, STEP) });
    // The acceptance has cleared the lock.
    await expect.poll(() => statusOf({ key: key(1), code: '00000000' })).toBe('MISMATCH');
    for (let sent = 0; sent < 4; sent += 1) await verify({ key: key(1), code: '00000000' });
    const { serverTime: __, ...wrong } = await verify({ ...three(), code: '00000000' });
    expect(right).toEqual(wrong);
    expect(right).toMatchObject({ status: 'MISMATCH', attemptsRemaining: 4 });
  });

  test('of other digits takes no part in a code of other length, and none at all makes it malformed', async () => {
    const mixed = { key: key(0, { digits: 6 }), alternatives: [key(1)] };
    for (let sent = 0; sent < 3; sent += 1) expect(await statusOf({ ...mixed, code: '000000' })).toBe('MISMATCH');
    expect(await verify({ key: key(1), code: '00000000' })).toMatchObject({ attemptsRemaining: 4 });
    expect(await verify({ key: key(0, { digits: 6 }), code: '000000' })).toMatchObject({ attemptsRemaining: 1 });
    expect(await verify({ ...mixed, code: codeOf(1, STEP) })).toMatchObject({ status: 'ACCEPTED', matchedKey: 1 });
    const malformed = await verify({ ...mixed, code: '1234567' });
    expect(malformed).toMatchObject({ status: 'MALFORMED', attemptsRemaining: undefined, matchedKey: undefined });
    expect(malformed.serverTime).toBeDefined();
  });

  test('that is named twice is counted once, and found under the name whose code it is', async () => {
    const twice = { key: key(0), alternatives: [hotp(0, 0n), key(0)] };
    expect(await verify({ ...twice, code: '00000000' })).toMatchObject({ attemptsRemaining: 4 });
    const requestId = randomUUID();
    for (let sent = 0; sent < 2; sent += 1)
      expect(await verify({ ...twice, code: codeOf(0, 3), requestId })).toMatchObject({
        status: 'ACCEPTED',
        matchedKey: 1,
        nextCounter: 4n,
      });
    expect(await statusOf({ key: key(0), alternatives: [key(1)], code: codeOf(0, 3) })).toBe('MISMATCH');
  });

  test('is one of five at most, and the last decides too', async () => {
    const five = { key: key(0), alternatives: [1, 2, 3, 4].map((place) => key(place)) };
    expect(await verify({ ...five, code: codeOf(4, STEP) })).toMatchObject({ matchedKey: 4 });
    expect(await verify({ ...five, code: codeOf(4, STEP) })).toMatchObject({ status: 'REPLAYED', matchedKey: 4 });
  });

  test('is THROTTLED with the others only while all are locked, for the shortest wait', async () => {
    const two = { key: key(0), alternatives: [key(1)] };
    for (let sent = 0; sent < 5; sent += 1) await verify({ key: key(0), code: '00000000' });
    now += 20_000;
    for (let sent = 0; sent < 5; sent += 1) await verify({ key: key(1), code: '00000000' });
    const requestId = randomUUID();
    const right = { ...two, code: codeOf(0, STEP), requestId };
    for (let sent = 0; sent < 2; sent += 1)
      expect(await verify(right)).toMatchObject({
        status: 'THROTTLED',
        attemptsRemaining: 0,
        matchedKey: undefined,
        retryAfter: { seconds: 40n, nanos: 0 },
      });
    now = START + MINUTE;
    // The same id is judged after the wait.
    for (let sent = 0; sent < 2; sent += 1)
      expect(await verify({ ...right, pastSteps: 10 })).toMatchObject({ status: 'ACCEPTED', matchedKey: 0 });
  });
});

describe('windows', () => {
  test('hold for the keys of their type', async () => {
    const mixed = { key: hotp(0, 0n), alternatives: [key(1)] };
    const wide = { pastSteps: 5, futureSteps: 0, lookAhead: 20 };
    expect(await verify({ ...mixed, ...wide, code: codeOf(0, 20) })).toMatchObject({ matchedKey: 0, matchedStep: 20n });
    expect(await verify({ ...mixed, ...wide, code: codeOf(1, STEP - 5) })).toMatchObject({ matchedKey: 1, driftSteps: -5 });
    expect(await statusOf({ ...mixed, ...wide, code: codeOf(1, STEP + 1) })).toBe('MISMATCH');
  });

  test.each<[string, () => VerifyInit, string[]]>([
    [
      'look_ahead without a HOTP',
      () => ({ key: key(0), alternatives: [key(1)], lookAhead: 1 }),
      ['look_ahead: not for TOTP: set past_steps and future_steps instead'],
    ],
    [
      'steps without a TOTP',
      () => ({ key: hotp(0, 0n), alternatives: [hotp(1, 0n)], pastSteps: 1 }),
      ['past_steps: not for HOTP: set look_ahead instead'],
    ],
    [
      'a window of the type of a key that cannot be read',
      () => ({ key: key(0), alternatives: [hotp(1, 2n ** 63n)], lookAhead: 1 }),
      ['alternatives[0].counter: must be a whole number from 0 to 9007199254740991'],
    ],
  ])('are refused only if no key has their type: %s', async (_, request, violations) => {
    const { code, details } = await send({ ...request(), code: '00000000' });
    expect({ code, violations: details.violations }).toEqual({ code: 'INVALID_ARGUMENT', violations });
  });
});

describe('a request id', () => {
  test('gets the same answer again after its code has left the window, for any deciding key', async () => {
    for (const place of [0, 1, 2]) {
      const request = { ...three(), code: codeOf(place, place === 2 ? 5 : STEP), requestId: randomUUID() };
      const { serverTime: _, ...first } = await verify(request);
      expect(first).toMatchObject({ status: 'ACCEPTED', matchedKey: place });
      now += 10 * MINUTE;
      const { serverTime: __, ...again } = await verify(request);
      expect(again).toEqual(first);
      now = START;
    }
    expect(await verify({ ...three(), code: '00000000' })).toMatchObject({ attemptsRemaining: 4 });
  });

  test.each<[string, (request: ReturnType<typeof three> & { code: string }) => VerifyInit]>([
    ['other keys', (request) => ({ ...request, alternatives: [key(3)] })],
    ['the same keys in another order', (request) => ({ ...request, alternatives: request.alternatives.toReversed() })],
    ['fewer keys', (request) => ({ ...request, alternatives: [] })],
    ['another counter', (request) => ({ ...request, alternatives: [key(1), hotp(2, 6n)] })],
    ['another window', (request) => ({ ...request, lookAhead: 4 })],
    ['allow_reuse', (request) => ({ ...request, allowReuse: true })],
    ['another code', (request) => ({ ...request, code: '00000000' })],
  ])('is refused with %s', async (_, change) => {
    const request = { ...three(), code: codeOf(0, STEP), requestId: randomUUID() };
    await verify(request);
    const { code, details } = await send(change(request));
    expect({ code, reason: details.errorInfo?.reason }).toEqual({
      code: 'INVALID_ARGUMENT',
      reason: 'ERROR_REASON_REQUEST_ID_REUSED',
    });
    expect(await statusOf(request)).toBe('ACCEPTED');
  });
});

describe('the audit trail', () => {
  test('names the secret that decided, or each that a wrong code was counted against', async () => {
    const auditLog = join(server.dataDir, 'audit.log');
    const audited = await startServer({ clock: () => now, flags: { auditLog } });
    const own = createTestClient(audited.address, audited.apiKey);
    trail = () =>
      readFileSync(auditLog, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    for (const code of [codeOf(1, STEP), codeOf(1, STEP), '00000000']) await own.call(methods.verify, { ...three(), code });
    const events = trail().map(({ event, fingerprint, step }) => ({ event, fingerprint, step }));
    expect(events.map(({ event, step }) => [event, step])).toEqual([
      ['verify.accepted', STEP],
      ['verify.replayed', STEP],
      ...Array(3).fill(['verify.refused', undefined]),
    ]);
    expect(new Set(events.map(({ fingerprint }) => fingerprint)).size).toBe(3);
    expect(events[3]?.fingerprint).toBe(events[0]?.fingerprint);
    own.close();
    await audited.close();
  });
});
