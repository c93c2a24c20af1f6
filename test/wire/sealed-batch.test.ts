/** Batches of sealed keys: of two tenants, with wrong contexts, pending, expired, of unknown sealing keys, and the same key several times. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ErrorReasonSchema } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import { type KeySchema, OtpType } from '../../gen/ts/otp/v1/key_pb.ts';
import {
  type BatchTokenResponse,
  type BatchVerifyResponse,
  type VerifyRequestSchema,
  VerifyStatus,
  VerifyStatusSchema,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { formatRing } from '../../src/app/ring-file.ts';
import { hotpCode } from '../../src/otp/hotp.ts';
import { formatSecret } from '../../src/otp/secret.ts';
import { createSealing } from '../../src/sealing/sealing.ts';
import { nextRandom, type Random } from '../chaos/form.ts';
import { keyOf, ringOf } from '../sealing/rings.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { beginEnrolment, sealedKey } from '../support/enrolment.ts';
import { startServer, type TestServer } from '../support/server.ts';

const START = Date.UTC(2027, 0, 31, 12);
const DAY_MS = 86_400_000;
const { ACCEPTED, MISMATCH } = VerifyStatus;
const folder = mkdtempSync(join(tmpdir(), 'otpd-sealed-batch-'));

let server: TestServer;
let client: TestClient;
/** An API key of the tenant `acme`; the client's key is of `default`. */
let acme: string;
let now = START;
let random: Random;

