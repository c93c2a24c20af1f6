/** Callers of public APIs find each field of these APIs in the answers. */
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Algorithm, OtpType } from '../../gen/ts/otp/v1/key_pb.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** The secret of their documentation: 10 bytes. */
const SECRET = 'JBSWY3DPEHPK3PXP';
const key = { source: { case: 'secret', value: SECRET } } as const;
const NOW = Date.parse('2026-01-01T00:00:10.250Z');

let now = NOW;
let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startServer({ clock: () => now });
  client = createTestClient(server.address, await server.createKey({ plan: 'pro' }));
});
afterAll(async () => {
  client.close();
  await server.close();
});

describe('Gentlent OTP', () => {
  test.each([6, 8])(
    'generate with %i digits: algorithm, digits, issuer, label, otpauth URL, period, QR image, secret, type',
    async (digits) => {
      const { response } = await client.call(methods.generate, { accountName: 'alice@example.com', issuer: 'ACME', digits });
      expect(response?.parameters).toMatchObject({
        algorithm: Algorithm.SHA1,
        digits,
        issuer: 'ACME',
        accountName: 'alice@example.com',
        periodSeconds: 30,
        type: OtpType.TOTP,
      });
      expect(response?.uri).toMatch(/^otpauth:\/\/totp\/ACME:alice%40example\.com\?secret=[A-Z2-7]{32}&/);
      expect(Buffer.from(response?.qrCode?.data ?? []).toString('latin1', 1, 4)).toBe('PNG');
      expect(response?.secret).toMatch(/^[A-Z2-7]{32}$/);
    },
  );

  test('verify: the codes at -60 s, -30 s, now and +30 s', async () => {
    const { response } = await client.call(methods.token, { key, pastSteps: 2, futureSteps: 1 });
    const all = [...(response?.neighbours ?? []), response?.token].toSorted(
      (a, b) => (a?.offsetSeconds ?? 0) - (b?.offsetSeconds ?? 0),
    );
    expect(all.map((token) => token?.offsetSeconds)).toEqual([-60, -30, 0, 30]);
    expect(new Set(all.map((token) => token?.code)).size).toBe(4);
    const { response: verified } = await client.call(methods.verify, { key, code: all[0]?.code ?? '', pastSteps: 2 });
    expect(verified).toMatchObject({ valid: true, driftSteps: -2 });
  });
});

describe('ToolkitAPI TOTP generate', () => {
  test.each([
    [6, 10, Algorithm.SHA1],
    [8, 120, Algorithm.SHA256],
    [8, 60, Algorithm.SHA512],
  ])('%i digits, %i s: secret, URI, QR as a PNG data URI, current code', async (digits, periodSeconds, algorithm) => {
    const { response } = await client.call(methods.generate, {
      issuer: 'ACME',
      accountName: 'alice',
      digits,
      periodSeconds,
      algorithm,
    });
    expect(response?.qrCode?.dataUri).toBe(
      `data:image/png;base64,${Buffer.from(response?.qrCode?.data ?? []).toString('base64')}`,
    );
    const { response: current } = await client.call(methods.token, {
      key: { source: { case: 'uri', value: response?.uri ?? '' } },
    });
    expect(response?.token?.code).toBe(current?.token?.code);
    expect(response?.token?.code).toHaveLength(digits);
  });
});

test.each([
  [Algorithm.UNSPECIFIED, 0, 20],
  [Algorithm.SHA1, 0, 20],
  [Algorithm.SHA256, 0, 32],
  [Algorithm.SHA512, 0, 64],
  [Algorithm.SHA1, 64, 64],
  [Algorithm.SHA512, 16, 16],
])('a new key for hash %i and %i bytes has %i (RFC 6238 section 5.1)', async (algorithm, secretSize, bytes) => {
  const { response } = await client.call(methods.generate, { accountName: 'alice', algorithm, secretSize });
  expect(response?.parameters?.secretSize).toBe(bytes);
  expect(response?.secret).toHaveLength(Math.ceil((bytes * 8) / 5));
});

test('2faotp.live: code, remaining time, server timestamp, valid until', async () => {
  const { response } = await client.call(methods.token, { key });
  const { token } = response ?? {};
  expect(token?.code).toMatch(/^\d{6}$/);
  expect(token?.remainingSeconds).toBe(20);
  expect(token?.serverTime && timestampMs(token.serverTime)).toBe(NOW);
  expect(token?.expireTime && timestampMs(token.expireTime)).toBe(Date.parse('2026-01-01T00:00:30Z'));
});

test.each([
  ['free', 5, 'minute'],
  ['pro', 30, 'minute'],
  ['ultra', 100, 'minute'],
])('2faotp.live: the plan %s lets %i calls a %s through, then says when to try again', async (plan, limit) => {
  const apiKey = await server.createKey({ plan });
  for (let call = 0; call < limit; call += 1) expect((await client.call(methods.token, { key }, { apiKey })).code).toBe('OK');
  const { code, trailers } = await client.call(methods.token, { key }, { apiKey });
  expect([code, trailers['retry-after']]).toEqual(['RESOURCE_EXHAUSTED', '60']);
});

describe('APIVerve TOTP generator', () => {
  test.each([
    [6, 1],
    [7, 45],
    [8, 300],
  ])('%i digits, %i s: token, digits, period, time remaining, expires at', async (digits, periodSeconds) => {
    const { response } = await client.call(methods.token, { key: { ...key, digits, periodSeconds } });
    const end = Math.ceil((NOW + 1) / (periodSeconds * 1000)) * periodSeconds * 1000;
    expect(response?.token).toMatchObject({ digits, periodSeconds, remainingSeconds: Math.ceil((end - NOW) / 1000) });
    expect(response?.token?.code).toHaveLength(digits);
    expect(response?.token?.expireTime && timestampMs(response.token.expireTime)).toBe(end);
  });

  test('limit, remaining and reset headers; a request id on every error; a failed call not charged to the hour', async () => {
    const apiKey = await server.createKey({ plan: 'free' });
    const failed = await client.call(methods.token, {}, { apiKey });
    expect(failed.trailers['x-request-id']).toBe(failed.details.requestInfo?.requestId);
    now += 60_000;
    const { headers } = await client.call(methods.token, { key }, { apiKey });
    now = NOW;
    expect(headers).toMatchObject({ 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '4', 'x-ratelimit-reset': '60' });
  });
});
