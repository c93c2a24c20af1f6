/** Authentication: from the API key a caller presents to the principal it proves, at a bounded cost for wrong ones. */

import type { Principal } from '../ports/principal.ts';
import { Rejection } from '../ports/rejection.ts';
import { type Clock, type KeyStore, StoreUnavailableError } from '../ports/store.ts';
import { hasChecksum, type ParsedApiKey, parseApiKey } from './api-key.ts';
import { createFailureThrottle, networkOf } from './failure-throttle.ts';
import { type CachedKey, createKeyCache } from './key-cache.ts';
import { createKeyWatch } from './key-watch.ts';
import { createKeyUses } from './last-used.ts';
import { isFirstUse, opens } from './secret-check.ts';

/** Says who calls. */
export interface Authenticator {
  /**
   * The principal behind an API key; `peer` is the caller's address, with or without its port. Throws `Rejection`:
   * - `api_key_missing`: no key, or an empty one;
   * - `api_key_invalid`: malformed, unknown, wrong, expired or revoked, which are not told apart. All but malformed ones, which the checksum
   *   rules out, count as failures of the peer's network;
   * - `authentication_throttled`: the same as `api_key_invalid`, of a network that has failed 100 times within a minute;
   * - `store_unavailable`: the store does not answer, or not as fast as needed, and did not say within the last 15 minutes that the key is right.
   *
   * A right key is never refused for the failures of others. A process that does not remember it looks it up: 50,000 ids a second, networks in
   * turns (`KeyLookups`), which is more wrong keys than a process can take, so that a right one among them is in as soon as a call is answered at
   * all. If the store takes longer than 40 ms to answer, and more wrong keys come than it can look up, a right key may be told
   * `store_unavailable`, with the chance of any key of its network: at 200 ms and 18,000 wrong keys a second 10,000 are looked up, so that four tries
   * let in 24 of 25. Once let in, it is remembered.
   *
   * At once for a right key that was read lately, as nearly all are.
   */
  authenticate(apiKey: string | undefined, peer: string): Principal | Promise<Principal>;
  /**
   * Watches the API key that a long call was let in with: `onEnded` is told, once, what `authenticate` would reject the call with by now. Within
   * a second of a revocation or a rotation without a grace, and a quarter of that where the key expires or its grace ends; through an outage of
   * the store it goes by the last word, as calls do. To be called right after `authenticate`; `onEnded` must not throw. The function that comes back
   * ends the watch, and may be called twice.
   */
  watch(apiKey: string, onEnded: (reason: unknown) => void): () => void;
  /**
   * Forgets every key, and who failed, at once: the store has lost its state, and what it said before must let nobody in any more. Callers
   * whose key it has lost are no guessers.
   */
  forget(): void;
  /** Whether the principal's key was read since the last `forget`: to be asked before a code is judged, since a caller may take its time. */
  knows(principal: Principal): boolean;
  /**
   * Stores when keys were last used; to be called every ten seconds or so. Of more than 2,000 keys those that have waited the longest, and while
   * the store is away none: the others wait for the next flush.
   */
  flush(): Promise<void>;
  /** Stores what is still waiting. */
  close(): Promise<void>;
}

export interface AuthenticatorOptions {
  readonly keys: KeyStore;
  readonly clock: Clock;
}

/** Makes an authenticator that remembers no failures and no keys yet. */
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

  /** Before the call goes on: from then on no rotation takes the secret for one that was lost. While the store is away, nothing is rotated. */
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
