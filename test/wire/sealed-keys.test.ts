/** Sealed keys: a blob that does not open gives an error and never a code, and a secret is the same in any spelling, sealed or plain. */
import { fromJson } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Algorithm, KeySchema, OtpType } from '../../gen/ts/otp/v1/key_pb.ts';
import { VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { formatSecret } from '../../src/otp/secret.ts';
import { type Answer, createTestClient, methods, type TestClient } from '../support/client.ts';
import { type Device, enrol, sealedKey, verify } from '../support/enrolment.ts';
import { expectError } from '../support/expect-error.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { openWatch } from '../support/watch.ts';

const CONTEXT = 'user-1/totp/1';

let server: TestServer;
let client: TestClient;
let now = Date.UTC(2027, 0, 31, 12);
let blob: string;
let device: Device;

beforeAll(async () => {
  server = await startServer({ clock: () => now, flags: { httpListen: '127.0.0.1:0' } });
  client = createTestClient(server.address, server.apiKey);
  ({ blob, device } = await enrol(client, now, CONTEXT));
});
afterAll(async () => {
  client.close();
  await server.close();
});

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Every use of a key, none of which may answer for a blob that does not open. */
async function everyUse(key: ReturnType<typeof sealedKey>, apiKey = server.apiKey): Promise<Answer<unknown>[]> {
  const options = { apiKey };
  const watch = openWatch(client, apiKey, { key });
  const { code, details, trailers } = await watch.ended;
  const watched: Answer<unknown> = {
    code,
    message: details.inner?.message ?? '',
    response: await watch.first,
    headers: {},
    details,
    trailers,
  };
  return [
    await client.call(methods.verify, { key, code: device.code(now) }, options),
    await client.call(methods.verify, { key, code: device.code(now), confirm: true }, options),
    await client.call(methods.token, { key }, options),
    watched,
  ];
}

async function expectInvalid(key: ReturnType<typeof sealedKey>, apiKey?: string): Promise<void> {
  for (const answer of await everyUse(key, apiKey)) {
    expectError(answer, 'INVALID_ARGUMENT', 'SEALED_KEY_INVALID');
    expect(answer.details.errorInfo?.metadata).toEqual({ field: 'key.sealed' });
    expect(answer.response).toBeUndefined();
  }
}

describe('a blob is invalid', () => {
  test.each([
    ['without its context', ''],
    ['with the context of another user', 'user-2/totp/1'],
    ['with an older generation of the context', 'user-1/totp/0'],
    ['with a context that goes on', `${CONTEXT}\0`],
    ['with a context of 256 bytes', 'x'.repeat(256)],
  ])('%s', async (_, context) => {
    await expectInvalid(sealedKey(blob, context));
  });

  test('for a caller of another tenant, in both directions', async () => {
    const theirs = await server.createKey({ tenant: 'other' });
    await expectInvalid(sealedKey(blob, CONTEXT), theirs);
    const other = createTestClient(server.address, theirs);
    const their = await enrol(other, now, CONTEXT);
    other.close();
    await expectInvalid(sealedKey(their.blob, CONTEXT));
  });

  test.each<[string, (blob: string) => string]>([
    ['cut short by a character', (text) => text.slice(0, -1)],
    ['cut to the least', (text) => text.slice(0, 54)],
    ['cut to less than that', (text) => text.slice(0, 53)],
    ['of its prefix alone', (text) => text.slice(0, 6)],
    ['longer by a character', (text) => `${text}A`],
    ['longer by four', (text) => `${text}AAAA`],
    ['padded', (text) => `${text}=`],
    ['with a space', (text) => `${text} `],
    ['with a space in it', (text) => `${text.slice(0, 40)} ${text.slice(40)}`],
    ['with a line break', (text) => `${text}\n`],
    ['with foreign characters', (text) => `${text}!!`],
    ['in the alphabet of base64', (text) => `${text.slice(0, -1)}+`],
    ['in capitals', (text) => `${text.slice(0, 12)}${text.slice(12).toUpperCase()}`],
    ['of another format', (text) => `otpr1_${text.slice(6)}`],
    ['of a format to come', (text) => `otpk2_${text.slice(6)}`],
    ['without a format', (text) => text.slice(6)],
    ['twice', (text) => `${text}${text}`.slice(0, 1024)],
    ['that is none', () => 'x'],
    ['of zeros', (text) => `${text.slice(0, 12)}${'A'.repeat(text.length - 12)}`],
  ])('%s', async (_, change) => {
    const changed = change(blob);
    expect(changed).not.toBe(blob);
    await expectInvalid(sealedKey(changed, CONTEXT));
  });

  test('with any bit of it flipped, those of its characters too', async () => {
    const raw = Buffer.from(blob.slice(6), 'base64url');
    const changed: string[] = [];
    for (let bit = 0; bit < raw.length * 8; bit += 1) {
      const copy = Buffer.from(raw);
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      changed.push(`otpk1_${copy.toString('base64url')}`);
    }
    // The spare bits of the last character decode to the same bytes.
    const last = BASE64URL.indexOf(blob.at(-1) ?? '');
    for (const bit of [1, 2, 4, 8, 16, 32]) changed.push(`${blob.slice(0, -1)}${BASE64URL[last ^ bit]}`);
    const answers = await Promise.all(
      changed.map((text) => client.call(methods.verify, { key: sealedKey(text, CONTEXT), code: device.code(now) })),
    );
    const reasons = answers.map(({ response, details }) => response ?? details.errorInfo?.reason);
    // A flipped bit in the key id names a key that never existed here.
    const allowed = ['ERROR_REASON_SEALED_KEY_INVALID', 'ERROR_REASON_SEALING_KEY_UNKNOWN'];
    expect(reasons.filter((reason) => !allowed.includes(String(reason)))).toEqual([]);
    expect(reasons.filter((reason) => reason === allowed[1])).toHaveLength(32);
    // The code is still unused.
    now += 30_000;
    const { response } = await verify(client, sealedKey(blob, CONTEXT), device.code(now));
    expect(response?.status).toBe(VerifyStatus.ACCEPTED);
  });

  test('of a sealing key that was never here, which is another fault and named', async () => {
    const raw = Buffer.from(blob.slice(6), 'base64url');
    raw.write('0badf00d', 'hex');
    for (const answer of await everyUse(sealedKey(`otpk1_${raw.toString('base64url')}`, CONTEXT))) {
      expectError(answer, 'FAILED_PRECONDITION', 'SEALING_KEY_UNKNOWN');
      expect(answer.details.errorInfo?.metadata).toEqual({ field: 'key.sealed', sealing_key: '0badf00d' });
    }
  });
});

describe('invalid fields are reported before anything is opened', () => {
  test('and before a blob that does not open', async () => {
    const { code, details } = await client.call(methods.verify, {
      key: sealedKey('otpk1_nothing', 'x'.repeat(257), { digits: 9, periodSeconds: 90_000, type: 7 as OtpType }),
      code: '',
      requestId: 'none',
    });
    expect([code, details.violations]).toEqual([
      'INVALID_ARGUMENT',
      [
        'key.type: unknown value: use OTP_TYPE_TOTP or OTP_TYPE_HOTP',
        'key.sealed.context: must be at most 256 bytes',
        'key.digits: must be a whole number from 6 to 8',
        'key.period_seconds: must be a whole number from 1 to 86400',
        'code: required: set the code as the user typed it',
        'request_id: not a UUID: use the form 01234567-89ab-4cde-8f01-23456789abcd, or leave it unset',
      ],
    ]);
  });

  test('elsewhere in the request too', async () => {
    const { details } = await client.call(methods.verify, { key: sealedKey('otpk1_nothing'), code: '' });
    expect(details.violations).toEqual(['code: required: set the code as the user typed it']);
    const token = await client.call(methods.token, { key: sealedKey('otpk1_nothing'), pastSteps: 11 });
    expect(token.details.violations).toEqual(['past_steps: must be a whole number from 0 to 10']);
  });

  test.each([
    [1024, 'ERROR_REASON_SEALED_KEY_INVALID'],
    [1025, 'ERROR_REASON_INVALID_FIELDS'],
    [0, 'ERROR_REASON_INVALID_FIELDS'],
  ])('a blob of %i characters: %s', async (length, reason) => {
    const { details } = await client.call(methods.token, {
      key: sealedKey(blob.slice(0, 12).padEnd(length, 'A').slice(0, length)),
    });
    expect(details.errorInfo?.reason).toBe(reason);
  });
});

describe('the fields beside a sealed key', () => {
  test('may agree with it', async () => {
    const fields = { type: OtpType.TOTP, algorithm: Algorithm.SHA1, digits: 6, periodSeconds: 30 };
    expect((await client.call(methods.token, { key: sealedKey(blob, CONTEXT, fields) })).response?.token?.code).toBe(
      device.code(now),
    );
  });

  test.each([
    ['type', { type: OtpType.HOTP }],
    ['algorithm', { algorithm: Algorithm.SHA256 }],
    ['digits', { digits: 8 }],
    ['period_seconds', { periodSeconds: 60 }],
  ])('may not differ: %s', async (field, fields) => {
    const { code, details } = await client.call(methods.token, { key: sealedKey(blob, CONTEXT, fields) });
    expect([code, details.violations]).toEqual([
      'INVALID_ARGUMENT',
      [`key.${field}: differs from the sealed key: leave it unset, or correct one of them`],
    ]);
  });

  test('may not be a counter for TOTP, nor a period for HOTP', async () => {
    const totp = await client.call(methods.token, { key: sealedKey(blob, CONTEXT, { counter: 0n }) });
    expect(totp.details.violations).toEqual(['key.counter: not for TOTP: leave it unset, or set type to OTP_TYPE_HOTP']);
    const hotp = await client.call(methods.generate, { accountName: 'a', type: OtpType.HOTP, delivery: 2, counter: 7n });
    const own = hotp.response?.sealed?.blob ?? '';
    const period = await verify(client, sealedKey(own, '', { periodSeconds: 30 }), '123456', { confirm: true });
    expect(period.details.violations).toEqual(['key.period_seconds: must be left unset for HOTP, which has no time step']);
  });
});

describe('the codes of a sealed key', () => {
  test.each(['token', 'watchToken'] as const)(
    '%s: need the scope export too, whatever else is right or wrong',
    async (method) => {
      const apiKey = await server.createKey({ scopes: ['generate', 'token', 'verify', 'seal'] });
      for (const key of [sealedKey(blob, CONTEXT), sealedKey('otpk1_nothing')]) {
        const answer =
          method === 'token'
            ? await client.call(methods.token, { key }, { apiKey })
            : { message: '', ...(await openWatch(client, apiKey, { key }).ended) };
        expect([answer.code, answer.details.errorInfo]).toMatchObject([
          'PERMISSION_DENIED',
          { reason: 'ERROR_REASON_SCOPE_MISSING', metadata: { scope: 'export' } },
        ]);
      }
      const plain = { source: { case: 'secret', value: formatSecret(device.secret) } } as const;
      expect((await client.call(methods.token, { key: plain }, { apiKey })).code).toBe('OK');
      expect((await verify(client, sealedKey(blob, CONTEXT), '000000', {}, { apiKey })).code).toBe('OK');
    },
  );

  test('are those of the device', async () => {
    const { response } = await client.call(methods.token, { key: sealedKey(blob, CONTEXT), pastSteps: 1, futureSteps: 1 });
    expect([...(response?.neighbours ?? []), response?.token].map((token) => token?.code)).toEqual([
      device.code(now - 30_000),
      device.code(now + 30_000),
      device.code(now),
    ]);
    const watch = openWatch(client, server.apiKey, { key: sealedKey(blob, CONTEXT) });
    expect((await watch.first)?.token?.code).toBe(device.code(now));
    watch.call.cancel();
    await watch.ended;
  });
});

describe('a code is used once', () => {
  const rest = async (key: object, code: string): Promise<VerifyStatus> => {
    const answer = await fetch(`${server.httpUrl}/otp.v1.OtpService/Verify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': server.apiKey },
      body: JSON.stringify({ key, code }),
    });
    const { status } = (await answer.json()) as { status: string };
    return VerifyStatus[status.replace('VERIFY_STATUS_', '') as keyof typeof VerifyStatus];
  };
  /** Every spelling of the secret: sealed, resealed, plain, as a URI, over gRPC and in JSON over HTTP. */
  const spellings = async (): Promise<((code: string) => Promise<VerifyStatus | undefined>)[]> => {
    const sealed = { sealed: { blob, context: Buffer.from(CONTEXT).toString('base64') } };
    const anew = await client.call(methods.rewrap, {
      items: [{ item: { case: 'key', value: { blob, context: Buffer.from(CONTEXT) } } }],
    });
    const secret = formatSecret(device.secret);
    const again = anew.response?.results[0]?.result.value as { blob: string };
    const keys = [
      sealed,
      { sealed: { ...sealed.sealed, blob: again.blob } },
      { secret },
      { uri: `otpauth://totp/A:b?secret=${secret}` },
    ];
    return keys.flatMap((key) => [
      (code: string) => rest(key, code),
      async (code: string) => (await client.call(methods.verify, { key: fromJson(KeySchema, key), code })).response?.status,
    ]);
  };

  test('one spelling after the other, whichever is first', async () => {
    const ways = await spellings();
    for (const first of ways.keys()) {
      now += 60_000;
      const statuses = [];
      for (const index of ways.keys()) statuses.push(await ways[(first + index) % ways.length]?.(device.code(now)));
      expect(statuses).toEqual([VerifyStatus.ACCEPTED, ...ways.slice(1).map(() => VerifyStatus.REPLAYED)]);
    }
  });

  test('all at once', async () => {
    const ways = await spellings();
    for (let round = 0; round < 10; round += 1) {
      now += 60_000;
      const statuses = await Promise.all([...ways, ...ways, ...ways].map((way) => way(device.code(now))));
      expect(statuses.toSorted()).toEqual([VerifyStatus.ACCEPTED, ...statuses.slice(1).map(() => VerifyStatus.REPLAYED)]);
    }
  });

  test('and wrong ones are counted together', async () => {
    now += 60_000;
    const right = [-30_000, 0, 30_000].map((off) => device.code(now + off));
    const wrong = ['000000', '000001', '000002', '000003'].find((code) => !right.includes(code)) ?? '';
    const ways = await spellings();
    for (const way of ways.slice(0, 5)) expect(await way(wrong)).toBe(VerifyStatus.MISMATCH);
    for (const way of ways) expect(await way(device.code(now))).toBe(VerifyStatus.THROTTLED);
  });
});
