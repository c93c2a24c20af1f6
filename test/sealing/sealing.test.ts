/** Sealed blobs: which open, which are stale, and that only the exact text under the exact binding opens. */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createKey, createRing, type Ring } from '../../src/sealing/ring.ts';
import { type Binding, createSealing, MAX_CONTEXT_BYTES, MAX_PAYLOAD_BYTES, SealedBlobError } from '../../src/sealing/sealing.ts';
import { keyOf, ringOf } from './rings.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const BINDING: Binding = { tenant: 'default', context: Buffer.from('user-1') };
const SECRET = Buffer.from('12345678901234567890');
const sealing = createSealing(ringOf(1), () => 0);

/** Returns the refusal of a blob that must not open, an error of this kind and no other. */
function refusal(blob: string, binding = BINDING, { open } = sealing, format: 'otpk1' | 'otpr1' = 'otpk1'): SealedBlobError {
  try {
    open(format, blob, binding);
  } catch (error) {
    if (error instanceof SealedBlobError) return error;
    throw error;
  }
  throw new Error('it opens');
}

const payloads = fc.uint8Array({ maxLength: MAX_PAYLOAD_BYTES });
const bindings = fc.record({
  tenant: fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/),
  context: fc.uint8Array({ maxLength: MAX_CONTEXT_BYTES }),
});

describe('a blob', () => {
  it('opens to what was sealed, and is never the same twice', () => {
    fc.assert(
      fc.property(payloads, bindings, fc.constantFrom('otpk1' as const, 'otpr1' as const), (payload, binding, format) => {
        const blobs = [sealing.seal(format, payload, binding, 0), sealing.seal(format, payload, binding, 0)];
        for (const blob of blobs) {
          expect(blob).toMatch(new RegExp(`^${format}_[A-Za-z0-9_-]{48,1018}$`));
          expect(blob.length).toBeLessThanOrEqual(1024);
          expect(Buffer.from(sealing.open(format, blob, binding).payload)).toEqual(Buffer.from(payload));
        }
        expect(blobs[0]).not.toBe(blobs[1]);
      }),
    );
  });

  it('holds 727 bytes, bound to 256', () => {
    const binding = { tenant: 't'.repeat(255), context: Buffer.alloc(256, 1) };
    const blob = sealing.seal('otpk1', Buffer.alloc(727, 7), binding, 0);
    expect(blob).toHaveLength(1024);
    expect(sealing.open('otpk1', blob, binding).payload).toHaveLength(727);
    expect(() => sealing.seal('otpk1', Buffer.alloc(728), BINDING, 0)).toThrow(RangeError);
  });

  it.each([
    ['a context of 257 bytes', { ...BINDING, context: Buffer.alloc(257) }],
    ['a tenant of 256 bytes', { ...BINDING, tenant: 't'.repeat(256) }],
    ['no tenant', { ...BINDING, tenant: '' }],
  ])('is neither sealed nor opened with %s', (_, binding) => {
    const blob = sealing.seal('otpk1', SECRET, BINDING, 0);
    expect(() => sealing.seal('otpk1', SECRET, binding, 0)).toThrow(RangeError);
    expect(() => sealing.open('otpk1', blob, binding)).toThrow(RangeError);
  });
});

