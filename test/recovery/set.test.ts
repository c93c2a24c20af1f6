/** Sets of recovery codes, compared with those of another implementation (test/vectors/recovery-codes.py). */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { drawCodes } from '../../src/recovery/codes.ts';
import { makeSet, placeOf, type RecoverySet, readSetPayload, writeSetPayload } from '../../src/recovery/set.ts';
import { createKey, createRing } from '../../src/sealing/ring.ts';
import { createSealing, SealedBlobError } from '../../src/sealing/sealing.ts';
import { createFingerprints } from '../../src/verification/fingerprint.ts';
import vectors from '../vectors/recovery-codes.json' with { type: 'json' };

const mocked = vi.hoisted(() => ({ drawn: [] as Buffer[], compared: 0 }));
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  return {
    ...crypto,
    randomBytes: (size: number) => mocked.drawn.shift() ?? crypto.randomBytes(size),
    timingSafeEqual: (one: Uint8Array, other: Uint8Array) => {
      mocked.compared += 1;
      return crypto.timingSafeEqual(one, other);
    },
  };
});
beforeEach(() => {
  mocked.drawn = [];
  mocked.compared = 0;
});

const bytes = (hex: string) => Buffer.from(hex, 'hex');
const hex = (of: Uint8Array) => Buffer.from(of).toString('hex');
const NOW = 1_795_000_000_000;

describe.each(vectors)('the vector of $name', (vector) => {
  const fingerprints = createFingerprints(bytes(vector.fingerprintKey));
  const length = vector.codeLength === 24 ? 24 : 16;

  it('is drawn, hashed and written to the same bytes', () => {
    mocked.drawn = [vector.setId, ...vector.random].map(bytes);
    const { set, codes } = makeSet(vector.codes.length, length, fingerprints.ofRecoveryCode, vector.createTime * 1000 + 999);
    expect(codes).toEqual(vector.codes);
    expect(set.hashes.map(hex)).toEqual(vector.hashes);
    expect(hex(writeSetPayload(set))).toBe(vector.payload);
  });

  it('has the name of its state', () => {
    expect(fingerprints.ofRecoverySet(bytes(vector.setId))).toBe(vector.state);
  });

  it('opens, and knows each of its codes by its place', () => {
    const sealing = createSealing(createRing([createKey(bytes(vector.key), 0, 0)]));
    const { payload } = sealing.open('otpr1', vector.blob, { tenant: vector.tenant, context: bytes(vector.context) });
    const set = readSetPayload(payload, NOW);
    expect({ ...set, id: hex(set.id), hashes: set.hashes.map(hex) }).toEqual({
      id: vector.setId,
      codeLength: length,
      createTime: vector.createTime,
      hashes: vector.hashes,
    });
    const places = vector.codes.map((code) => placeOf(set, fingerprints.ofRecoveryCode(set.id, code)));
    expect(places).toEqual(vector.codes.map((_, place) => place));
  });

  it('knows no code under another fingerprint key', () => {
    const other = createFingerprints(Buffer.alloc(32, 7));
    const set = readSetPayload(bytes(vector.payload), NOW);
    for (const code of vector.codes) expect(placeOf(set, other.ofRecoveryCode(set.id, code))).toBeUndefined();
  });

  it.each([...vector.codes.keys(), undefined])('takes the same number of comparisons for any place of the code: %s', (place) => {
    const set = readSetPayload(bytes(vector.payload), NOW);
    const code = place === undefined ? 'no code of the set' : (vector.codes[place] ?? '');
    expect(placeOf(set, fingerprints.ofRecoveryCode(set.id, code))).toBe(place);
    expect(mocked.compared).toBe(vector.codes.length);
  });
});

it('a code that is drawn twice is drawn again', () => {
  const [one, other, third] = [1, 2, 3].map((byte) => Buffer.alloc(10, byte)) as [Buffer, Buffer, Buffer];
  mocked.drawn = [one, one, other, one, other, third];
  expect(new Set(drawCodes(3, 16)).size).toBe(3);
  expect(mocked.drawn).toEqual([]);
});

it('the hashes of one code in two sets have nothing in common', () => {
  const { ofRecoveryCode } = createFingerprints(Buffer.alloc(32));
  expect(hex(ofRecoveryCode(Buffer.alloc(16, 1), 'A'))).not.toBe(hex(ofRecoveryCode(Buffer.alloc(16, 2), 'A')));
});

describe('no set', () => {
  const { set } = makeSet(2, 16, createFingerprints(Buffer.alloc(32)).ofRecoveryCode, NOW);
  const whole = Buffer.from(writeSetPayload(set));
  const changed = (at: number, value: number) => whole.with(at, value);

  it.each<[string, Uint8Array]>([
    ['nothing', Buffer.alloc(0)],
    ['a head without hashes', whole.subarray(0, 23)],
    ['one byte less', whole.subarray(0, -1)],
    ['one byte more', Buffer.concat([whole, Buffer.alloc(1)])],
    ['21 codes', Buffer.concat([whole, Buffer.alloc(19 * 16)])],
    ['a length of zero', changed(16, 0)],
    ['a length of 17', changed(16, 17)],
    ['the length of the greatest byte', changed(16, 255)],
    ['a time in the far future', changed(17, 255)],
  ])('is %s', (_, payload) => {
    expect(() => readSetPayload(payload, NOW)).toThrow(SealedBlobError);
  });

  it('was made more than an hour from now', () => {
    const read = (now: number): RecoverySet => readSetPayload(whole, now);
    expect(read(NOW - 3_600_000)).toMatchObject({ createTime: NOW / 1000 });
    expect(() => read(NOW - 3_600_001)).toThrow(SealedBlobError);
  });
});
