/** The API keys that were read, in an LRU: asked for again only when some key was changed, so that a call of a remembered key asks nothing. */
import { LRUCache } from 'lru-cache';
import type { Principal, Scope } from '../ports/principal.ts';
import { type ApiKeyRecord, type Clock, type KeyStore, StoreUnavailableError } from '../ports/store.ts';
import { createKeyLookups } from './key-lookups.ts';
import { FRESH_MS, isConfirmed, isWithin, type KeysVersion, unavailable, watchVersion } from './key-set-version.ts';
import { type KeyLock, lockOf } from './secret-check.ts';

/** How long a record is used at most, whatever the version says: should a program change keys without it, that comes to light. */
export const MAX_AGE_MS: number = 15 * 60_000;
/** With more keys in use, the call of a key that was used the longest ago waits for a look-up, as its first call did. */
const MAX_KNOWN = 10_000;
/** Ids that no key has are a stranger's choice: kept apart, so that they push out no key. */
const MAX_UNKNOWN = 1_000;

/** The store's answer about an id: only the facts that a call needs. */
export interface CachedKey {
  /** Undefined, like the principal, for an id that no key has. */
  readonly lock: KeyLock | undefined;
  readonly principal: Principal | undefined;
  /** In force before the store was asked for the key: a change since then has another. */
  readonly version: KeysVersion;
  /** When the store was last asked for the key, whether or not it answered. In ms since the epoch. */
  readonly askedAt: number;
}

/** Keys by id, in bounded memory. */
export interface KeyCache {
  /** The remembered answer, however old; it counts as a use. */
  get(id: string): CachedKey | undefined;
  /** Whether a remembered key may be used at `now` without asking the store for it. */
  isFresh(key: Pick<CachedKey, 'version' | 'askedAt'>, now: number): boolean;
  /**
   * Gives what is remembered, if it is fresh. Or else asks the store for the version, and for the key if that has changed, in the turn of `network`
   * (`KeyLookups`); concurrent calls for one id share one answer. Throws `Rejection` (`store_unavailable`) if there is nothing to go by.
   */
  read(id: string, network: string): Promise<CachedKey>;
  /** Takes note that the first use of the key's newest secret is known to the store. */
  noteUsed(id: string, key: CachedKey): void;
  /** Asks the store which version of all keys is in force. Throws as `read` does. */
  askVersion(): Promise<KeysVersion>;
  /** Drops all that was read so far, and what is being read at this moment. */
  forget(): void;
  /** Whether the principal was read since. */
  knows(principal: Principal): boolean;
}

/** Makes an empty cache over the store. */
export function createKeyCache(keys: KeyStore, clock: Clock): KeyCache {
  const versions = watchVersion(keys, clock);
  const lookups = createKeyLookups(keys);
  const known = new LRUCache<string, CachedKey>({ max: MAX_KNOWN });
  const unknown = new LRUCache<string, CachedKey>({ max: MAX_UNKNOWN });
  const reading = new Map<string, Promise<CachedKey>>();
  let shared = createSharedScopes();

  function remember(id: string, key: CachedKey): CachedKey {
    const [now, before] = key.lock === undefined ? [unknown, known] : [known, unknown];
    before.delete(id);
    now.set(id, key);
    return key;
  }

  const get = (id: string): CachedKey | undefined => known.get(id) ?? unknown.get(id);

  function isFresh({ version, askedAt }: CachedKey, now: number): boolean {
    // The version first: to ask for it is what has it asked of the store before it is too old.
    if (versions.current(now) === version && isWithin(askedAt, MAX_AGE_MS, now)) return true;
    return isWithin(askedAt, FRESH_MS, now);
  }

  async function ask(id: string, network: string): Promise<CachedKey> {
    const since = shared;
    const version = versions.current(clock()) ?? (await versions.ask());
    const remembered = get(id);
    const askedAt = clock();
    if (remembered !== undefined && isFresh(remembered, askedAt)) return remembered;
    try {
      const record = await lookups.find(id, network);
      // The answer of a store that has lost its state meanwhile.
      if (since !== shared) throw new StoreUnavailableError(new Error('state lost'));
      if (record === undefined) return remember(id, { lock: undefined, principal: undefined, version, askedAt });
      const principal = { keyId: record.id, plan: record.plan, scopes: shared.of(record), tenant: record.tenant };
      return remember(id, { lock: lockOf(record), principal, version, askedAt });
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      const last = known.get(id);
      if (last === undefined || !isConfirmed(last.version, clock())) throw unavailable(error);
      return remember(id, { ...last, askedAt });
    }
  }

  return {
    get,
    isFresh,
    noteUsed(id, key) {
      const { lock } = key;
      if (lock !== undefined && known.get(id) === key) known.set(id, { ...key, lock: { ...lock, awaitsUse: false } });
    },
    askVersion: versions.ask,
    async read(id, network) {
      const remembered = get(id);
      if (remembered !== undefined && isFresh(remembered, clock())) return remembered;
      const underWay = reading.get(id);
      if (underWay !== undefined) return underWay;
      const started = ask(id, network).finally(() => reading.delete(id));
      reading.set(id, started);
      return started;
    },
    forget() {
      known.clear();
      unknown.clear();
      shared = createSharedScopes();
    },
    knows: ({ scopes }) => shared.has(scopes),
  };
}

interface SharedScopes {
  /** The set that all keys with the same scopes share. */
  of(record: ApiKeyRecord): ReadonlySet<Scope>;
  /** Whether it is one of these sets, not one that only equals it. */
  has(scopes: ReadonlySet<Scope>): boolean;
}

/** Few sets for many keys: by the one it holds, a principal is told from those that were read before the sets were made. */
function createSharedScopes(): SharedScopes {
  const sets = new Map<string, ReadonlySet<Scope>>();
  const made = new WeakSet<ReadonlySet<Scope>>();
  return {
    of({ scopes }) {
      const name = scopes.join(' ');
      const set = sets.get(name) ?? new Set(scopes);
      sets.set(name, set);
      made.add(set);
      return set;
    },
    has: (scopes) => made.has(scopes),
  };
}
