/** Blobs of another implementation (test/vectors/sealed-keys.py) open, and the project's blobs are equal byte for byte. */
import { describe, expect, it, vi } from 'vitest';
import { readKeyPayload, writeKeyPayload } from '../../src/sealing/key-payload.ts';
import { createKey, createRing } from '../../src/sealing/ring.ts';
import { createSealing, type SealedFormat } from '../../src/sealing/sealing.ts';
import vectors from '../vectors/sealed-keys.json' with { type: 'json' };

const salt = vi.hoisted(() => ({ next: Buffer.alloc(0) }));
vi.mock('node:crypto', async (original) => ({
  ...(await original<typeof import('node:crypto')>()),
  randomBytes: (size: number) => {
    expect(size).toBe(salt.next.length);
    return salt.next;
  },
}));

const bytes = (hex: string) => Buffer.from(hex, 'hex');
const sealingOf = (key: string) => createSealing(createRing([createKey(bytes(key), 0, 0)]));
const bindingOf = ({ tenant, context }: (typeof vectors)[number]) => ({ tenant, context: bytes(context) });

describe.each(vectors)('$name', (vector) => {
  const format = vector.format as SealedFormat;

  it('opens', () => {
    const { payload, isStale } = sealingOf(vector.key).open(format, vector.blob, bindingOf(vector));
    expect({ payload: Buffer.from(payload).toString('hex'), isStale }).toEqual({ payload: vector.payload, isStale: false });
  });

  it('is sealed to the same text', () => {
    salt.next = bytes(vector.salt);
    expect(sealingOf(vector.key).seal(format, bytes(vector.payload), bindingOf(vector), 0)).toBe(vector.blob);
  });

  it('has the id of its key', () => {
    expect(createKey(bytes(vector.key), 0, 0).id).toBe(vector.id);
  });
});

it.each(vectors.filter(({ format }) => format === 'otpk1'))('a key is written to the same bytes: $name', ({ payload }) => {
  expect(Buffer.from(writeKeyPayload(readKeyPayload(bytes(payload)))).toString('hex')).toBe(payload);
});

it('has the vector of the specification', () => {
  const [{ id, blob, payload } = expect.fail('no vector')] = vectors;
  expect({ id, blob }).toEqual({
    id: '828e2ad3',
    blob: 'otpk1_go4q06ChoqOkpaanqKmqq6ytrq9rDvDMr2izZDlQcP-s30wSCJpiXTEcwNdQxJkRvVNp1Md8eFQv6-QnFnWB-MmL',
  });
  expect(readKeyPayload(bytes(payload))).toEqual({
    secret: Buffer.from('12345678901234567890'),
    parameters: { type: 'totp', algorithm: 'SHA1', digits: 6, period: 30 },
    counter: undefined,
    issuer: '',
    accountName: '',
    createTime: 0,
    pendingUntil: undefined,
  });
});

it('has what each key says', () => {
  const of = (name: string) => readKeyPayload(bytes(vectors.find((vector) => vector.name === name)?.payload ?? ''));
  expect(of('an enrolment that is pending')).toMatchObject({
    parameters: { type: 'totp', algorithm: 'SHA512', digits: 8, period: 60 },
    issuer: 'ACME Ltd',
    accountName: 'alice@example.com',
    createTime: 1_795_000_000,
    pendingUntil: 1_795_086_400,
  });
  expect(of('names beyond ASCII')).toMatchObject({ issuer: 'Ünïcode 株式会社', accountName: 'алиса', pendingUntil: undefined });
  expect(of('a HOTP at the last counter')).toMatchObject({ counter: Number.MAX_SAFE_INTEGER });
  expect(of('a HOTP at its first counter')).toMatchObject({ parameters: { type: 'hotp', period: 0 }, counter: 0 });
});
