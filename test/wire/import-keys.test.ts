/** ImportKeys over a real server: URIs of other programs, key by key, in every form of delivery. */
import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import { Algorithm, OtpType, SecretDelivery } from '../../gen/ts/otp/v1/key_pb.ts';
import { type ImportKeysResponse, MissingPartSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { writeMigration } from '../../src/otp/migration-write.ts';
import { completeParameters } from '../../src/otp/params.ts';
import { formatUri, type KeyUri } from '../../src/otp/uri.ts';
import { methods } from '../support/client.ts';
import { expectError } from '../support/expect-error.ts';
import { wireForAll } from '../support/wire.ts';
import vectors from '../vectors/migration.json' with { type: 'json' };

const wire = wireForAll();

const uriOf = (name: string) => vectors.read.find((vector) => vector.name === name)?.uri ?? '';
const TWO_KEYS = uriOf('a TOTP and a HOTP');
const ONE_BAD = uriOf('MD5');
const OTPAUTH = 'otpauth://totp/ACME:carol?secret=JBSWY3DPEHPK3PXP&issuer=ACME&digits=8&period=60';

async function importKeys(uris: readonly string[], rest: object = {}): Promise<ImportKeysResponse> {
  const { code, response, message } = await wire.client.call(methods.importKeys, { uris: [...uris], ...rest });
  if (response === undefined) throw new Error(`${code}: ${message}`);
  return response;
}

function keyOf(i: number): KeyUri {
  const secret = new Uint8Array(20).fill(i + 1);
  return { secret, parameters: completeParameters({}), counter: undefined, issuer: 'ACME', accountName: `user${i}` };
}

const keys = (count: number) => Array.from({ length: count }, (_, i) => keyOf(i));

describe('a request that is refused as a whole', () => {
  test.each<[string, object, string]>([
    ['no URI', { uris: [] }, 'uris: required'],
    ['101 URIs', { uris: Array(101).fill(OTPAUTH) }, 'uris: too many'],
    ['101 keys in 11 URIs', { uris: writeMigration(keys(101), 1).uris }, 'uris: must hold at most 100 keys in all'],
    ['an unknown delivery', { uris: [OTPAUTH], delivery: 9 }, 'delivery: unknown value'],
    ['a context without a seal', { uris: [OTPAUTH], sealedContext: Buffer.from('x') }, 'sealed_context: not with PLAIN'],
    [
      'a long context',
      { uris: [OTPAUTH], delivery: SecretDelivery.SEALED, sealedContext: Buffer.alloc(257) },
      'sealed_context: must be',
    ],
  ])('has %s', async (_, request, violation) => {
    const answer = await wire.client.call(methods.importKeys, request);
    expectError(answer, 'INVALID_ARGUMENT', 'INVALID_FIELDS');
    expect(answer.details.violations).toEqual([expect.stringContaining(violation)]);
  });

  test('is refused without the scope', async () => {
    const apiKey = await wire.server.createKey({ scopes: ['generate', 'token', 'verify', 'export'] });
    const answer = await wire.client.call(methods.importKeys, { uris: [OTPAUTH] }, { apiKey });
    expectError(answer, 'PERMISSION_DENIED', 'SCOPE_MISSING');
  });

  test('has a URI of 10 MB', async () => {
    const answer = await wire.client.call(methods.importKeys, {
      uris: [`otpauth-migration://offline?data=${'CgA'.repeat(3_500_000)}`],
    });
    expectError(answer, 'RESOURCE_EXHAUSTED', 'MESSAGE_TOO_LARGE');
  });
});

describe('a key that cannot be taken over', () => {
  test('is named, and keeps no other from it', async () => {
    const { results } = await importKeys(['nonsense', ONE_BAD, 'otpauth://totp/a?secret=A', OTPAUTH]);
    expect(results.map(({ uriIndex, entryIndex, error }) => [uriIndex, entryIndex, error?.violations[0]?.description])).toEqual([
      [0, 0, expect.stringContaining('must have the form otpauth://')],
      [1, 0, undefined],
      [1, 1, expect.stringContaining('MD5')],
      [1, 2, undefined],
      [2, 0, expect.stringContaining('the parameter secret is incomplete')],
      [3, 0, undefined],
    ]);
    for (const { error, uri, parameters, sealed } of results) {
      if (error === undefined) continue;
      expect([error.code, error.reason, uri, parameters, sealed]).toEqual([
        3,
        ErrorReason.INVALID_FIELDS,
        '',
        undefined,
        undefined,
      ]);
    }
  });

  test.each(vectors.refused)('is in a migration that is refused: $name', async ({ uri, says }) => {
    const { results, missingParts } = await importKeys([uri]);
    expect(results.map(({ error }) => error?.violations[0]?.description)).toEqual([expect.stringMatching(says)]);
    expect(missingParts).toEqual([]);
  });

  test('has no secret in the log or the error', async () => {
    const secret = 'MZXW6YTBOI5A';
    const { results } = await importKeys([`otpauth://totp/x?secret=${secret}&digits=99`]);
    expect(JSON.stringify(results)).not.toContain(secret);
    expect(wire.server.log.join('\n')).not.toContain(secret);
  });
});

test('the keys of a migration become otpauth URIs, with their parameters', async () => {
  const { results } = await importKeys([TWO_KEYS, OTPAUTH]);
  expect(results.map(({ uriIndex, entryIndex }) => [uriIndex, entryIndex])).toEqual([
    [0, 0],
    [0, 1],
    [1, 0],
  ]);
  expect(results.map(({ uri }) => uri)).toEqual([
    'otpauth://totp/ACME:alice%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME&algorithm=SHA1&digits=6&period=30',
    'otpauth://hotp/Bank:bob?secret=JBSWY3DPEHPK3PXP&issuer=Bank&algorithm=SHA1&digits=6&counter=57',
    'otpauth://totp/ACME:carol?secret=JBSWY3DPEHPK3PXP&issuer=ACME&algorithm=SHA1&digits=8&period=60',
  ]);
  expect(results[1]?.parameters).toMatchObject({
    type: OtpType.HOTP,
    algorithm: Algorithm.SHA1,
    digits: 6,
    periodSeconds: 0,
    counter: 57n,
    issuer: 'Bank',
    accountName: 'bob',
    secretSize: 10,
  });
  expect(results.some(({ sealed }) => sealed !== undefined)).toBe(false);
});

test('100 keys are taken over at once', async () => {
  const { results } = await importKeys(writeMigration(keys(100), 1).uris, { delivery: SecretDelivery.BOTH });
  expect(results.map(({ uri }) => uri)).toEqual(keys(100).map(formatUri));
  expect(new Set(results.map(({ sealed }) => sealed?.blob)).size).toBe(100);
});

describe('a sealed key', () => {
  const context = Buffer.from('user-1/totp/1');

  test('needs no confirmation, and opens with its context alone', async () => {
    const { results } = await importKeys([TWO_KEYS], { delivery: SecretDelivery.SEALED, sealedContext: context });
    expect(results.map(({ uri }) => uri)).toEqual(['', '']);
    const [totp, hotp] = results.map(({ sealed }) => ({ blob: sealed?.blob ?? '', context }));
    if (totp === undefined || hotp === undefined) throw new Error('two keys were sealed');
    expect(results[0]?.sealed?.context).toEqual(new Uint8Array());
    const key = { source: { case: 'sealed', value: totp } } as const;
    const plain = { source: { case: 'secret', value: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' } } as const;
    const at = { seconds: 59n, nanos: 0 };
    const codes = await Promise.all([key, plain].map((one) => wire.client.call(methods.token, { key: one, at })));
    expect(codes[0]?.response?.token?.code).toBe(codes[1]?.response?.token?.code);
    const next = await wire.client.call(methods.token, { key: { source: { case: 'sealed', value: hotp } } });
    expect(next.response?.token).toMatchObject({ step: 57n });
    const elsewhere = await wire.client.call(methods.token, {
      key: { source: { case: 'sealed', value: { ...totp, context: Buffer.from('x') } } },
    });
    expectError(elsewhere, 'INVALID_ARGUMENT', 'SEALED_KEY_INVALID');
  });

  test('holds the longest key', async () => {
    const longest: KeyUri = {
      secret: new Uint8Array(256).fill(0xff),
      parameters: completeParameters({ type: 'hotp', algorithm: 'SHA512', digits: 8 }),
      counter: Number.MAX_SAFE_INTEGER,
      issuer: '€'.repeat(42),
      accountName: '€'.repeat(85),
    };
    const { results } = await importKeys(writeMigration([longest], -1).uris, { delivery: SecretDelivery.SEALED });
    expect(results[0]?.sealed?.blob.length).toBeLessThanOrEqual(1024);
  });
});

describe('parts of a migration', () => {
  const [first = '', second = '', third = ''] = writeMigration(keys(25), 42).uris;
  const missing = (index: number, size: number, batchId: number) => create(MissingPartSchema, { index, size, batchId });

  test('that are missing are named', async () => {
    expect((await importKeys([first, third])).missingParts).toEqual([missing(1, 3, 42)]);
    expect((await importKeys([third, second, first, second])).missingParts).toEqual([]);
    const [, other = ''] = writeMigration(keys(11), -7).uris;
    expect((await importKeys([second, other])).missingParts).toEqual([missing(0, 3, 42), missing(2, 3, 42), missing(0, 2, -7)]);
  });

  test('are missing too if they cannot be read', async () => {
    const { results, missingParts } = await importKeys([first, `${second.slice(0, -40)}`, third]);
    expect(results.filter(({ error }) => error !== undefined)).toHaveLength(1);
    expect(missingParts).toEqual([missing(1, 3, 42)]);
  });
});

describe('the cost', () => {
  async function remaining(uris: readonly string[]): Promise<number[]> {
    const apiKey = await wire.server.createKey({ plan: 'pro' });
    const left: number[] = [];
    for (let i = 0; i < 2; i++) {
      const { headers } = await wire.client.call(methods.importKeys, { uris: [...uris] }, { apiKey });
      left.push(Number(headers['x-ratelimit-remaining']));
    }
    return left;
  }

  test('is a call for each key', async () => {
    const [one = 0, two = 0] = await remaining(writeMigration(keys(7), 1).uris);
    expect(one - two).toBe(7);
  });

  test('is a call for URIs without a key', async () => {
    const [one = 0, two = 0] = await remaining(['nonsense', 'otpauth://']);
    expect(one - two).toBe(1);
  });

  test('is nothing but a call of the minute for URIs without a key', async () => {
    const apiKey = await wire.server.createKey({ plan: 'pro' });
    for (const uris of [['nonsense', 'otpauth://'], [...writeMigration(keys(7), 1).uris]])
      await wire.client.call(methods.importKeys, { uris }, { apiKey });
    const { response } = await wire.client.call(methods.getUsage, {}, { apiKey });
    const used = Object.fromEntries(response?.windows.map((one) => [one.window, Number(one.used)]) ?? []);
    // The look at the usage is a call too.
    expect([used['minute'], used['hour']]).toEqual([1 + 7 + 1, 7 + 1]);
  });

  test('is refused as a whole if it is more than the plan ever allows', async () => {
    const apiKey = await wire.server.createKey({ plan: 'free' });
    const answer = await wire.client.call(methods.importKeys, { uris: [...writeMigration(keys(50), 1).uris] }, { apiKey });
    expectError(answer, 'RESOURCE_EXHAUSTED', 'COST_OVER_LIMIT');
  });
});
