/** Enrolments: a sealed key counts only after one of its codes was accepted in time, and a lost answer is repeated. */
import { randomUUID } from 'node:crypto';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ErrorReason } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import { OtpType, SecretDelivery } from '../../gen/ts/otp/v1/key_pb.ts';
import { VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { formatSecret } from '../../src/otp/secret.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { beginEnrolment, deviceOf, enrol, type Pending, sealedKey, verify } from '../support/enrolment.ts';
import { expectError } from '../support/expect-error.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { openWatch } from '../support/watch.ts';

const START = Date.UTC(2027, 0, 31, 12);
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

let server: TestServer;
let client: TestClient;
let now = START;

beforeAll(async () => {
  server = await startServer({ clock: () => now });
  client = createTestClient(server.address, server.apiKey);
});
afterAll(async () => {
  client.close();
  await server.close();
});
beforeEach(() => {
  // Each test has different steps, so no state of another test matters.
  now = Math.ceil(now / 1000) * 1000 + 10 * DAY_MS;
});

const CONTEXT = 'user-1/totp/1';

describe('Generate hands over', () => {
  const ask = async (delivery: SecretDelivery) => {
    const request = { issuer: 'ACME', accountName: 'alice', delivery };
    return (await client.call(methods.generate, request)).response;
  };

  test('with SEALED of the secret only what an enrolment shows', async () => {
    const made = await ask(SecretDelivery.SEALED);
    expect([made?.secret, made?.secretGrouped, made?.token]).toEqual(['', '', undefined]);
    expect(made?.uri).toMatch(/^otpauth:\/\/totp\/ACME:alice\?secret=[A-Z2-7]{32}&/);
    expect(made?.qrCode?.data.length).toBeGreaterThan(100);
    expect(made?.parameters).toMatchObject({ digits: 6, issuer: 'ACME', accountName: 'alice', secretSize: 20 });
    expect(made?.sealed?.blob).toMatch(/^otpk1_[A-Za-z0-9_-]{48,1018}$/);
    expect(made?.sealedExpireTime && timestampMs(made.sealedExpireTime)).toBe(now + DAY_MS);
  });

  test('with BOTH the secret too, of the same key', async () => {
    const made = await ask(SecretDelivery.BOTH);
    expect(made).toMatchObject({
      secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
      token: { code: expect.stringMatching(/^\d{6}$/) },
    });
    const { blob = '' } = made?.sealed ?? {};
    const { response } = await verify(client, sealedKey(blob), made?.token?.code ?? '', { confirm: true });
    expect(response?.status).toBe(VerifyStatus.ACCEPTED);
  });

  test.each([SecretDelivery.PLAIN, SecretDelivery.UNSPECIFIED])('with %s nothing sealed', async (delivery) => {
    const made = await ask(delivery);
    expect(made).toMatchObject({
      secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
    });
    expect([made?.sealed, made?.sealedExpireTime]).toEqual([undefined, undefined]);
  });

  test('the context never', async () => {
    const { made, blob, device } = await beginEnrolment(client, { sealedContext: Buffer.from(CONTEXT) });
    const { response } = await verify(client, sealedKey(blob, CONTEXT), device.code(now), { confirm: true });
    for (const sealed of [made.sealed, response?.resealed]) expect(sealed?.context).toEqual(new Uint8Array(0));
  });
});

describe('a pending key', () => {
  let pending: Pending;
  beforeEach(async () => {
    pending = await beginEnrolment(client, { sealedContext: Buffer.from(CONTEXT) });
  });

  const uses = {
    Verify: () => verify(client, sealedKey(pending.blob, CONTEXT), pending.device.code(now)),
    Token: () => client.call(methods.token, { key: sealedKey(pending.blob, CONTEXT) }),
    WatchToken: async () => {
      const { first, ended } = openWatch(client, server.apiKey, { key: sealedKey(pending.blob, CONTEXT) });
      return { response: await first, ...(await ended) };
    },
  } as const;

  test.each(Object.entries(uses))('is refused by %s, and by the end of its time it is said', async (_, use) => {
    const early = await use();
    expect(early).toMatchObject({ code: 'FAILED_PRECONDITION', response: undefined });
    expect(early.details.errorInfo).toMatchObject({
      reason: 'ERROR_REASON_ENROLMENT_PENDING',
      metadata: { field: 'key.sealed' },
    });
    now += DAY_MS + 5 * MINUTE_MS;
    expect((await use()).details.errorInfo?.reason).toBe('ERROR_REASON_ENROLMENT_PENDING');
    now += 1;
    const late = await use();
    expect(late).toMatchObject({ code: 'FAILED_PRECONDITION', response: undefined });
    expect(late.details.errorInfo).toMatchObject({ reason: 'ERROR_REASON_ENROLMENT_EXPIRED', metadata: { field: 'key.sealed' } });
  });

  test('is refused by Seal', async () => {
    const { response } = await client.call(methods.seal, { items: [{ key: sealedKey(pending.blob, CONTEXT) }] });
    expect(response?.results).toEqual([
      expect.objectContaining({
        result: { case: 'error', value: expect.objectContaining({ reason: ErrorReason.ENROLMENT_PENDING }) },
      }),
    ]);
  });

  test('is confirmed by the first code, and the confirmed key needs no confirmation', async () => {
    const { response } = await verify(client, sealedKey(pending.blob, CONTEXT), pending.device.code(now), { confirm: true });
    expect(response).toMatchObject({ valid: true, status: VerifyStatus.ACCEPTED });
    const blob = response?.resealed?.blob ?? '';
    expect(blob).not.toBe(pending.blob);
    now += DAY_MS + 6 * MINUTE_MS;
    const login = await verify(client, sealedKey(blob, CONTEXT), pending.device.code(now));
    expect(login.response).toMatchObject({ status: VerifyStatus.ACCEPTED });
    expect(login.response?.resealed).toBeUndefined();
  });

  test('stays pending for a wrong, a malformed and a used code, which bring no new key', async () => {
    const { device, blob } = pending;
    const key = sealedKey(blob, CONTEXT);
    const wrong = device.code(now + DAY_MS) === device.code(now) ? '000000' : device.code(now + DAY_MS);
    const mismatch = await verify(client, key, wrong, { confirm: true });
    expect(mismatch.response).toMatchObject({ status: VerifyStatus.MISMATCH, attemptsRemaining: 4 });
    const malformed = await verify(client, key, '12345', { confirm: true });
    expect(malformed.response?.status).toBe(VerifyStatus.MALFORMED);
    await verify(client, key, device.code(now), { confirm: true });
    const replayed = await verify(client, key, device.code(now), { confirm: true });
    expect(replayed.response?.status).toBe(VerifyStatus.REPLAYED);
    for (const { response } of [mismatch, malformed, replayed]) expect(response?.resealed).toBeUndefined();
    expect((await verify(client, key, device.code(now))).details.errorInfo?.reason).toBe('ERROR_REASON_ENROLMENT_PENDING');
  });

  test('is throttled by wrong codes like any key', async () => {
    const key = sealedKey(pending.blob, CONTEXT);
    const wrong = pending.device.code(now) === '000000' ? '000001' : '000000';
    for (let n = 0; n < 5; n += 1) await verify(client, key, wrong, { confirm: true });
    const { response } = await verify(client, key, pending.device.code(now), { confirm: true });
    expect(response?.status).toBe(VerifyStatus.THROTTLED);
    expect(response?.resealed).toBeUndefined();
  });
});

describe('a lost answer', () => {
  test('is repeated under its request id, with an equivalent key, even after the end of the time', async () => {
    const { blob, device } = await beginEnrolment(client, { sealedContext: Buffer.from(CONTEXT) });
    // A second before the last moment, including the tolerance.
    now += DAY_MS + 5 * MINUTE_MS - 1000;
    const code = device.code(now);
    const more = { confirm: true, requestId: randomUUID() };
    const first = await verify(client, sealedKey(blob, CONTEXT), code, more);
    now += 6000;
    const again = await verify(client, sealedKey(blob, CONTEXT), code, more);
    for (const { response } of [first, again]) expect(response).toMatchObject({ valid: true, status: VerifyStatus.ACCEPTED });
    const blobs = [first, again].map(({ response }) => response?.resealed?.blob ?? '');
    expect(new Set([blob, ...blobs]).size).toBe(3);
    now += MINUTE_MS;
    for (const [index, confirmed] of blobs.entries()) {
      const { response } = await verify(client, sealedKey(confirmed, CONTEXT), device.code(now));
      expect(response?.status).toBe(index === 0 ? VerifyStatus.ACCEPTED : VerifyStatus.REPLAYED);
    }
  });

  test('that is no longer kept is not repeated', async () => {
    const { blob, device } = await beginEnrolment(client);
    const wrong = device.code(now) === '000000' ? '000001' : '000000';
    const more = { confirm: true, requestId: randomUUID() };
    await verify(client, sealedKey(blob), wrong, more);
    now += DAY_MS + 5 * MINUTE_MS + 1;
    const { code, details } = await verify(client, sealedKey(blob), wrong, more);
    expect([code, details.errorInfo?.reason]).toEqual(['FAILED_PRECONDITION', 'ERROR_REASON_ENROLMENT_EXPIRED']);
  });

  test('that was near the end and a refusal is the same refusal past it', async () => {
    const { blob, device } = await beginEnrolment(client);
    now += DAY_MS + 4 * MINUTE_MS;
    const wrong = [device.code(now - 30_000), device.code(now), device.code(now + 30_000)].includes('000000')
      ? '000001'
      : '000000';
    const more = { confirm: true, requestId: randomUUID() };
    const first = await verify(client, sealedKey(blob), wrong, more);
    now += 2 * MINUTE_MS;
    const again = await verify(client, sealedKey(blob), wrong, more);
    expect(again.response).toMatchObject({ status: VerifyStatus.MISMATCH, attemptsRemaining: first.response?.attemptsRemaining });
    expect(again.response?.resealed).toBeUndefined();
    // Nothing more was counted.
    const key = { source: { case: 'secret', value: formatSecret(device.secret) } } as const;
    const next = await verify(client, key, wrong);
    expect(next.response?.attemptsRemaining).toBe(3);
  });

  test('that is unknown is not repeated: a new request id, or none, after the end changes nothing', async () => {
    const { blob, device } = await beginEnrolment(client);
    now += DAY_MS + 5 * MINUTE_MS + 1;
    for (const more of [{ requestId: randomUUID() }, {}, { requestId: randomUUID() }]) {
      const answer = await verify(client, sealedKey(blob), device.code(now), { confirm: true, ...more });
      expectError(answer, 'FAILED_PRECONDITION', 'ENROLMENT_EXPIRED');
      expect(answer.details.errorInfo?.metadata).toEqual({ field: 'key.sealed' });
    }
    const malformed = await verify(client, sealedKey(blob), '1', { confirm: true, requestId: randomUUID() });
    expectError(malformed, 'FAILED_PRECONDITION', 'ENROLMENT_EXPIRED');
    // The code was neither used nor counted: it is still accepted with the plain secret.
    const key = { source: { case: 'secret', value: formatSecret(device.secret) } } as const;
    expect((await verify(client, key, device.code(now))).response?.status).toBe(VerifyStatus.ACCEPTED);
  });

  test('is not that of another request under its id', async () => {
    const { blob, device } = await beginEnrolment(client);
    const requestId = randomUUID();
    now += DAY_MS;
    await verify(client, sealedKey(blob), device.code(now), { confirm: true, requestId });
    now += 6 * MINUTE_MS;
    expectError(
      await verify(client, sealedKey(blob), device.code(now), { confirm: true, requestId }),
      'INVALID_ARGUMENT',
      'REQUEST_ID_REUSED',
    );
  });
});

describe('confirm', () => {
  test('of a confirmed key is an ordinary check', async () => {
    const { blob, device } = await enrol(client, now, CONTEXT);
    now += MINUTE_MS;
    const first = await verify(client, sealedKey(blob, CONTEXT), device.code(now), { confirm: true });
    const second = await verify(client, sealedKey(blob, CONTEXT), device.code(now), { confirm: true });
    expect([first, second].map(({ response }) => response?.status)).toEqual([VerifyStatus.ACCEPTED, VerifyStatus.REPLAYED]);
    expect(first.response?.resealed).toBeUndefined();
  });

  test('of a HOTP returns the counter to store, and the key takes Key.counter instead of its own', async () => {
    const { blob, device } = await beginEnrolment(client, { type: OtpType.HOTP });
    const confirmed = await verify(client, sealedKey(blob), device.code(0), { confirm: true });
    expect(confirmed.response).toMatchObject({ status: VerifyStatus.ACCEPTED, nextCounter: 1n });
    const stored = confirmed.response?.resealed?.blob ?? '';
    const far = await verify(client, sealedKey(stored), device.code(200));
    expect(far.response?.status).toBe(VerifyStatus.MISMATCH);
    const near = await verify(client, sealedKey(stored, '', { counter: 195n }), device.code(200));
    expect(near.response).toMatchObject({ status: VerifyStatus.ACCEPTED, nextCounter: 201n });
    expect(near.response?.resealed).toBeUndefined();
  });

  test('never of a wrong field', async () => {
    const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
    const request = { key, code: '123456', confirm: true, allowReuse: true, alternatives: [key] };
    expect((await client.call(methods.verify, request)).details.violations).toEqual([
      'confirm: only with a sealed key: set key.sealed, or leave it unset',
      'allow_reuse: not together with confirm: leave one of them unset',
      'alternatives: not together with confirm: leave one of them unset',
    ]);
  });
});

test('a key that was made by a clock more than an hour ahead is invalid, however it is used', async () => {
  const pending = await beginEnrolment(client);
  const { blob, device } = await enrol(client, now);
  now -= 60 * MINUTE_MS;
  expect((await verify(client, sealedKey(pending.blob), pending.device.code(now), { confirm: true })).response?.valid).toBe(true);
  now -= 1000;
  for (const answer of [
    await verify(client, sealedKey(blob), device.code(now)),
    await verify(client, sealedKey(pending.blob), pending.device.code(now), { confirm: true, requestId: randomUUID() }),
    await client.call(methods.token, { key: sealedKey(blob) }),
  ])
    expectError(answer, 'INVALID_ARGUMENT', 'SEALED_KEY_INVALID');
  expect(deviceOf(pending.made.uri).secret).toEqual(pending.device.secret);
});
