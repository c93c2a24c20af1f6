/** ResyncHotp on a real server: it finds a device that has run ahead, uses up its codes, and bounds guesses. */
import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, test } from 'vitest';
import { Algorithm, type KeySchema, OtpType } from '../../gen/ts/otp/v1/key_pb.ts';
import { VerifyStatus, VerifyStatusSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { hotpCode } from '../../src/otp/hotp.ts';
import { formatSecret } from '../../src/otp/secret.ts';
import { nextRandom } from '../chaos/form.ts';
import { methods } from '../support/client.ts';
import { wireForAll } from '../support/wire.ts';
import rfc4226 from '../vectors/rfc4226.json' with { type: 'json' };

const wire = wireForAll();
let secret: Uint8Array;
beforeEach(() => {
  secret = nextRandom().bytes(20);
});

const keyOf = (counter: bigint, fields: MessageInitShape<typeof KeySchema> = {}, bytes = secret) =>
  ({
    source: { case: 'secret', value: formatSecret(bytes) },
    type: OtpType.HOTP,
    digits: 8,
    counter,
    ...fields,
  }) as const;
const codeOf = (counter: number) => hotpCode(secret, counter, { algorithm: 'SHA1', digits: 8 });
const codesFrom = (counter: number, count = 2) => Array.from({ length: count }, (_, place) => codeOf(counter + place));

interface Fields {
  readonly key?: ReturnType<typeof keyOf>;
  readonly window?: number;
  readonly requestId?: string;
}

/** Returns the answer, with undefined for each missing field. */
async function resync(codes: readonly string[], fields: Fields = {}) {
  const { code, response } = await wire.client.call(methods.resyncHotp, { key: keyOf(0n), codes: [...codes], ...fields });
  if (response === undefined) throw new Error(code);
  const { valid, matchedStep, nextCounter, attemptsRemaining, retryAfter } = response;
  return {
    valid,
    status: VerifyStatusSchema.value[response.status]?.localName,
    matchedStep,
    nextCounter,
    attemptsRemaining,
    retryAfter,
  };
}
async function verify(code: string, counter = 0n) {
  const { response } = await wire.client.call(methods.verify, { key: keyOf(counter), code, lookAhead: 100 });
  return VerifyStatusSchema.value[response?.status ?? VerifyStatus.UNSPECIFIED]?.localName;
}
const accepted = (last: number) => ({
  valid: true,
  status: 'ACCEPTED',
  matchedStep: BigInt(last),
  nextCounter: BigInt(last + 1),
  attemptsRemaining: 5,
  retryAfter: undefined,
});
const mismatch = (attemptsRemaining: number) => ({
  valid: false,
  status: 'MISMATCH',
  matchedStep: undefined,
  nextCounter: undefined,
  attemptsRemaining,
  retryAfter: undefined,
});

describe('codes in a row', () => {
  test('are found by the vectors of RFC 4226, each run once', async () => {
    const bytes = Buffer.from(rfc4226.secret);
    const codes = rfc4226.values.map(({ code }) => code);
    for (const from of [0, 2, 4, 6, 8])
      expect(await resync(codes.slice(from, from + 2), { key: keyOf(0n, { digits: 6 }, bytes) })).toEqual(accepted(from + 1));
    expect(await resync(codes.slice(7), { key: keyOf(0n, { digits: 6 }, bytes) })).toMatchObject({ status: 'REPLAYED' });
  });

  test('are found a thousand counters ahead, by two and by three, as they are pasted', async () => {
    expect(await resync(codesFrom(997, 3).map((code) => ` ${code.slice(0, 4)}-${code.slice(4)} `))).toEqual(accepted(999));
    expect(await resync(codesFrom(1000), { key: keyOf(2n) })).toEqual(accepted(1001));
  });

  test('begin among as many counters as the window has, 1,000 unless it says fewer', async () => {
    expect(await resync(codesFrom(1000))).toEqual(mismatch(4));
    expect(await resync(codesFrom(7), { window: 7 })).toEqual(mismatch(3));
    expect(await resync(codesFrom(6), { window: 7 })).toEqual(accepted(7));
    expect(await resync(codesFrom(8), { key: keyOf(8n), window: 1 })).toEqual(accepted(9));
    expect(await resync(codesFrom(999), { window: 1000 })).toEqual(accepted(1000));
  });

  test('before the counter of the key are none', async () => {
    expect(await resync(codesFrom(4), { key: keyOf(5n) })).toEqual(mismatch(4));
  });

  test('of every hash and length are found', async () => {
    for (const [algorithm, hash] of [
      ['SHA256', Algorithm.SHA256],
      ['SHA512', Algorithm.SHA512],
    ] as const)
      for (const digits of [6, 7]) {
        const bytes = nextRandom().bytes(20);
        const codes = [500, 501, 502].map((counter) => hotpCode(bytes, counter, { algorithm, digits }));
        expect(await resync(codes, { key: keyOf(0n, { algorithm: hash, digits }, bytes) })).toEqual(accepted(502));
      }
  });

  test('are found up to the last counter there is', async () => {
    const last = Number.MAX_SAFE_INTEGER;
    expect(await resync(codesFrom(last - 1), { key: keyOf(BigInt(last - 3)) })).toEqual(accepted(last));
  });

  test('are used up, each of them and all before, for Verify too', async () => {
    expect(await resync(codesFrom(20, 3))).toEqual(accepted(22));
    for (const counter of [19, 20, 21, 22]) expect(await verify(codeOf(counter))).toBe('REPLAYED');
    expect(await verify(codeOf(23), 23n)).toBe('ACCEPTED');
  });

  test('are replayed if the first was used, though the others were not', async () => {
    expect(await verify(codeOf(20))).toBe('ACCEPTED');
    const replayed = { valid: false, status: 'REPLAYED', matchedStep: 22n, nextCounter: undefined, attemptsRemaining: 5 };
    expect(await resync(codesFrom(20, 3))).toMatchObject(replayed);
    expect(await verify(codeOf(22))).toBe('ACCEPTED');
    expect(await resync(codesFrom(23))).toEqual(accepted(24));
  });

  test('are accepted once of many concurrent calls', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => resync(codesFrom(50))));
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['ACCEPTED', ...Array(7).fill('REPLAYED')]);
  });
});