beforeAll(async () => {
  const sealingKeys = join(folder, 'ring');
  // The second key seals from the tenth day on.
  writeFileSync(sealingKeys, formatRing([keyOf(1, START - DAY_MS), keyOf(2, START + 10 * DAY_MS)]), { mode: 0o600 });
  server = await startServer({ clock: () => now, flags: { sealingKeys } });
  client = createTestClient(server.address, server.apiKey);
  acme = await server.createKey({ tenant: 'acme' });
});
beforeEach(() => {
  now = START;
  random = nextRandom();
});
afterAll(async () => {
  client.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

interface Sealed {
  readonly plain: MessageInitShape<typeof KeySchema>;
  readonly blob: string;
  readonly code: (counter: number) => string;
}

/** Makes a new HOTP, sealed for a tenant and bound to `user-1`. */
async function sealed(apiKey: string = server.apiKey): Promise<Sealed> {
  const secret = random.bytes(20);
  const plain = { source: { case: 'secret', value: formatSecret(secret) }, type: OtpType.HOTP, counter: 0n } as const;
  const items = [{ key: plain, sealedContext: Buffer.from('user-1') }];
  const { response } = await client.call(methods.seal, { items }, { apiKey });
  const { result } = response?.results[0] ?? {};
  if (result?.case !== 'sealed') throw new Error('nothing was sealed');
  const code = (counter: number) => hotpCode(secret, counter, { algorithm: 'SHA1', digits: 6 });
  return { plain, blob: result.value.blob, code };
}

type Item = MessageInitShape<typeof VerifyRequestSchema>;

async function verifyAll(requests: Item[], apiKey: string = server.apiKey) {
  const { response, message } = await client.call(methods.batchVerify, { requests }, { apiKey });
  if (response === undefined) throw new Error(message);
  return outcomesOf(response);
}

/** Returns the status of each item, or the reason of its error. */
function outcomesOf({ results }: BatchVerifyResponse | BatchTokenResponse): string[] {
  return results.map(({ result }) => {
    if (result.case === 'error') return ErrorReasonSchema.value[result.value.reason]?.localName ?? '';
    return result.value !== undefined && 'status' in result.value
      ? (VerifyStatusSchema.value[result.value.status]?.localName ?? '')
      : 'TOKEN';
  });
}

test('each item opens for itself: none of another tenant, under another context, pending or damaged fails the others', async () => {
  const [first, second, others] = [await sealed(), await sealed(), await sealed(acme)];
  const pending = (await beginEnrolment(client)).blob;
  now = START - 30 * DAY_MS;
  const late = (await beginEnrolment(client)).blob;
  now = START;
  const foreign = createSealing(ringOf(9)).seal(
    'otpk1',
    new Uint8Array(30),
    { tenant: 'default', context: new Uint8Array() },
    now,
  );
  const flipped = `${first.blob.slice(0, 40)}${first.blob[40] === 'A' ? 'B' : 'A'}${first.blob.slice(41)}`;
  const requests: Item[] = [
    { key: sealedKey(first.blob, 'user-1'), code: first.code(0) },
    { key: sealedKey(first.blob, 'user-2'), code: first.code(1) },
    { key: sealedKey(others.blob, 'user-1'), code: others.code(0) },
    { key: sealedKey(pending), code: '000000' },
    { key: sealedKey(late), code: '000000' },
    { key: sealedKey(foreign), code: '000000' },
    { key: sealedKey(flipped, 'user-1'), code: first.code(1) },
    // The same code again, sealed and plain: a secret has a single state.
    { key: sealedKey(first.blob, 'user-1'), code: first.code(0) },
    { key: first.plain, code: first.code(0) },
    { key: sealedKey(second.blob, 'user-1'), code: second.code(3) },
    { key: sealedKey(first.blob, 'user-1'), code: first.code(1) },
  ];
  expect(await verifyAll(requests)).toEqual([
    'ACCEPTED',
    'SEALED_KEY_INVALID',
    'SEALED_KEY_INVALID',
    'ENROLMENT_PENDING',
    'ENROLMENT_EXPIRED',
    'SEALING_KEY_UNKNOWN',
    'SEALED_KEY_INVALID',
    'REPLAYED',
    'REPLAYED',
    'ACCEPTED',
    'ACCEPTED',
  ]);
  // The same batch by the other tenant: only its own key opens; the plain key belongs to no tenant.
  const [, , own, , , , , , plain] = await verifyAll(requests, acme);
  expect([own, plain]).toEqual(['ACCEPTED', 'REPLAYED']);
});

test('no item that did not open has cost an attempt or used a code up', async () => {
  const key = await sealed();
  const wrong = { key: sealedKey(key.blob, 'user-2'), code: '000000' };
  expect(new Set(await verifyAll(Array(10).fill(wrong)))).toEqual(new Set(['SEALED_KEY_INVALID']));
  const { response } = await client.call(methods.verify, { key: key.plain, code: key.code(200) });
  expect(response).toMatchObject({ status: MISMATCH, attemptsRemaining: 4 });
});

test('a request id is one request, sealed or plain, and its repeat is resealed like the first', async () => {
  const key = await sealed();
  now = START + 11 * DAY_MS;
  const requestId = random.uuid();
  const request = { key: sealedKey(key.blob, 'user-1'), code: key.code(0), requestId };
  const { response } = await client.call(methods.batchVerify, {
    requests: [request, request, { ...request, key: key.plain }, { ...request, code: key.code(1) }],
  });
  expect(outcomesOf(response as BatchVerifyResponse)).toEqual(['ACCEPTED', 'ACCEPTED', 'ACCEPTED', 'REQUEST_ID_REUSED']);
  for (const place of [0, 1]) {
    const result = response?.results[place]?.result;
    const resealed = result?.case === 'response' ? result.value.resealed : undefined;
    expect(resealed?.context).toEqual(new Uint8Array());
    const anew = sealedKey(resealed?.blob ?? '', 'user-1');
    const next = await client.call(methods.verify, { key: anew, code: key.code(1 + place) });
    expect(next.response).toMatchObject({ status: ACCEPTED });
    expect(next.response?.resealed).toBeUndefined();
  }
  expect(await verifyAll([{ ...request, requestId: '' }])).toEqual(['REPLAYED']);
});

test('codes of sealed keys need the scope export, item by item, and no answer has a secret', async () => {
  const [key, others] = [await sealed(), await sealed(acme)];
  const requests = [key.plain, sealedKey(key.blob, 'user-1'), sealedKey(others.blob, 'user-1')].map((one) => ({ key: one }));
  const ask = async (apiKey: string) => (await client.call(methods.batchToken, { requests }, { apiKey })).response;
  const without = await server.createKey({ scopes: ['token'] });
  const [told, refused] = [await ask(server.apiKey), await ask(without)];
  expect(outcomesOf(told as BatchTokenResponse)).toEqual(['TOKEN', 'TOKEN', 'SEALED_KEY_INVALID']);
  expect(outcomesOf(refused as BatchTokenResponse)).toEqual(['TOKEN', 'SCOPE_MISSING', 'SCOPE_MISSING']);
  const [plain, opened] = (told?.results ?? []).map(({ result }) => (result.case === 'response' ? result.value.token?.code : ''));
  expect([plain, opened]).toEqual([key.code(0), key.code(0)]);
  const secret = String(key.plain.source?.value);
  for (const text of [told, refused]) expect(JSON.stringify(text, (_, value) => String(value))).not.toContain(secret);
  expect(server.log.join()).not.toContain(secret);
});
