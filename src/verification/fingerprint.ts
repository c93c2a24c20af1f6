/** Keyed digests of keys and requests. A store knows only these digests, which reveal nothing without the fingerprint key. */
import { createHmac, createSecretKey, type Hmac, type KeyObject } from 'node:crypto';
import { BLOCK_SIZE, normaliseKey } from '../otp/hmac.ts';
import type { Algorithm, Parameters } from '../otp/params.ts';
import type { StateName } from '../ports/codes.ts';

/** The size of a fingerprint key in bytes. */
export const FINGERPRINT_KEY_BYTES = 32;
/** 128 bits, enough to rule out collisions. */
const DIGEST_BYTES = 16;

/** Digests under one fingerprint key. If one of them changed, every used code would be forgotten, so tests compare them with known answers. */
export interface Fingerprints {
  /**
   * Returns the name of a secret's state. Digests the secret in the form that HMAC uses (hashed if it is longer than the block) and without zero
   * bytes at its end, so that all secrets with the same codes share a state. For a secret of up to 64 bytes, the name is the same for every
   * algorithm.
   */
  readonly ofSecret: (secret: Uint8Array, algorithm: Algorithm) => string;
  /** The name that earlier versions gave to the state of a secret with one type, algorithm and period. */
  readonly ofKey: (secret: Uint8Array, parameters: Pick<Parameters, 'type' | 'algorithm' | 'period'>) => string;
  /** The keyed hash of a recovery code, given as symbols in upper case, in the set with this id of 16 bytes. */
  readonly ofRecoveryCode: (setId: Uint8Array, code: string) => Uint8Array;
  /** The name of the state of a set of recovery codes. */
  readonly ofRecoverySet: (setId: Uint8Array) => string;
  /** A digest of the content of a request, which distinguishes a retry from another request with the same id. */
  readonly ofRequest: (fields: readonly unknown[]) => string;
  /** A public value that is equal for instances with the same fingerprint key. */
  readonly identity: string;
  /** A key of 32 bytes for another use, the same in all processes that have the fingerprint key. It reveals nothing about the fingerprint key. */
  readonly keyFor: (use: string) => KeyObject;
}

/** Makes the digests of `key`, 32 bytes that never leave the process. */
export function createFingerprints(key: Uint8Array): Fingerprints {
  const secretKey = createSecretKey(key);
  // Each use has its own label, so that a digest of one kind never equals a digest of another kind.
  const macOf = (label: string, ...content: readonly (string | Uint8Array)[]): Hmac => {
    const hmac = createHmac('sha256', secretKey).update(`otpd:${label}:`);
    for (const part of content) hmac.update(part);
    return hmac;
  };
  // Read as a string: see `nodeCrypto`.
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
      secret.length <= BLOCK_SIZE[algorithm]
        ? // The normal form would only add zeros at its end.
          digest('secret', withoutZerosAtEnd(secret))
        : ofNormalised(secret, algorithm, (normalised) => digest('secret', withoutZerosAtEnd(normalised))),
    ofKey: (secret, { type, algorithm, period }) =>
      ofNormalised(secret, algorithm, (normalised) => digest(`key:${type}:${algorithm}:${period}`, normalised)),
    ofRecoveryCode: (setId, code) => macOf('recovery-code', setId, code).digest().subarray(0, DIGEST_BYTES),
    ofRecoverySet: (setId) => digest('recovery-set', setId),
    ofRequest: (fields) => digest('request', JSON.stringify(fields)),
    identity: digest('identity', ''),
    keyFor: (use) => createSecretKey(createHmac('sha256', secretKey).update(`otpd:${use}-key:`).digest()),
  };
}

/** The names of the state of a key; `hasFormer` says whether the store may have the state under its former name. */
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

/** The bytes without zeros at the end, as a view. */
function withoutZerosAtEnd(bytes: Uint8Array): Uint8Array {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length -= 1;
  return length === bytes.length ? bytes : bytes.subarray(0, length);
}
