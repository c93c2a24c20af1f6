/** Seal and Rewrap, and blobs through two rotations of the sealing keys and a restart. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ErrorReason } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import type { ItemError } from '../../gen/ts/otp/v1/item_error_pb.ts';
import { Algorithm, OtpType, type SealedKey } from '../../gen/ts/otp/v1/key_pb.ts';
import { type RewrapItemSchema, type SealItemSchema, VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { formatRing } from '../../src/app/ring-file.ts';
import { hotpCode } from '../../src/otp/hotp.ts';
import { parseSecret } from '../../src/otp/secret.ts';
import { stepAt } from '../../src/otp/totp.ts';
import { readKeyPayload, writeKeyPayload } from '../../src/sealing/key-payload.ts';
import { createRing } from '../../src/sealing/ring.ts';
import { createSealing } from '../../src/sealing/sealing.ts';
import { keyOf } from '../sealing/rings.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { beginEnrolment, enrol, sealedKey, verify } from '../support/enrolment.ts';
import { expectError } from '../support/expect-error.ts';
import { startServer, type TestServer } from '../support/server.ts';

const START = Date.UTC(2027, 0, 31, 12);
const DAY_MS = 86_400_000;
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const folder = mkdtempSync(join(tmpdir(), 'otpd-rotation-'));
const ringFile = join(folder, 'ring');
const dataDir = join(folder, 'data');

/** Made on three days, and sealing from then on. */
const KEYS = [keyOf(1, START - DAY_MS), keyOf(2, START + 10 * DAY_MS), keyOf(3, START + 20 * DAY_MS)] as const;
const retired = (key: (typeof KEYS)[number]) => ({ ...key, secret: undefined });

let server: TestServer;
let client: TestClient;
let now = START;

async function start(keys: Parameters<typeof formatRing>[0]): Promise<void> {
  writeFileSync(ringFile, formatRing(keys), { mode: 0o600 });
  server = await startServer({ clock: () => now, dataDir, flags: { sealingKeys: ringFile } });
  client = createTestClient(server.address, server.apiKey);
}
async function stop(): Promise<void> {
  client.close();
  await server.close();
}

beforeAll(() => start(KEYS));
afterAll(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  now = Math.max(now, START) + 120_000;
});

async function seal(...items: MessageInitShape<typeof SealItemSchema>[]) {
  const { response, code } = await client.call(methods.seal, { items });
  expect(code).toBe('OK');
  return response?.results ?? [];
}
async function rewrap(...items: MessageInitShape<typeof RewrapItemSchema>[]) {
  const { response, code } = await client.call(methods.rewrap, { items });
  expect(code).toBe('OK');
  return response?.results ?? [];
}
const key = (blob: string, context = '') => ({ item: { case: 'key', value: { blob, context: Buffer.from(context) } } }) as const;
interface Outcome {
  readonly result: { readonly case: string | undefined; readonly value?: unknown };
}
const sealedIn = (outcome: Outcome | undefined): SealedKey => {
  if (outcome === undefined || outcome.result.case === 'error') throw new Error('nothing was sealed');
  return outcome.result.value as SealedKey;
};
const blobIn = (outcome: Outcome | undefined): string => sealedIn(outcome).blob;
const errorIn = (outcome: Outcome | undefined): ItemError | undefined =>
  outcome?.result.case === 'error' ? (outcome.result.value as ItemError) : undefined;
const fieldsIn = (outcome: Outcome): string[] | undefined => errorIn(outcome)?.violations.map(({ field }) => field);

