/** Keyed digests of a key and of a request. A store knows only these, and they tell nothing without the fingerprint key. */
import { createHmac, createSecretKey, type Hmac, type KeyObject } from 'node:crypto';
import { normaliseKey } from '../otp/hmac.ts';
import type { Algorithm, Parameters } from '../otp/params.ts';
import type { StateName } from '../ports/codes.ts';

/** The size of a fingerprint key in bytes. */
export const FINGERPRINT_KEY_BYTES = 32;
/** 128 bits: enough that two of them never meet. */
const DIGEST_BYTES = 16;

/** Digests under one fingerprint key. A change of any of them would forget every used code: they are held to known answers. */
export interface Fingerprints {
  /**
   * The name of a secret's state. The secret is taken as HMAC uses it, hashed if longer than the block, and without the zero bytes at its end,
   * so that all its aliases, which give the same codes, share one state: up to 64 bytes, whatever the algorithm is.
   */
  readonly ofSecret: (secret: Uint8Array, algorithm: Algorithm) => string;
  /** The name that earlier versions gave to the state of a key, one for each type, algorithm and period of a secret. */
  readonly ofKey: (secret: Uint8Array, parameters: Pick<Parameters, 'type' | 'algorithm' | 'period'>) => string;
  /** The keyed hash of a recovery code, by its symbols in upper case, in the set with this id of 16 bytes. */
  readonly ofRecoveryCode: (setId: Uint8Array, code: string) => Uint8Array;
  /** The name of the state of a set of recovery codes. */
  readonly ofRecoverySet: (setId: Uint8Array) => string;
  /** A digest of what a request asks, to tell a repeat from another request under the same id. */
  readonly ofRequest: (fields: readonly unknown[]) => string;
  /** A public value by which instances see that they have the same fingerprint key. */
  readonly identity: string;
  /** A key of 32 bytes for another use, the same in all processes that have the fingerprint key, which it tells nothing of. */
  readonly keyFor: (use: string) => KeyObject;
}

/** Makes the digests of `key`, 32 bytes that never leave the process. */
export function createFingerprints(key: Uint8Array): Fingerprints {
  const secretKey = createSecretKey(key);
  // Each use has a label of its own, so that no digest of one kind is ever one of another.
  const macOf = (label: string, ...content: readonly (string | Uint8Array)[]): Hmac => {
    const hmac = createHmac('sha256', secretKey).update(`otpd:${label}:`);
    for (const part of content) hmac.update(part);
    return hmac;
  };
  // By way of a string: see `nodeCrypto`.
  const digest = (label: string, content: string | Uint8Array): string =>
    Buffer.from(macOf(label, content).digest('latin1'), 'latin1').toString('base64url', 0, DIGEST_BYTES);
  const ofNormalised = (secret: Uint8Array, algorithm: Algorithm, name: (normalised: Uint8Array) => string): string => {
    const normalised = normaliseKey(secret, algorithm);
    try {
      return name(normalised);
    } finally {
      normalised.fill(0);
    }
  };
  return {
    ofSecret: (secret, algorithm) =>
      ofNormalised(secret, algorithm, (normalised) => digest('secret', withoutZerosAtEnd(normalised))),
    ofKey: (secret, { type, algorithm, period }) =>
      ofNormalised(secret, algorithm, (normalised) => digest(`key:${type}:${algorithm}:${period}`, normalised)),
    ofRecoveryCode: (setId, code) => macOf('recovery-code', setId, code).digest().subarray(0, DIGEST_BYTES),
    ofRecoverySet: (setId) => digest('recovery-set', setId),
    ofRequest: (fields) => digest('request', JSON.stringify(fields)),
    identity: digest('identity', ''),
    keyFor: (use) => createSecretKey(createHmac('sha256', secretKey).update(`otpd:${use}-key:`).digest()),
  };
}

/** The names of the state of a key; `hasFormer` says whether the store may have it under its former name. */
export function stateNameOf(
  fingerprints: Fingerprints,
  secret: Uint8Array,
  parameters: Parameters,
  { hasFormer }: { readonly hasFormer: boolean },
): StateName {
  const { algorithm, period } = parameters;
  const former = hasFormer ? fingerprints.ofKey(secret, parameters) : undefined;
  return { fingerprint: fingerprints.ofSecret(secret, algorithm), former, period };
}

/** A part of the same bytes. */
function withoutZerosAtEnd(bytes: Uint8Array): Uint8Array {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length -= 1;
  return bytes.subarray(0, length);
}
