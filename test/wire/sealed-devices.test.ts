/**
 * Several sealed keys in one Verify, and a sealed HOTP that is resynchronised: a blob that does not open fails the call, and the matched key is
 * resealed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { OtpType } from '../../gen/ts/otp/v1/key_pb.ts';
import { VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { formatRing } from '../../src/app/ring-file.ts';
import { hotpCode } from '../../src/otp/hotp.ts';
import { formatSecret } from '../../src/otp/secret.ts';
import { nextRandom } from '../chaos/form.ts';
import { keyOf } from '../sealing/rings.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { beginEnrolment, sealedKey } from '../support/enrolment.ts';
import { expectError } from '../support/expect-error.ts';
import { startServer, type TestServer } from '../support/server.ts';

const START = Date.UTC(2027, 0, 31, 12);
const DAY_MS = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), 'otpd-devices-'));

let server: TestServer;
let client: TestClient;
let now = START;
let secrets: Uint8Array[];

beforeAll(async () => {
  const sealingKeys = join(folder, 'ring');
  // The second key seals from the tenth day on.
  writeFileSync(sealingKeys, formatRing([keyOf(1, START - DAY_MS), keyOf(2, START + 10 * DAY_MS)]), { mode: 0o600 });
  server = await startServer({ clock: () => now, flags: { sealingKeys } });
  client = createTestClient(server.address, server.apiKey);
});
beforeEach(() => {
  now = START;
  const random = nextRandom();
  secrets = [1, 2, 3].map(() => random.bytes(20));
});
afterAll(async () => {
  client.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

const plain = (place: number) =>
  ({
    source: { case: 'secret', value: formatSecret(secrets[place] ?? new Uint8Array()) },
    type: OtpType.HOTP,
    counter: 3n,
  }) as const;
const codeOf = (place: number, counter: number) =>
  hotpCode(secrets[place] ?? new Uint8Array(), counter, { algorithm: 'SHA1', digits: 6 });

/** Returns the key of a place, sealed with a separate context, and sent with that context or another. */
async function sealed(place: number, sentContext = `user-1/hotp/${place}`) {
  const sealedContext = Buffer.from(`user-1/hotp/${place}`);
  const { response } = await client.call(methods.seal, { items: [{ key: plain(place), sealedContext }] });
  const { result } = response?.results[0] ?? {};
  if (result?.case !== 'sealed') throw new Error('nothing was sealed');
  return sealedKey(result.value.blob, sentContext);
}

test('the key whose code it is decides, sealed or plain, and both are one', async () => {
  const key = await sealed(0);
  const alternatives = [plain(1), await sealed(2)];
  const first = await client.call(methods.verify, { key, alternatives, code: codeOf(2, 4) });
  expect(first.response).toMatchObject({ status: VerifyStatus.ACCEPTED, matchedKey: 2, driftSteps: 1, nextCounter: 5n });
  expect(first.response?.resealed).toBeUndefined();
  const again = await client.call(methods.verify, { key: plain(2), alternatives: [key], code: codeOf(2, 4) });
  expect(again.response).toMatchObject({ status: VerifyStatus.REPLAYED, matchedKey: 0 });
  const wrong = await client.call(methods.verify, { key, alternatives: [plain(0)], code: '000000' });
  expect(wrong.response).toMatchObject({ status: VerifyStatus.MISMATCH, attemptsRemaining: 4 });
});

test('a key that does not open fails the call, names its field, and nothing is judged', async () => {
  const [key, moved] = [await sealed(0), await sealed(1, 'user-2/hotp/1')];
  for (const [request, field] of [
    [{ key, alternatives: [plain(2), moved] }, 'alternatives[1].sealed'],
    [{ key: moved, alternatives: [key] }, 'key.sealed'],
  ] as const) {
    const { key: first, alternatives } = request;
    const sent = { key: first, alternatives: [...alternatives], code: codeOf(0, 3) };
    const answer = await client.call(methods.verify, sent);
    expectError(answer, 'INVALID_ARGUMENT', 'SEALED_KEY_INVALID');
    expect(answer.details.errorInfo?.metadata).toEqual({ field });
  }
  const { response } = await client.call(methods.verify, { key: plain(2), code: '000000' });
  expect(response).toMatchObject({ attemptsRemaining: 4 });
  expect((await client.call(methods.verify, { key, code: codeOf(0, 3) })).response?.valid).toBe(true);
});

