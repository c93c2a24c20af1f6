/** What a store may know of a key and of a request: keyed digests, which tell nothing without the fingerprint key. */
import { createHmac } from 'node:crypto';
import { normaliseKey } from '../otp/hmac.ts';
import type { Parameters } from '../otp/params.ts';

/** The size of a fingerprint key in bytes. */
export const FINGERPRINT_KEY_BYTES = 32;
/** 128 bits: enough that two keys never meet. */
const DIGEST_BYTES = 16;

/** Digests under one fingerprint key. */
export interface Fingerprints {
  /**
   * The name of a key's state. The secret is taken as HMAC uses it (hashed if longer than the block, then zero-padded), so that all its
   * aliases, which give the same codes, share one state; the number of digits does not count, since short codes are the end of long ones.
   */
  readonly ofKey: (secret: Uint8Array, parameters: Pick<Parameters, 'type' | 'algorithm' | 'period'>) => string;
  /** A digest of what a request asks, to tell a repeat from another request under the same id. */
  readonly ofRequest: (fields: readonly unknown[]) => string;
  /** A public value by which instances see that they have the same fingerprint key. */
  readonly identity: string;
}

/** Makes the digests of `key`, 32 bytes that never leave the process. */
export function createFingerprints(key: Uint8Array): Fingerprints {
  // Each use has a label of its own, so that no digest of one kind is ever one of another.
  const digest = (label: string, ...parts: string[]): string => {
    const hmac = createHmac('sha256', key).update(`otpd:${label}:`);
    for (const part of parts) hmac.update(part);
    return textOf(hmac.digest());
  };
  return {
    ofKey: (secret, { type, algorithm, period }) => {
      const normalised = normaliseKey(secret, algorithm);
      const named = Buffer.concat([Buffer.from(`otpd:key:${type}:${algorithm}:${period}:`, 'latin1'), normalised]);
      const fingerprint = textOf(createHmac('sha256', key).update(named).digest());
      normalised.fill(0);
      named.fill(0);
      return fingerprint;
    },
    ofRequest: (fields) => digest('request', JSON.stringify(fields)),
    identity: digest('identity'),
  };
}

function textOf(digest: Uint8Array): string {
  return Buffer.from(digest.buffer, digest.byteOffset, DIGEST_BYTES).toString('base64url');
}