describe('codes that are not in a row', () => {
  test.each<[string, () => string[]]>([
    ['in another order', () => [codeOf(6), codeOf(5)]],
    ['with a gap', () => [codeOf(5), codeOf(7)]],
    ['the same twice', () => [codeOf(5), codeOf(5)]],
    ['two in a row and a third that is not', () => [codeOf(5), codeOf(6), codeOf(8)]],
    ['two in a row and the second once more', () => [codeOf(5), codeOf(6), codeOf(6)]],
    ['a right one and a wrong one', () => [codeOf(5), '00000000']],
    ['wrong ones', () => ['00000000', '11111111', '22222222']],
  ])('are one attempt: %s', async (_, codes) => {
    expect(await resync(codes())).toEqual(mismatch(4));
    expect(await resync(codes())).toEqual(mismatch(3));
    expect(await verify('00000000')).toBe('MISMATCH');
    expect(await resync(codesFrom(5))).toEqual(accepted(6));
  });

  test('lock the key after five, for Verify and for right codes too', async () => {
    for (const left of [4, 3, 2, 1, 0]) expect(await resync([codeOf(6), codeOf(5)])).toEqual(mismatch(left));
    const throttled = await resync(codesFrom(5));
    expect(throttled).toMatchObject({ valid: false, status: 'THROTTLED', matchedStep: undefined, attemptsRemaining: 0 });
    expect(throttled.retryAfter?.seconds).toBeOneOf([59n, 60n]);
    expect(await verify(codeOf(5))).toBe('THROTTLED');
  });
});

test('a text that is no code makes all malformed, and counts nothing', async () => {
  const malformed = { valid: false, status: 'MALFORMED', attemptsRemaining: undefined, matchedStep: undefined };
  for (const codes of [
    [codeOf(5), '1234567'],
    ['abcdefgh', codeOf(6)],
    [codeOf(5), codeOf(6), '١٢٣'],
  ])
    for (let sent = 0; sent < 6; sent += 1) expect(await resync(codes)).toMatchObject(malformed);
  expect(await resync(codesFrom(5))).toEqual(accepted(6));
});

describe('a request id', () => {
  test('gets the same answer again, and another request under it is refused', async () => {
    const requestId = randomUUID();
    for (let sent = 0; sent < 3; sent += 1) expect(await resync(codesFrom(5), { requestId })).toEqual(accepted(6));
    const wrong = { requestId: randomUUID() };
    for (let sent = 0; sent < 3; sent += 1) expect(await resync([codeOf(9), codeOf(8)], wrong)).toEqual(mismatch(4));
    for (const [codes, fields] of [
      [codesFrom(7), {}],
      [codesFrom(5, 3), {}],
      [codesFrom(5), { window: 999 }],
      [codesFrom(5), { key: keyOf(1n) }],
    ] as const) {
      const request = { key: keyOf(0n), codes: [...codes], requestId, ...fields };
      const { details } = await wire.client.call(methods.resyncHotp, request);
      expect(details.errorInfo?.reason).toBe('ERROR_REASON_REQUEST_ID_REUSED');
    }
    const { details } = await wire.client.call(methods.verify, { key: keyOf(0n), code: codeOf(7), requestId });
    expect(details.errorInfo?.reason).toBe('ERROR_REASON_REQUEST_ID_REUSED');
  });
});

test('a caller needs the scope verify', async () => {
  const apiKey = await wire.server.createKey({ scopes: ['token', 'generate', 'seal', 'export'] });
  const answer = await wire.client.call(methods.resyncHotp, { key: keyOf(0n), codes: codesFrom(0) }, { apiKey });
  expect(answer).toMatchObject({ code: 'PERMISSION_DENIED', details: { errorInfo: { metadata: { scope: 'verify' } } } });
});

test('a search of a thousand counters leaves the server to others in between', async () => {
  const slow = { key: keyOf(0n, { algorithm: Algorithm.SHA512 }, nextRandom().bytes(256)), codes: ['00000000', '11111111'] };
  const order: string[] = [];
  const searches = Array.from({ length: 20 }, async () => {
    await wire.client.call(methods.resyncHotp, slow);
    order.push('search');
  });
  const token = wire.client.call(methods.token, { key: keyOf(0n) }).then(() => order.push('token'));
  await Promise.all([...searches, token]);
  expect(order.indexOf('token')).toBeLessThan(2);
});