describe('Seal', () => {
  test('turns secrets and URIs into keys that need no confirmation, and returns their parameters', async () => {
    const uri = `otpauth://hotp/ACME:alice?secret=${SECRET}&counter=7&digits=8&algorithm=SHA256`;
    const results = await seal(
      { key: { source: { case: 'secret', value: SECRET } }, sealedContext: Buffer.from('user-1') },
      { key: { source: { case: 'uri', value: uri } } },
    );
    expect(results).toMatchObject([
      {
        result: { case: 'sealed' },
        parameters: { type: OtpType.TOTP, digits: 6, periodSeconds: 30, secretSize: 20, issuer: '' },
      },
      {
        result: { case: 'sealed' },
        parameters: {
          type: OtpType.HOTP,
          algorithm: Algorithm.SHA256,
          digits: 8,
          counter: 7n,
          issuer: 'ACME',
          accountName: 'alice',
        },
      },
    ]);
    const [totp, hotp] = results.map(blobIn);
    const secret = parseSecret(SECRET);
    const right = hotpCode(secret, stepAt(now, 30), { algorithm: 'SHA1', digits: 6 });
    expect((await verify(client, sealedKey(totp ?? '', 'user-1'), right)).response?.status).toBe(VerifyStatus.ACCEPTED);
    const eighth = hotpCode(secret, 8, { algorithm: 'SHA256', digits: 8 });
    expect((await verify(client, sealedKey(hotp ?? ''), eighth)).response).toMatchObject({ valid: true, nextCounter: 9n });
  });

  test('never echoes a context', async () => {
    const [one] = await seal({ key: { source: { case: 'secret', value: SECRET } }, sealedContext: Buffer.from('user-1') });
    expect(sealedIn(one).context).toHaveLength(0);
  });

  test('of a sealed key binds it to another context, and keeps the rest', async () => {
    const { blob, device, made } = await enrol(client, now, 'old');
    now += 60_000;
    const [moved] = await seal({ key: sealedKey(blob, 'old'), sealedContext: Buffer.from('new') });
    expect(moved?.parameters).toEqual(made.parameters);
    const newBlob = blobIn(moved);
    expectError(await verify(client, sealedKey(newBlob, 'old'), device.code(now)), 'INVALID_ARGUMENT', 'SEALED_KEY_INVALID');
    expect((await verify(client, sealedKey(newBlob, 'new'), device.code(now))).response?.valid).toBe(true);
  });

  test('of a sealed HOTP takes the counter beside it', async () => {
    const [first] = await seal({ key: { source: { case: 'secret', value: SECRET }, type: OtpType.HOTP, counter: 1n } });
    const [second] = await seal({ key: sealedKey(blobIn(first), '', { counter: 500n }) });
    expect(second?.parameters?.counter).toBe(500n);
  });

  test('returns a separate error for each item, with its fields and reasons', async () => {
    const { blob } = await beginEnrolment(client);
    const long = `otpauth://totp/${'i'.repeat(129)}:a?secret=${SECRET}`;
    const results = await seal(
      {},
      { key: { source: { case: 'secret', value: '1' } }, sealedContext: new Uint8Array(257) },
      { key: { source: { case: 'uri', value: long } } },
      { key: { source: { case: 'uri', value: `otpauth://totp/${'a'.repeat(257)}?secret=${SECRET}` } } },
      { key: { source: { case: 'secret', value: SECRET }, type: OtpType.HOTP } },
      { key: sealedKey(blob) },
      { key: sealedKey('otpk1_x') },
      { key: sealedKey('') },
      { key: { source: { case: 'secret', value: SECRET } } },
    );
    expect(results.map(fieldsIn)).toEqual([
      ['key'],
      ['key.secret', 'sealed_context'],
      ['key.uri'],
      ['key.uri'],
      ['key.counter'],
      [],
      [],
      ['key.sealed.blob'],
      undefined,
    ]);
    expect(results.map((one) => errorIn(one)?.reason).slice(5)).toEqual([
      ErrorReason.ENROLMENT_PENDING,
      ErrorReason.SEALED_KEY_INVALID,
      ErrorReason.INVALID_FIELDS,
      undefined,
    ]);
    expect(JSON.stringify(results.map(errorIn))).toContain('the issuer must be at most 128 bytes in UTF-8: shorten it');
    expect(JSON.stringify(results.map(errorIn))).toContain('the account name must be at most 256 bytes in UTF-8: shorten it');
    for (const one of results.slice(0, 8)) expect(one.parameters).toBeUndefined();
  });

  test('takes a key of the largest size', async () => {
    const secret = `${'A'.repeat(408)}GE`;
    const uri = `otpauth://hotp/${'i'.repeat(128)}:${'a'.repeat(256)}?secret=${secret}&counter=${Number.MAX_SAFE_INTEGER}`;
    const [one] = await seal({ key: { source: { case: 'uri', value: uri } }, sealedContext: new Uint8Array(256) });
    expect(one?.parameters).toMatchObject({ secretSize: 256, counter: BigInt(Number.MAX_SAFE_INTEGER) });
    const blob = blobIn(one);
    expect(blob.length).toBeLessThanOrEqual(1024);
    const context = Buffer.alloc(256).toString('latin1');
    expect((await client.call(methods.token, { key: sealedKey(blob, context) })).code).toBe('OK');
  });
});

