/** The cached API keys, in an LRU. A key is read again only after some key has changed, so a call with a cached key asks the store nothing. */
import { LRUCache } from 'lru-cache';
import type { Principal, Scope } from '../ports/principal.ts';
import { type ApiKeyRecord, type Clock, type KeyStore, StoreUnavailableError } from '../ports/store.ts';
import { createKeyLookups } from './key-lookups.ts';
import { FRESH_MS, isConfirmed, isWithin, type KeysVersion, unavailable, watchVersion } from './key-set-version.ts';
import { type KeyLock, lockOf } from './secret-check.ts';

/** The longest time that a record is used, whatever the version says: it bounds the effect of a program that changes keys without a new version. */
export const MAX_AGE_MS: number = 15 * 60_000;
/** If more keys are in use, a call with the least recently used key waits for a look-up, as its first call did. */
const MAX_KNOWN = 10_000;
/** Strangers choose the ids that no key has; they are cached separately, so that they push out no key. */
const MAX_UNKNOWN = 1_000;

/** The store's answer for an id, reduced to the facts that a call needs. */
export interface CachedKey {
  /** Undefined, like the principal, for an id that no key has. */
  readonly lock: KeyLock | undefined;
  readonly principal: Principal | undefined;
  /** The version before the store was asked for the key: a later change has another version. */
  readonly version: KeysVersion;
  /** When the store was last asked for the key, whether or not it answered. In ms since the epoch. */
  readonly askedAt: number;
}

/** Keys by id, in bounded memory. */
export interface KeyCache {
  /** The cached answer, whatever its age; counts as a use for the LRU. */
  get(id: string): CachedKey | undefined;
  /** Whether a cached key may be used at `now` without asking the store. */
  isFresh(key: Pick<CachedKey, 'version' | 'askedAt'>, now: number): boolean;
  /**
   * Returns the cached answer if it is fresh. Otherwise asks the store for the version and, if that has changed, for the key, in the turn of `network`
   * (`KeyLookups`); concurrent calls for one id share one answer. Throws `Rejection` (`store_unavailable`) if no usable answer is cached.
   */
  read(id: string, network: string): Promise<CachedKey>;
  /** Notes that the store knows of the first use of the key's newest secret. */
  noteUsed(id: string, key: CachedKey): void;
  /** Asks the store for the current version of all keys. Throws as `read` does. */
  askVersion(): Promise<KeysVersion>;
  /** Drops all cached answers, and the answers that are being read. */
  forget(): void;
  /** Whether the principal was read since the last `forget`. */
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
    // `current` comes first, since it also has the version refreshed before that is too old.
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
      // The store has lost its state in the meantime, and this answer is from before.
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
  /** The set shared by all keys with the same scopes. */
  of(record: ApiKeyRecord): ReadonlySet<Scope>;
  /** Whether `scopes` is one of these sets itself, and not only equal to one. */
  has(scopes: ReadonlySet<Scope>): boolean;
}

/** Makes few sets for many keys. The identity of its set also tells whether a principal was read before the sets were made. */
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
