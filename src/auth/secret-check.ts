/** The check of a presented API key: the digests of its secrets, compared in constant time. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { ApiKeyRecord } from '../ports/store.ts';

/** The secrets of one key: the newest, and the previous one after a rotation. */
export interface KeyLock {
  readonly newest: LiveSecret;
  readonly previous: LiveSecret;
  /** Whether the first use of the newest secret must be recorded. */
  readonly awaitsUse: boolean;
}

interface LiveSecret {
  /** SHA-256 of the whole API key, 32 bytes. */
  readonly digest: Uint8Array;
  /** When the secret ends, in ms since the epoch; minus infinity for a revoked key. */
  readonly until: number;
}

/** Replaces a missing secret, so that there are always two comparisons. */
const NO_SECRET: LiveSecret = { digest: randomBytes(32), until: -Infinity };

/** The lock that a record describes. */
export function lockOf({ secrets: [newest, previous], expiresAt, revokedAt }: ApiKeyRecord): KeyLock {
  const live = (secret: ApiKeyRecord['secrets'][number] | undefined): LiveSecret => {
    if (secret === undefined || revokedAt !== undefined) return NO_SECRET;
    // A copy, since the digest of a record may be part of a larger buffer, such as Node's pool, which it would keep in memory.
    return { digest: new Uint8Array(secret.digest), until: Math.min(secret.expiresAt ?? Infinity, expiresAt ?? Infinity) };
  };
  return { newest: live(newest), previous: live(previous), awaitsUse: newest?.awaitsUse === true };
}

/**
 * Returns the end of the presented digest in ms since the epoch: infinity if it has no end, minus infinity if it is not valid. Always makes two
 * comparisons in constant time, whether the key is unknown or has one secret or two, so that the time does not show how much of a secret is right.
 * The time of a look-up does show whether a key with the id exists. That is no secret: ids are public (they are logged and listed), and have 71
 * random bits.
 */
export function opensUntil(lock: KeyLock | undefined, digest: Uint8Array): number {
  const newest = lock?.newest ?? NO_SECRET;
  const previous = lock?.previous ?? NO_SECRET;
  const isNewest = timingSafeEqual(newest.digest, digest);
  const isPrevious = timingSafeEqual(previous.digest, digest);
  return Math.max(isNewest ? newest.until : -Infinity, isPrevious ? previous.until : -Infinity);
}

/**
 * Whether a valid digest belongs to the newest secret, and its first use must be recorded. The time may show which of the two secrets it is, but only
 * to a caller who has the secret.
 */
export function isFirstUse(lock: KeyLock | undefined, digest: Uint8Array): boolean {
  return lock?.awaitsUse === true && Buffer.compare(lock.newest.digest, digest) === 0;
}

/** Whether the presented digest is valid at `now`. */
export function opens(lock: KeyLock | undefined, digest: Uint8Array, now: number): boolean {
  return now < opensUntil(lock, digest);
}