describe('Rewrap', () => {
  test('of a pending key keeps it pending, until the same moment', async () => {
    const { blob, device } = await beginEnrolment(client, { sealedContext: Buffer.from('u') });
    const [again] = await rewrap(key(blob, 'u'));
    const anew = blobIn(again);
    expect(anew).not.toBe(blob);
    expect((await verify(client, sealedKey(anew, 'u'), device.code(now))).details.errorInfo?.reason).toMatch(
      /ENROLMENT_PENDING$/,
    );
    now += DAY_MS + 5 * 60_000 + 1000;
    const late = await verify(client, sealedKey(anew, 'u'), device.code(now), { confirm: true });
    expect(late.details.errorInfo?.reason).toMatch(/ENROLMENT_EXPIRED$/);
  });

  test('takes sets of recovery codes, and neither for the other', async () => {
    const own = createSealing(createRing([KEYS[0]]), () => now);
    const binding = { tenant: 'default', context: Buffer.from('u') };
    const set = own.seal('otpr1', Buffer.alloc(60, 9), binding, now);
    const setItem = { item: { case: 'set', value: { blob: set, context: Buffer.from('u') } } } as const;
    const { blob } = await enrol(client, now, 'u');
    const [asSet, asKey, keyAsSet, setAsKey] = await rewrap(
      setItem,
      key(blob, 'u'),
      { item: { case: 'set', value: { blob, context: Buffer.from('u') } } },
      key(set, 'u'),
    );
    expect(asSet).toMatchObject({ result: { case: 'set' } });
    expect(own.open('otpr1', blobIn(asSet), binding).payload).toEqual(Buffer.alloc(60, 9));
    expect(sealedIn(asSet).context).toHaveLength(0);
    expect(asKey?.result.case).toBe('key');
    for (const one of [keyAsSet, setAsKey]) expect(errorIn(one)?.reason).toBe(ErrorReason.SEALED_KEY_INVALID);
  });

  test('returns a separate error for each item', async () => {
    const { blob } = await enrol(client, now, 'u');
    const results = await rewrap(
      {},
      key(''),
      key('x'.repeat(1025), 'y'.repeat(257)),
      { item: { case: 'set', value: { blob: 'x'.repeat(2049) } } },
      key(blob, 'other'),
      key(blob, 'u'),
    );
    expect(results.map(fieldsIn)).toEqual([['key'], ['key.blob'], ['key.blob', 'key.context'], ['set.blob'], [], undefined]);
  });

  test('needs the scope seal, as Seal does, which a key does not have by default', async () => {
    const apiKey = await server.createKey({ scopes: ['generate', 'token', 'verify', 'export'] });
    for (const method of [methods.seal, methods.rewrap]) {
      const answer = await client.call(method, {}, { apiKey });
      expectError(answer, 'PERMISSION_DENIED', 'SCOPE_MISSING');
      expect(answer.details.errorInfo?.metadata).toEqual({ scope: 'seal' });
    }
  });

  test.each([
    ['none', 0],
    ['101', 101],
  ])('and Seal refuse %s items', async (_, count) => {
    for (const method of [methods.seal, methods.rewrap]) {
      const { code, details } = await client.call(method, { items: Array.from({ length: count }, () => ({})) });
      expect([code, details.violations.map((text) => text.split(':')[0])]).toEqual(['INVALID_ARGUMENT', ['items']]);
    }
  });

  test('and Seal cost a call for each item', async () => {
    const apiKey = await server.createKey({ plan: 'ultra' });
    const { blob } = await enrol(client, now, 'u');
    const left = (answer: { headers: Record<string, unknown> }) => Number(answer.headers['x-ratelimit-remaining']);
    const first = await client.call(methods.rewrap, { items: [key(blob, 'u')] }, { apiKey });
    const second = await client.call(methods.rewrap, { items: Array.from({ length: 10 }, () => key(blob, 'u')) }, { apiKey });
    expect(left(first) - left(second)).toBe(10);
  });
});

