/** The data by which a presented API key is checked: little of it, since there may be many keys. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { ApiKeyRecord } from '../ports/store.ts';

const DIGEST_LENGTH = 32;
/** Of the two digests of a lock. */
export const DIGESTS_LENGTH: number = 2 * DIGEST_LENGTH;

/** The secrets of one key. A moment in ms since the epoch: from then on the secret opens nothing; minus infinity for a revoked key. */
export interface KeyLock {
  /** Holds the digests of the newest secret and of the one before, from `at` on: those of many keys lie in one buffer. */
  readonly digests: Buffer;
  readonly at: number;
  readonly newestUntil: number;
  readonly previousUntil: number;
}

/** Stands for a missing secret, so that there are always two comparisons. */
const DUMMIES = randomBytes(DIGESTS_LENGTH);

/** Where the digests of the moment are compared: a call makes no buffers. */
const pair = Buffer.alloc(DIGESTS_LENGTH);
const newest = pair.subarray(0, DIGEST_LENGTH);
const previous = pair.subarray(DIGEST_LENGTH);

/** The lock that a record describes. */
export function lockOf({ secrets, expiresAt, revokedAt }: ApiKeyRecord): KeyLock {
  const until = (secret: ApiKeyRecord['secrets'][number] | undefined): number =>
    secret === undefined || revokedAt !== undefined ? -Infinity : Math.min(secret.expiresAt ?? Infinity, expiresAt ?? Infinity);
  const digests = Buffer.from(DUMMIES);
  for (const place of [0, 1]) digests.set(secrets[place]?.digest ?? [], place * DIGEST_LENGTH);
  return { digests, at: 0, newestUntil: until(secrets[0]), previousUntil: until(secrets[1]) };
}

/**
 * The moment at which the presented digest stops being right, in ms since the epoch: infinity if there is no end, minus infinity if it never was.
 * Always two comparisons in constant time, whether the key is unknown, has one secret or two, and whichever is right: how much of a secret is right
 * does not show. Whether there is a key with an id does show, in the time that a look-up takes, and may: ids are public (they are logged
 * and listed), and have 71 random bits.
 */
export function opensUntil(lock: KeyLock | undefined, digest: Uint8Array): number {
  const at = lock?.at ?? 0;
  (lock?.digests ?? DUMMIES).copy(pair, 0, at, at + DIGESTS_LENGTH);
  const isNewest = timingSafeEqual(newest, digest);
  const isPrevious = timingSafeEqual(previous, digest);
  if (lock === undefined) return -Infinity;
  return Math.max(isNewest ? lock.newestUntil : -Infinity, isPrevious ? lock.previousUntil : -Infinity);
}

/** Whether the presented digest is right at `now`. */
export function opens(lock: KeyLock | undefined, digest: Uint8Array, now: number): boolean {
  return now < opensUntil(lock, digest);
}
