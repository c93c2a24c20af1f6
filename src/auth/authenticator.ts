/** Authentication: determines the principal of an API key, and bounds the cost of wrong keys. */

import type { Principal } from '../ports/principal.ts';
import { Rejection } from '../ports/rejection.ts';
import { type Clock, type KeyStore, StoreUnavailableError } from '../ports/store.ts';
import { hasChecksum, type ParsedApiKey, parseApiKey } from './api-key.ts';
import { createFailureThrottle, networkOf } from './failure-throttle.ts';
import { type CachedKey, createKeyCache } from './key-cache.ts';
import { createKeyWatch } from './key-watch.ts';
import { createKeyUses } from './last-used.ts';
import { isFirstUse, opens } from './secret-check.ts';

/** Identifies callers. */
export interface Authenticator {
  /**
   * Returns the principal of an API key; `peer` is the caller's address, with or without its port. Throws `Rejection`:
   * - `api_key_missing`: no key, or an empty one;
   * - `api_key_invalid`: malformed, unknown, wrong, expired or revoked, without saying which. All of them count as failures of the peer's network, except
   *   malformed keys, which the checksum rules out;
   * - `authentication_throttled`: the same as `api_key_invalid`, for a network with 100 failures within a minute;
   * - `store_unavailable`: the store does not answer, or not fast enough, and has not confirmed the key within the last 15 minutes.
   *
   * A valid key is never refused because others fail. A process that has not cached the key looks it up: 50,000 ids per second, with networks in turns
   * (`KeyLookups`). A process cannot receive that many wrong keys, so a valid key among them is admitted as long as calls are answered at all. If the
   * store takes longer than 40 ms to answer, and more wrong keys arrive than can be looked up, a valid key may get `store_unavailable`, with the same
   * chance as any key of its network: at 200 ms and 18,000 wrong keys per second 10,000 are looked up, so that four tries admit 24 of 25 valid keys. An
   * admitted key is cached.
   *
   * Synchronous for a valid key that was read lately, as nearly all are.
   */
  authenticate(apiKey: string | undefined, peer: string): Principal | Promise<Principal>;
  /**
   * Watches the API key of a long call: calls `onEnded` once, with the error that `authenticate` would throw by then. It does so within a second of a
   * revocation or of a rotation without a grace period, and within 250 ms of the end of the key or of a grace period. While the store is unavailable,
   * the last known state of the key counts, as for other calls. Call this right after `authenticate`; `onEnded` must not throw. The returned function
   * ends the watch and may be called twice.
   */
  watch(apiKey: string, onEnded: (reason: unknown) => void): () => void;
  /**
   * Forgets all keys and failures at once. Call this when the store has lost its state: answers from before must not admit a caller. The failures go
   * too, since a caller whose key the store has lost is not guessing.
   */
  forget(): void;
  /**
   * Whether the principal's key was read since the last `forget`. Check this right before a code is judged, since a call may have waited since it was
   * admitted.
   */
  knows(principal: Principal): boolean;
  /**
   * Stores when keys were last used. Call this about every ten seconds. It stores at most 2,000 keys, beginning with the keys that have waited the
   * longest; while the store is unavailable, it stores none. The others wait for the next flush.
   */
  flush(): Promise<void>;
  /** Stores the remaining uses. */
  close(): Promise<void>;
}

export interface AuthenticatorOptions {
  readonly keys: KeyStore;
  readonly clock: Clock;
}

/** Makes an authenticator without failures and cached keys. */
export function createAuthenticator({ keys, clock }: AuthenticatorOptions): Authenticator {
  const cache = createKeyCache(keys, clock);
  const watched = createKeyWatch(cache, clock);
  let throttle = createFailureThrottle();
  const uses = createKeyUses();

  function failed(network: string, now: number): Rejection {
    const retryAfterMs = throttle.fail(network, now);
    return retryAfterMs > 0 ? new Rejection('authentication_throttled', { retryAfterMs }) : new Rejection('api_key_invalid');
  }

  function authenticate(apiKey: string | undefined, peer: string): Principal | Promise<Principal> {
    const presented = parseApiKey(apiKey ?? '');
    if (presented !== undefined) {
      const now = clock();
      const key = cache.get(presented.id);
      const isSettled = key?.principal !== undefined && !key.lock?.awaitsUse && cache.isFresh(key, now);
      if (isSettled && opens(key.lock, presented.digest, now)) {
        uses.note(presented.id, now);
        return key.principal;
      }
    }
    return lookUp(apiKey, presented, peer);
  }

  async function lookUp(apiKey: string | undefined, presented: ParsedApiKey | undefined, peer: string): Promise<Principal> {
    if (apiKey === undefined || apiKey === '') throw new Rejection('api_key_missing');
    if (presented === undefined || !hasChecksum(apiKey)) throw new Rejection('api_key_invalid');
    const network = networkOf(peer);
    const key = await cache.read(presented.id, network);
    const now = clock();
    if (!opens(key.lock, presented.digest, now) || key.principal === undefined) throw failed(network, now);
    if (isFirstUse(key.lock, presented.digest)) await noteFirstUse(presented, key);
    uses.note(presented.id, now);
    return key.principal;
  }

  /**
   * Stores the first use before the call continues: from then on no rotation treats the secret as lost. While the store is unavailable, no rotation
   * happens.
   */
  async function noteFirstUse({ id, digest }: ParsedApiKey, key: CachedKey): Promise<void> {
    try {
      await keys.noteUse(id, digest);
      cache.noteUsed(id, key);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
    }
  }

  async function write(taken: ReadonlyMap<string, number>): Promise<void> {
    if (taken.size === 0) return;
    try {
      await keys.touch(taken);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      uses.putBack(taken);
    }
  }

  function forget(): void {
    cache.forget();
    watched.forget();
    throttle = createFailureThrottle();
  }

  return {
    authenticate,
    watch(apiKey, onEnded) {
      const presented = parseApiKey(apiKey);
      if (presented === undefined) throw new TypeError('what is watched must be an API key that was let in');
      return watched.add(presented, onEnded);
    },
    forget,
    knows: cache.knows,
    flush: () => write(uses.take()),
    close: () => write(uses.takeAll()),
  };
}
