/** Which store a Redis holds: its identity, and the fingerprint key that its state was written under. */
import { randomBytes } from 'node:crypto';
import type { Connection } from './connection.ts';
import { type Script, writingScript } from './script.ts';

/** Where the identity is, below the prefix. */
export const IDENTITY = 'id';
/** Where the check value of the fingerprint key is. */
export const BOUND = 'bound';

/** Writes the check value of a fingerprint key if none is there; 1 if the one there is the same. */
export const BIND: Script = writingScript(`
redis.call('SET', KEYS[2], ARGV[3], 'NX')
return redis.call('GET', KEYS[2]) == ARGV[3] and 1 or 0
`);

/** Writes the identity again, which changes nothing: a Redis that is read-only, full or unable to save shows only when it is written to. */
export const PING: Script = writingScript(`redis.call('SET', KEYS[1], ARGV[1])`);

export interface Identity {
  readonly storeId: string;
  /** Whether this is its first use: it held none. */
  readonly isNew: boolean;
}

/** The identity of the store, made if there is none: all that ask at once get the same. Rejects with an error of `redis`. */
export async function identify({ redis, answered }: Connection, prefix: string): Promise<Identity> {
  const fresh = randomBytes(16).toString('hex');
  const known = await answered(redis.set(prefix + IDENTITY, fresh, 'NX', 'GET'));
  return { storeId: known ?? fresh, isNew: known === null };
}