test('a pending key among others is refused by its field', async () => {
  const { blob } = await beginEnrolment(client);
  const alternatives = [sealedKey(blob)];
  const answer = await client.call(methods.verify, { key: plain(0), alternatives, code: codeOf(0, 3) });
  expectError(answer, 'FAILED_PRECONDITION', 'ENROLMENT_PENDING');
  expect(answer.details.errorInfo?.metadata).toEqual({ field: 'alternatives[0].sealed' });
});

test('only the matched key is resealed if it has an older sealing key, and opens under its own context', async () => {
  const [key, other] = [await sealed(0), await sealed(1)];
  now = START + 11 * DAY_MS;
  const request = { key, alternatives: [other], code: codeOf(1, 3) };
  const { response } = await client.call(methods.verify, request);
  expect(response).toMatchObject({ status: VerifyStatus.ACCEPTED, matchedKey: 1 });
  const anew = sealedKey(response?.resealed?.blob ?? '', 'user-1/hotp/1');
  const next = await client.call(methods.verify, { key: anew, code: codeOf(1, 4) });
  expect(next.response).toMatchObject({ status: VerifyStatus.ACCEPTED });
  expect(next.response?.resealed).toBeUndefined();
  for (const code of [codeOf(1, 3), '000000'])
    expect((await client.call(methods.verify, { ...request, code })).response?.resealed).toBeUndefined();
});

test('a sealed HOTP is resynchronised from the counter that the caller stores, and resealed if necessary', async () => {
  const key = { ...(await sealed(0)), counter: 50n };
  const codes = [codeOf(0, 700), codeOf(0, 701)];
  now = START + 11 * DAY_MS;
  const early = await client.call(methods.resyncHotp, { key, codes: [codeOf(0, 40), codeOf(0, 41)] });
  expect(early.response).toMatchObject({ status: VerifyStatus.MISMATCH });
  expect(early.response?.resealed).toBeUndefined();
  const { response } = await client.call(methods.resyncHotp, { key, codes });
  expect(response).toMatchObject({ status: VerifyStatus.ACCEPTED, matchedStep: 701n, nextCounter: 702n });
  const anew = { ...sealedKey(response?.resealed?.blob ?? '', 'user-1/hotp/0'), counter: 702n };
  const verified = await client.call(methods.verify, { key: anew, code: codeOf(0, 702) });
  expect(verified.response).toMatchObject({ status: VerifyStatus.ACCEPTED });
  const replayed = await client.call(methods.resyncHotp, { key: plain(0), codes });
  expect(replayed.response).toMatchObject({ status: VerifyStatus.REPLAYED });
});

test('a sealed key that does not open, or is pending, is not resynchronised', async () => {
  const key = await sealed(0);
  const codes = [codeOf(0, 3), codeOf(0, 4)];
  const moved = await client.call(methods.resyncHotp, { key: await sealed(0, 'user-2'), codes });
  expectError(moved, 'INVALID_ARGUMENT', 'SEALED_KEY_INVALID');
  const { blob } = await beginEnrolment(client, { type: OtpType.HOTP });
  const pending = await client.call(methods.resyncHotp, { key: sealedKey(blob, '', { counter: 0n }), codes });
  expectError(pending, 'FAILED_PRECONDITION', 'ENROLMENT_PENDING');
  expect((await client.call(methods.resyncHotp, { key, codes })).response?.valid).toBe(true);
});
