/** Authentication: from the API key a caller presents to the principal it proves, at a bounded cost for wrong ones. */

import type { Principal } from '../ports/principal.ts';
import { Rejection } from '../ports/rejection.ts';
import { type Clock, type KeyStore, StoreUnavailableError } from '../ports/store.ts';
import { hasChecksum, type ParsedApiKey, parseApiKey } from './api-key.ts';
import { createPeerTable } from './failure-throttle.ts';
import { createKeyCache } from './key-cache.ts';
import { createKeyUses } from './last-used.ts';
import { opens } from './secret-check.ts';

/** Says who calls. */
export interface Authenticator {
  /**
   * The principal behind an API key; `peer` is the caller's address with its port. Throws `Rejection`:
   * - `api_key_missing`: no key, or an empty one; no guess, so never counted;
   * - `api_key_invalid`: malformed, unknown, wrong, expired or revoked, which are not told apart; counted for the peer's network;
   * - `authentication_throttled`: the network failed 100 times within a minute. The store is not asked, and only keys that this process
   *   still remembers as right are let through: a neighbour behind the same proxy does not lock out who works already;
   * - `store_unavailable`: the store does not answer, and did not say within the last 15 minutes that the key is right.
   *
   * At once for a right key that was read lately, as nearly all are.
   */
  authenticate(apiKey: string | undefined, peer: string): Principal | Promise<Principal>;
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
  let peers = createPeerTable();
  const uses = createKeyUses();

  /** Failures are counted once known: as many more as are being looked up at that moment may slip through, none that is right is held up. */
  function failed(peer: string): Rejection {
    const retryAfterMs = peers.fail(peer, clock());
    return retryAfterMs > 0 ? throttled(retryAfterMs) : new Rejection('api_key_invalid');
  }

  function authenticate(apiKey: string | undefined, peer: string): Principal | Promise<Principal> {
    const presented = parseApiKey(apiKey ?? '');
    if (presented !== undefined) {
      const now = clock();
      const key = cache.get(presented.id);
      if (key?.principal !== undefined && cache.isFresh(key, now) && opens(key.lock, presented.digest, now)) {
        uses.note(presented.id, now);
        return key.principal;
      }
    }
    return lookUp(apiKey, presented, peer);
  }

  async function lookUp(apiKey: string | undefined, presented: ParsedApiKey | undefined, peer: string): Promise<Principal> {
    if (apiKey === undefined || apiKey === '') throw new Rejection('api_key_missing');
    if (presented === undefined || !hasChecksum(apiKey)) throw failed(peer);
    let key = cache.get(presented.id);
    let now = clock();
    if (key === undefined || !cache.isFresh(key, now)) {
      if (!opens(key?.lock, presented.digest, now)) {
        const retryAfterMs = peers.blockedMs(peer, now);
        if (retryAfterMs > 0) throw throttled(retryAfterMs);
      }
      key = await cache.read(presented.id);
      now = clock();
    }
    if (!opens(key.lock, presented.digest, now) || key.principal === undefined) throw failed(peer);
    uses.note(presented.id, now);
    return key.principal;
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
    peers = createPeerTable();
  }

  return {
    authenticate,
    forget,
    knows: cache.knows,
    flush: () => write(uses.take()),
    close: () => write(uses.takeAll()),
  };
}

function throttled(retryAfterMs: number): Rejection {
  return new Rejection('authentication_throttled', { retryAfterMs });
}