describe('a blob does not open', () => {
  const blob = sealing.seal('otpk1', SECRET, BINDING, 0);
  const raw = Buffer.from(blob.slice(6), 'base64url');
  const textOf = (bytes: Uint8Array) => `otpk1_${Buffer.from(bytes).toString('base64url')}`;

  it('with any bit flipped; with a bit in the id, the error says that the key is unknown', () => {
    for (let bit = 0; bit < raw.length * 8; bit += 1) {
      const flipped = Buffer.from(raw);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      const { reason, sealingKey } = refusal(textOf(flipped));
      const id = flipped.toString('hex', 0, 4);
      expect([bit, reason, sealingKey]).toEqual(
        bit < 32 ? [bit, 'sealing_key_unknown', id] : [bit, 'sealed_key_invalid', undefined],
      );
    }
  });

  it('with any character replaced, removed or added', () => {
    for (let place = 0; place <= blob.length; place += 1) {
      for (const character of ['A', '_', '-', '=', '+', '/', ' ', '!', '\n', '\0', 'é', '😀']) {
        const others = [
          blob.slice(0, place) + character + blob.slice(place + 1),
          blob.slice(0, place) + blob.slice(place + 1),
          blob.slice(0, place) + character + blob.slice(place),
        ];
        for (const other of others) if (other !== blob) expect(refusal(other)).toBeInstanceOf(SealedBlobError);
      }
    }
  });

  it('with spare bits set at its end', () => {
    // 36 + n bytes, so that 2 or 4 bits of the last character count.
    for (const payload of [SECRET.subarray(0, 1), SECRET.subarray(0, 2)]) {
      const sealed = sealing.seal('otpk1', payload, BINDING, 0);
      const last = ALPHABET.indexOf(sealed.at(-1) ?? '');
      const spare = payload.length === 1 ? 4 : 2;
      for (let bits = 1; bits < 1 << spare; bits += 1) {
        const other = sealed.slice(0, -1) + ALPHABET.charAt(last | bits);
        expect(Buffer.from(other.slice(6), 'base64url')).toEqual(Buffer.from(sealed.slice(6), 'base64url'));
        expect(refusal(other).reason).toBe('sealed_key_invalid');
      }
    }
  });

  it('truncated or extended, in its bytes or its text', () => {
    for (let length = 0; length < raw.length; length += 1) expect(refusal(textOf(raw.subarray(0, length)))).toBeDefined();
    for (let length = 0; length < blob.length; length += 1) expect(refusal(blob.slice(0, length))).toBeDefined();
    for (const more of [1, 2, 3, 100, 600]) expect(refusal(textOf(Buffer.concat([raw, Buffer.alloc(more)])))).toBeDefined();
  });

  it('that is too long, which is not even decoded', () => {
    const decoding = vi.spyOn(Buffer, 'from');
    for (const more of [1025 - blob.length, 2_000_000])
      expect(refusal(`${blob}${'A'.repeat(more)}`).reason).toBe('sealed_key_invalid');
    expect(decoding).not.toHaveBeenCalled();
    expect(refusal(`${blob}${'A'.repeat(1024 - blob.length)}`).reason).toBe('sealed_key_invalid');
    expect(decoding).toHaveBeenCalled();
    decoding.mockRestore();
  });

  it('with a short tag, by which the content would be longer', () => {
    for (const cut of [1, 4, 8, 12]) expect(refusal(textOf(raw.subarray(0, raw.length - cut))).reason).toBe('sealed_key_invalid');
  });

  it('as another format, and under a prefix that there is not', () => {
    const set = sealing.seal('otpr1', SECRET, BINDING, 0);
    expect(refusal(set).reason).toBe('sealed_key_invalid');
    expect(refusal(blob, BINDING, sealing, 'otpr1').reason).toBe('sealed_key_invalid');
    expect(refusal(set.replace('otpr1', 'otpk1')).reason).toBe('sealed_key_invalid');
    for (const prefix of ['otpk2_', 'OTPK1_', 'otpk1-', 'otpk1', '', ' otpk1_'])
      expect(refusal(prefix + blob.slice(6))).toBeDefined();
  });

  it('of another tenant, or under another context, also where both together have the same bytes', () => {
    fc.assert(
      fc.property(bindings, bindings, (one, other) => {
        fc.pre(one.tenant !== other.tenant || Buffer.compare(one.context, other.context) !== 0);
        expect(refusal(sealing.seal('otpk1', SECRET, one, 0), other).reason).toBe('sealed_key_invalid');
      }),
    );
    const sealed = sealing.seal('otpk1', SECRET, { tenant: 'ab', context: Buffer.from('c') }, 0);
    for (const [tenant, context] of [
      ['a', 'bc'],
      ['abc', ''],
      ['ab', ''],
      ['ab', 'c\0'],
      ['ab\0', 'c'],
    ] as const)
      expect(refusal(sealed, { tenant, context: Buffer.from(context) }).reason).toBe('sealed_key_invalid');
  });

  it('of random text or bytes', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 1100 }), (text) => void refusal(text)));
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => void refusal(`otpk1_${text}`)));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 200 }), (bytes) => {
        expect(refusal(textOf(Buffer.concat([raw.subarray(0, 4), bytes]))).reason).toBe('sealed_key_invalid');
      }),
    );
  });
});