test('of several keys the matching one is resealed, and a key that does not open fails the call', async () => {
  // Sealed on the first day; by now the second key seals.
  const own = createSealing(createRing([KEYS[0]]), () => now);
  const contents = { parameters: { type: 'totp', algorithm: 'SHA1', digits: 6, period: 30 }, counter: undefined } as const;
  const blobOf = (fill: number, pendingUntil?: number) => {
    const secret = Buffer.alloc(20, fill);
    const names = { issuer: '', accountName: '' };
    const payload = writeKeyPayload({ secret, ...contents, ...names, createTime: START / 1000, pendingUntil });
    return own.seal('otpk1', payload, { tenant: 'default', context: Buffer.from('u') }, now);
  };
  const [first, second] = [sealedKey(blobOf(1), 'u'), sealedKey(blobOf(2), 'u')];
  now = Math.max(now, START + 12 * DAY_MS);
  const code = hotpCode(Buffer.alloc(20, 2), stepAt(now, 30), contents.parameters);
  const ask = (...alternatives: ReturnType<typeof sealedKey>[]) =>
    client.call(methods.verify, { key: first, alternatives, code });
  const pending = await ask(second, sealedKey(blobOf(3, now / 1000 + 1000), 'u'));
  expectError(pending, 'FAILED_PRECONDITION', 'ENROLMENT_PENDING');
  expect(pending.details.errorInfo?.metadata).toEqual({ field: 'alternatives[1].sealed' });
  const unopened = await ask(sealedKey(blobOf(2), 'v'), second);
  expectError(unopened, 'INVALID_ARGUMENT', 'SEALED_KEY_INVALID');
  expect(unopened.details.errorInfo?.metadata).toEqual({ field: 'alternatives[0].sealed' });
  const { response } = await ask(second);
  expect(response).toMatchObject({ status: VerifyStatus.ACCEPTED, matchedKey: 1 });
  const { payload } = createSealing(createRing([...KEYS]), () => now).open('otpk1', response?.resealed?.blob ?? '', {
    tenant: 'default',
    context: Buffer.from('u'),
  });
  expect(Buffer.from(readKeyPayload(payload).secret)).toEqual(Buffer.alloc(20, 2));
});

test('blobs of today open after two rotations and a restart, until their key is retired', async () => {
  now = START;
  const { blob, device } = await enrol(client, now, 'u');
  const untouched = await enrol(client, now, 'u');
  const ids = (text: string) => Buffer.from(text.slice(6), 'base64url').toString('hex', 0, 4);
  expect(ids(blob)).toBe(KEYS[0].id);
  const stored: string[] = [blob];
  for (const [rotation, days] of [
    [1, 11],
    [2, 21],
  ] as const) {
    now = START + days * DAY_MS;
    const { response } = await verify(client, sealedKey(stored.at(-1) ?? '', 'u'), device.code(now));
    expect(response?.status).toBe(VerifyStatus.ACCEPTED);
    expect(ids(response?.resealed?.blob ?? '')).toBe(KEYS[rotation]?.id);
    stored.push(response?.resealed?.blob ?? '');
    now += 60_000;
    const again = await verify(client, sealedKey(stored.at(-1) ?? '', 'u'), device.code(now));
    expect(again.response?.status).toBe(VerifyStatus.ACCEPTED);
    expect(again.response?.resealed).toBeUndefined();
  }
  const [rewrapped] = await rewrap(key(untouched.blob, 'u'));
  await stop();
  await start([retired(KEYS[0]), retired(KEYS[1]), KEYS[2]]);
  now += 60_000;
  expect((await verify(client, sealedKey(stored.at(-1) ?? '', 'u'), device.code(now))).response?.valid).toBe(true);
  expect((await verify(client, sealedKey(blobIn(rewrapped), 'u'), untouched.device.code(now))).response?.valid).toBe(true);
  for (const old of [stored[0], stored[1], untouched.blob]) {
    expectError(await verify(client, sealedKey(old ?? '', 'u'), device.code(now)), 'INVALID_ARGUMENT', 'SEALED_KEY_INVALID');
  }
  // A code that was used before the restart, with a blob that is gone, is still used.
  now -= 60_000;
  const used = await verify(client, sealedKey(stored.at(-1) ?? '', 'u'), device.code(now));
  expect(used.response?.status).toBe(VerifyStatus.REPLAYED);
});

test('a blob that was rolled back opens for its own context, and for no later generation of it', async () => {
  const first = await enrol(client, now, 'user-1/totp/1');
  const second = await enrol(client, now, 'user-1/totp/2');
  now += 60_000;
  const rolledBack = await verify(client, sealedKey(first.blob, 'user-1/totp/2'), first.device.code(now));
  expectError(rolledBack, 'INVALID_ARGUMENT', 'SEALED_KEY_INVALID');
  expect((await verify(client, sealedKey(second.blob, 'user-1/totp/2'), second.device.code(now))).response?.valid).toBe(true);
});
