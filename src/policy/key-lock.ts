/** What is remembered of an API key to tell whether a presented one opens it: little, for there may be many keys. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { ApiKeyRecord } from './store.ts';

const DIGEST_LENGTH = 32;

/** The secrets of one key. A moment in ms since the epoch: from then on the secret opens nothing; minus infinity for a revoked key. */
export interface KeyLock {
  /** The digests of the newest secret and of the one before, as Latin-1: two `Uint8Array` take several times as much memory. */
  readonly digests: string;
  readonly newestUntil: number;
  readonly previousUntil: number;
}

/** Stands in where there is no secret, so that unknown ids cost the same comparison. */
const DUMMIES = randomBytes(2 * DIGEST_LENGTH);
const NO_DIGESTS = DUMMIES.toString('latin1');

/** Where the digests of the moment are compared: a call makes no buffers. */
const pair = Buffer.alloc(2 * DIGEST_LENGTH);
const newest = pair.subarray(0, DIGEST_LENGTH);
const previous = pair.subarray(DIGEST_LENGTH);

/** The lock that a record describes. */
export function lockOf({ secrets, expiresAt, revokedAt }: ApiKeyRecord): KeyLock {
  const until = (secret: ApiKeyRecord['secrets'][number] | undefined): number =>
    secret === undefined || revokedAt !== undefined ? -Infinity : Math.min(secret.expiresAt ?? Infinity, expiresAt ?? Infinity);
  pair.set(DUMMIES);
  for (const [place, part] of [newest, previous].entries()) part.set(secrets[place]?.digest ?? []);
  return { digests: pair.toString('latin1'), newestUntil: until(secrets[0]), previousUntil: until(secrets[1]) };
}

/**
 * Whether the presented digest opens the lock at `now`. Always two comparisons in constant time, whether the key is unknown, has one secret
 * or two, and whichever is right: the time taken tells nothing.
 */
export function opens(lock: KeyLock | undefined, digest: Uint8Array, now: number): boolean {
  pair.write(lock?.digests ?? NO_DIGESTS, 'latin1');
  const isNewest = timingSafeEqual(newest, digest);
  const isPrevious = timingSafeEqual(previous, digest);
  return lock !== undefined && ((isNewest && now < lock.newestUntil) || (isPrevious && now < lock.previousUntil));
}
