/** The ring of sealing keys: which keys open blobs, and which key seals. docs/sealed-keys.md has the rules of a rotation. */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { invalid } from '../otp/error.ts';

/** The size of a sealing key in bytes. */
export const SEALING_KEY_BYTES = 32;

/** A key of the ring. Times in ms since the epoch. */
export interface RingKey {
  /** 4 bytes of an HMAC under the key, in hexadecimal; public. It is derived from the key, so it cannot come to mean another key. */
  readonly id: string;
  readonly createTime: number;
  /** The time from which the key may seal. It opens blobs as soon as it is in the ring. */
  readonly sealsFrom: number;
  /** Undefined once the key is retired. Its id stays, so that its blobs differ from blobs of an unknown key. */
  readonly secret: KeyObject | undefined;
}
/** A key that can open blobs. */
export type ActiveKey = RingKey & { readonly secret: KeyObject };

export const isActive = (key: RingKey): key is ActiveKey => key.secret !== undefined;

/** The keys in force. */
export interface Ring {
  readonly find: (id: string) => RingKey | undefined;
  /**
   * Returns the key that seals at `now`: of the active keys that may seal, the key with the latest start; if no key may seal yet, the key with the
   * first start.
   */
  readonly sealingKeyAt: (now: number) => ActiveKey;
  /** Whether the key precedes the key that seals at `now`. A key that may not seal yet does not. */
  readonly isStaleAt: (now: number, key: ActiveKey) => boolean;
}

/** Makes a ring of keys in the order in which they were added. Throws `InvalidInputError`, without a field, if two keys have one id, and if no key is active. */
export function createRing(keys: readonly RingKey[]): Ring {
  const byId = new Map(keys.map((key) => [key.id, key]));
  if (byId.size < keys.length) throw invalid('', 'has two keys with one id: remove one of them');
  const active = keys.filter(isActive).sort((one, other) => one.sealsFrom - other.sealsFrom);
  const [first] = active;
  if (first === undefined) throw invalid('', 'has no active key: use the file of another instance, or a backup of it');
  const placeAt = (now: number): number => active.findLastIndex(({ sealsFrom }) => sealsFrom <= now);
  return {
    find: (id) => byId.get(id),
    sealingKeyAt: (now) => active[placeAt(now)] ?? first,
    isStaleAt: (now, key) => active.indexOf(key) < placeAt(now),
  };
}

/** Makes a key of 32 bytes, which the caller zeroes. */
export function createKey(bytes: Uint8Array, createTime: number, sealsFrom: number): ActiveKey {
  const id = createHmac('sha256', bytes).update('otpd sealing key id v1').digest('hex').slice(0, 8);
  return { id, createTime, sealsFrom, secret: createSecretKey(bytes) };
}