describe('rotations', () => {
  const MINUTE = 60_000;

  function at(ring: Ring, now: number) {
    return createSealing(ring, () => now);
  }

  it('leave blobs open until their key is retired; a later ring distinguishes a retired key from an unknown one', () => {
    const blob = at(ringOf(1), 0).seal('otpk1', SECRET, BINDING, 0);
    const open = (ring: Ring) => at(ring, 10).open('otpk1', blob, BINDING);
    expect(Buffer.from(open(ringOf(1, 2, 3)).payload)).toEqual(SECRET);
    expect([open(ringOf(1)).isStale, open(ringOf(1, 2)).isStale, open(ringOf(1, 2, 3)).isStale]).toEqual([false, true, true]);
    const retired = createRing([{ ...keyOf(1), secret: undefined }, keyOf(2)]);
    expect(refusal(blob, BINDING, at(retired, 0)).reason).toBe('sealed_key_invalid');
    expect(refusal(blob, BINDING, at(ringOf(2), 0))).toMatchObject({ reason: 'sealing_key_unknown', sealingKey: keyOf(1).id });
  });

  it('seal by the new key only from its time on, and a blob of it is not stale before that', () => {
    const ring = createRing([keyOf(1, 0), keyOf(2, 10 * MINUTE)]);
    const idOf = (blob: string) => Buffer.from(blob.slice(6), 'base64url').toString('hex', 0, 4);
    const sealedAt = (now: number) => idOf(at(ring, now).seal('otpk1', SECRET, BINDING, now));
    expect([0, 10 * MINUTE - 1, 10 * MINUTE].map(sealedAt)).toEqual([keyOf(1).id, keyOf(1).id, keyOf(2).id]);
    const early = at(ring, 0);
    const blob = at(ring, 0).seal('otpk1', SECRET, BINDING, 10 * MINUTE);
    // Otherwise two instances would reseal each other's blobs again and again.
    expect(early.open('otpk1', blob, BINDING).isStale).toBe(false);
  });

  it('within one second make the blobs of the former key stale too', () => {
    const ring = createRing([keyOf(1, 0), keyOf(2, 0)]);
    const blob = at(ringOf(1), 0).seal('otpk1', SECRET, BINDING, 0);
    expect(ring.sealingKeyAt(0).id).toBe(keyOf(2).id);
    expect(at(ring, 0).open('otpk1', blob, BINDING).isStale).toBe(true);
  });

  it('that instances see at different moments let every blob open everywhere', () => {
    const old = ringOf(1);
    const staged = createRing([keyOf(1), keyOf(2, 10 * MINUTE)]);
    const moments = [0, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE];
    // The first instance reads at 0, the second in the minute before the new key seals.
    for (const now of moments) {
      const rings = [staged, now < 9 * MINUTE ? old : staged];
      for (const sealer of rings)
        for (const opener of rings) {
          const blob = at(sealer, now).seal('otpk1', SECRET, BINDING, now);
          expect(Buffer.from(at(opener, now).open('otpk1', blob, BINDING).payload)).toEqual(SECRET);
        }
    }
  });

  it('report which keys are in use: by sealing and by opening', () => {
    const used: string[] = [];
    const watched = createSealing(
      ringOf(1, 2),
      () => 5,
      (id) => used.push(id),
    );
    const blob = watched.seal('otpk1', SECRET, BINDING, 5);
    watched.open('otpk1', sealing.seal('otpk1', SECRET, BINDING, 0), BINDING);
    refusal(blob, { ...BINDING, tenant: 'other' }, watched);
    expect(used).toEqual([keyOf(2).id, keyOf(1).id]);
  });
});

describe('a ring', () => {
  it('seals by the key that is due first if none is due yet', () => {
    const ring = createRing([keyOf(1, 2000), keyOf(2, 1000)]);
    expect([0, 1500, 2500].map((now) => ring.sealingKeyAt(now).id)).toEqual([keyOf(2).id, keyOf(2).id, keyOf(1).id]);
  });

  it('never seals by a retired key', () => {
    const ring = createRing([keyOf(1, 0), { ...keyOf(2, 1), secret: undefined }]);
    expect(ring.sealingKeyAt(10).id).toBe(keyOf(1).id);
  });

  it('is refused with an id twice, or without an active key', () => {
    expect(() => createRing([keyOf(1), keyOf(1, 5)])).toThrow(/two keys with one id/);
    expect(() => createRing([keyOf(1), { ...keyOf(1), secret: undefined }])).toThrow(/two keys with one id/);
    expect(() => createRing([{ ...keyOf(1), secret: undefined }])).toThrow(/no active key/);
    expect(() => createRing([])).toThrow(/no active key/);
  });

  it('names a key by its bytes', () => {
    expect(createKey(Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0, 0).id).toBe('828e2ad3');
  });
});
