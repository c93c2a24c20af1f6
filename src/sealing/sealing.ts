/** Sealed blobs: texts that callers store and that only a ring of sealing keys opens. docs/sealed-keys.md has the format byte by byte. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../ports/store.ts';
import { type ActiveKey, isActive, type Ring } from './ring.ts';

/**
 * The parts of a blob, in bytes: the id of its key, a salt, the ciphertext, and a tag. Node must know the length of the tag, since it accepts shorter
 * tags otherwise.
 */
const ID = 4;
const SALT = 16;
const TAG = { authTagLength: 16 } as const;
/** The most bytes that fit into a blob of 1024 characters. */
export const MAX_PAYLOAD_BYTES = 727;
/** The longest context that a blob can be bound to. */
export const MAX_CONTEXT_BYTES = 256;

/** The kind of content: a key, or a set of recovery codes. */
export type SealedFormat = 'otpk1' | 'otpr1';

/** The binding of a blob: it opens with the binding that it was sealed with, and with no other. */
export interface Binding {
  /** The tenant of the API key, 1 to 255 bytes in UTF-8. */
  readonly tenant: string;
  /** The context that the caller chose, 0 to 256 bytes. */
  readonly context: Uint8Array;
}

/** A blob does not open: its text, its binding or its key is wrong, or the ring has never had its key. */
export class SealedBlobError extends Error {
  readonly reason: 'sealed_key_invalid' | 'sealing_key_unknown';
  /** The id of the unknown key, which is in the blob in the clear. */
  readonly sealingKey: string | undefined;

  constructor(sealingKey?: string) {
    super(sealingKey === undefined ? 'a sealed blob does not open' : 'the sealing key of a blob is unknown');
    this.name = 'SealedBlobError';
    this.reason = sealingKey === undefined ? 'sealed_key_invalid' : 'sealing_key_unknown';
    this.sealingKey = sealingKey;
  }
}

export interface Sealing {
  /** Seals up to 727 bytes under the key that seals at `now`. Throws `RangeError` for more bytes, and for a binding out of bounds. */
  readonly seal: (format: SealedFormat, payload: Uint8Array, binding: Binding, now: number) => string;
  /**
   * Opens a blob; the caller zeroes `payload`. `isStale` says that its key is older than the key that seals now. Throws `SealedBlobError`, and `RangeError`
   * for a binding out of bounds.
   */
  readonly open: (format: SealedFormat, blob: string, binding: Binding) => { payload: Uint8Array; isStale: boolean };
}

/** Makes the sealing of a ring. `onUse` is called with the id of each key that has sealed or opened a blob. */
export function createSealing(ring: Ring, clock: Clock = Date.now, onUse: (id: string) => void = () => undefined): Sealing {
  return {
    seal(format, payload, binding, now) {
      if (payload.length > MAX_PAYLOAD_BYTES) throw new RangeError('the payload of a blob is too long');
      const key = ring.sealingKeyAt(now);
      const head = Buffer.concat([Buffer.from(key.id, 'hex'), randomBytes(SALT)]);
      const text = withDerived(key, format, head, (secret, nonce) => {
        const cipher = createCipheriv('aes-256-gcm', secret, nonce, TAG).setAAD(associatedData(format, head, binding));
        const raw = Buffer.concat([head, cipher.update(payload), cipher.final(), cipher.getAuthTag()]);
        return `${format}_${raw.toString('base64url')}`;
      });
      onUse(key.id);
      return text;
    },
    open(format, blob, binding) {
      const raw = decode(format, blob);
      const id = raw.toString('hex', 0, ID);
      const key = ring.find(id);
      if (key === undefined) throw new SealedBlobError(id);
      if (!isActive(key)) throw new SealedBlobError();
      const payload = withDerived(key, format, raw, (secret, nonce) => {
        const decipher = createDecipheriv('aes-256-gcm', secret, nonce, TAG).setAAD(associatedData(format, raw, binding));
        decipher.setAuthTag(raw.subarray(-TAG.authTagLength));
        const opened = decipher.update(raw.subarray(ID + SALT, -TAG.authTagLength));
        try {
          decipher.final();
          return opened;
        } catch {
          opened.fill(0);
          throw new SealedBlobError();
        }
      });
      onUse(id);
      return { payload, isStale: ring.isStaleAt(clock(), key) };
    },
  };
}

/** Decodes the text of a blob, if it is in its only spelling: Node's decoder would ignore foreign characters and spare bits. */
function decode(format: SealedFormat, blob: string): Buffer {
  if (blob.length < 54 || blob.length > 1024 || !blob.startsWith(`${format}_`)) throw new SealedBlobError();
  const text = blob.slice(format.length + 1);
  const raw = Buffer.from(text, 'base64url');
  if (raw.toString('base64url') !== text) throw new SealedBlobError();
  return raw;
}

const inputOf = (format: SealedFormat) => Buffer.from(`\0\0\0\x01otpd/${format}\0${'\0'.repeat(ID + SALT)}\0\0\x01\x60`);
const INPUTS: Readonly<Record<SealedFormat, Buffer>> = { otpk1: inputOf('otpk1'), otpr1: inputOf('otpr1') };

/** Derives the key and the nonce of a blob, whose `head` is an id and a salt: SP 800-108r1 section 4.1, one block of HMAC-SHA-512, 352 bits. */
function withDerived<T>(key: ActiveKey, format: SealedFormat, head: Buffer, use: (secret: Buffer, nonce: Buffer) => T): T {
  const input = Buffer.from(INPUTS[format]);
  input.set(head.subarray(0, ID + SALT), 15);
  const derived = createHmac('sha512', key.secret).update(input).digest();
  try {
    return use(derived.subarray(0, 32), derived.subarray(32, 44));
  } finally {
    derived.fill(0);
  }
}

/** The associated data, which is different for any two bindings: format and id have fixed lengths, and lengths precede tenant and context. */
function associatedData(format: SealedFormat, head: Buffer, { tenant, context }: Binding): Buffer {
  const name = Buffer.from(tenant);
  if (name.length === 0 || name.length > 255 || context.length > MAX_CONTEXT_BYTES)
    throw new RangeError('a binding out of bounds');
  const data = Buffer.allocUnsafe(13 + name.length + context.length);
  data.write(`${format}\0`, 'latin1');
  data.set(head.subarray(0, ID), 6);
  data.writeUInt8(name.length, 10);
  data.set(name, 11);
  data.writeUInt16BE(context.length, 11 + name.length);
  data.set(context, 13 + name.length);
  return data;
}
