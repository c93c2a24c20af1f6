/** The check of a presented API key: the digests that open a key, and their comparison in constant time. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { ApiKeyRecord } from '../ports/store.ts';

/** The secrets of one key: the newest, and the one before a rotation. */
export interface KeyLock {
  readonly newest: LiveSecret;
  readonly previous: LiveSecret;
  /** Whether the first use of the newest is to be noted. */
  readonly awaitsUse: boolean;
}

interface LiveSecret {
  /** SHA-256 of the whole API key, 32 bytes. */
  readonly digest: Uint8Array;
  /** In ms since the epoch: from then on the secret opens nothing. Minus infinity for a revoked key. */
  readonly until: number;
}

/** Stands for a missing secret, so that there are always two comparisons. */
const NO_SECRET: LiveSecret = { digest: randomBytes(32), until: -Infinity };

/** The lock that a record describes. */
export function lockOf({ secrets: [newest, previous], expiresAt, revokedAt }: ApiKeyRecord): KeyLock {
  const live = (secret: ApiKeyRecord['secrets'][number] | undefined): LiveSecret => {
    if (secret === undefined || revokedAt !== undefined) return NO_SECRET;
    // A copy: the digest of a record may lie in a larger buffer, such as those of Node's pool, which it would keep in memory.
    return { digest: new Uint8Array(secret.digest), until: Math.min(secret.expiresAt ?? Infinity, expiresAt ?? Infinity) };
  };
  return { newest: live(newest), previous: live(previous), awaitsUse: newest?.awaitsUse === true && revokedAt === undefined };
}

/**
 * The moment at which the presented digest stops being right, in ms since the epoch: infinity if there is no end, minus infinity if it never was.
 * Always two comparisons in constant time, whether the key is unknown, has one secret or two, and whichever is right: how much of a secret is right
 * does not show. Whether there is a key with an id does show, in the time that a look-up takes, and may: ids are public (they are logged
 * and listed), and have 71 random bits.
 */
export function opensUntil(lock: KeyLock | undefined, digest: Uint8Array): number {
  const newest = lock?.newest ?? NO_SECRET;
  const previous = lock?.previous ?? NO_SECRET;
  const isNewest = timingSafeEqual(newest.digest, digest);
  const isPrevious = timingSafeEqual(previous.digest, digest);
  return Math.max(isNewest ? newest.until : -Infinity, isPrevious ? previous.until : -Infinity);
}

/**
 * Whether a presented digest that opens the key is that of a newest secret whose first use is to be noted. Its time may show which of the two
 * secrets it is, to a caller who has the secret.
 */
export function isFirstUse(lock: KeyLock | undefined, digest: Uint8Array): boolean {
  return lock?.awaitsUse === true && Buffer.compare(lock.newest.digest, digest) === 0;
}

/** Whether the presented digest is right at `now`. */
export function opens(lock: KeyLock | undefined, digest: Uint8Array, now: number): boolean {
  return now < opensUntil(lock, digest);
}
