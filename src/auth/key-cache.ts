/** The API keys that were read: asked for again only when some key was changed, so that any number of them costs a call the same. */

import type { Principal, Scope } from '../ports/principal.ts';
import { type ApiKeyRecord, type Clock, type KeyStore, StoreUnavailableError } from '../ports/store.ts';
import { createKeyLookups } from './key-lookups.ts';
import { FRESH_MS, isConfirmed, isWithin, type KeysVersion, unavailable, watchVersion } from './key-set-version.ts';
import { createKeyTable, type KnownKey } from './key-table.ts';
import { lockOf } from './secret-check.ts';

/** How long a record is used at most, whatever the version says: should a program change keys without it, that comes to light. */
export const MAX_AGE_MS: number = 15 * 60_000;
/** Some 130 bytes each. */
const MAX_KNOWN = 150_000;
/** Ids that no key has are a stranger's choice: kept apart, so that they push out no key. */
const MAX_UNKNOWN = 1_000;

/** An id that no key has, as the store said. */
interface UnknownKey extends Pick<KnownKey, 'version' | 'askedAt'> {
  readonly lock: undefined;
  readonly principal: undefined;
}

/** The store's answer about an id. */
export type CachedKey = KnownKey | UnknownKey;

/** Keys by id, in bounded memory. */
export interface KeyCache {
  /** The remembered answer, however old. */
  get(id: string): CachedKey | undefined;
  /** Whether a remembered key may be used at `now` without asking the store for it. */
  isFresh(key: Pick<CachedKey, 'version' | 'askedAt'>, now: number): boolean;
  /**
   * Gives what is remembered, if it is fresh. Or else asks the store for the version, and for the key if that has changed, in the turn of `network`
   * (`KeyLookups`); concurrent calls for one id share one answer. Throws `Rejection` (`store_unavailable`) if there is nothing to go by.
   */
  read(id: string, network: string): Promise<CachedKey>;
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
  let known = createKeyTable(MAX_KNOWN);
  const unknown = new Map<string, UnknownKey>();
  const reading = new Map<string, Promise<CachedKey>>();
  let shared = createSharedScopes();

  /** Both are in the order of the last asking: where one is full, what was asked for the longest ago has to go. */
  function remember(id: string, key: CachedKey): CachedKey {
    unknown.delete(id);
    if (key.lock === undefined) {
      known.delete(id);
      setBounded(unknown, id, key, MAX_UNKNOWN);
    } else {
      known.set(id, key);
    }
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
      const principal = { keyId: record.id, plan: record.plan, scopes: shared.of(record) };
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
      known = createKeyTable(MAX_KNOWN);
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

function setBounded<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  const [oldest] = map.keys();
  if (map.size >= most && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
