/** The remembered API keys, in arrays of numbers: some 130 bytes a key, for any number of keys (util/id-table.ts says why). */

import type { Principal, Scope } from '../ports/principal.ts';
import { createIdTable } from '../util/id-table.ts';
import { NONE } from '../util/lru-slots.ts';
import type { KeysVersion } from './key-set-version.ts';
import { DIGESTS_LENGTH, type KeyLock } from './secret-check.ts';

/** The store's answer about an API key: only the facts that a call needs. */
export interface KnownKey {
  readonly lock: KeyLock;
  readonly principal: Principal;
  /** In force before the store was asked for the key: a change since then has another. */
  readonly version: KeysVersion;
  /** When the store was last asked for the key, whether or not it answered. In ms since the epoch. */
  readonly askedAt: number;
}

/** API keys by id, in the order in which the store was asked for them. */
export interface KeyTable {
  /** The key; its lock is to be used before others are put into the table. */
  get(id: string): KnownKey | undefined;
  /** Remembers a key. In a full table the one that the store was asked for the longest ago has to go. */
  set(id: string, key: KnownKey): void;
  delete(id: string): void;
}

/** Properties that many keys have in common. */
interface Terms {
  readonly plan: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly version: KeysVersion;
}

/** Makes an empty table of `capacity` keys at most. */
export function createKeyTable(capacity: number): KeyTable {
  const ids = createIdTable(capacity);
  const digests = Buffer.alloc(capacity * DIGESTS_LENGTH);
  /** Of the newest secret and of the one before. */
  const [newestUntil, previousUntil] = [new Float64Array(capacity), new Float64Array(capacity)];
  const askedAt = new Float64Array(capacity);
  const terms: Terms[] = [];
  const shared = createSharedTerms();

  function rowFor(id: string): number {
    const known = ids.find(id);
    if (known !== NONE) {
      ids.rows.renew(known);
      return known;
    }
    if (ids.rows.size === capacity) ids.remove(ids.rows.oldest);
    return ids.add(id);
  }

  return {
    get(id) {
      const row = ids.find(id);
      const common = terms[row];
      if (row === NONE || common === undefined) return undefined;
      return {
        lock: {
          digests,
          at: row * DIGESTS_LENGTH,
          newestUntil: newestUntil[row] as number,
          previousUntil: previousUntil[row] as number,
        },
        principal: { keyId: id, plan: common.plan, scopes: common.scopes },
        version: common.version,
        askedAt: askedAt[row] as number,
      };
    },
    set(id, { lock, principal, version, askedAt: moment }) {
      const row = rowFor(id);
      lock.digests.copy(digests, row * DIGESTS_LENGTH, lock.at, lock.at + DIGESTS_LENGTH);
      newestUntil[row] = lock.newestUntil;
      previousUntil[row] = lock.previousUntil;
      askedAt[row] = moment;
      terms[row] = shared.of(principal, version);
    },
    delete(id) {
      const row = ids.find(id);
      if (row !== NONE) ids.remove(row);
    },
  };
}

/** Few objects for many keys: those of the version at hand. */
function createSharedTerms(): { of(principal: Principal, version: KeysVersion): Terms } {
  let ofVersion: KeysVersion | undefined;
  let shared = new Map<ReadonlySet<Scope>, Map<string, Terms>>();
  return {
    of({ plan, scopes }, version) {
      if (version !== ofVersion) shared = new Map();
      ofVersion = version;
      const byPlan = shared.get(scopes) ?? new Map<string, Terms>();
      shared.set(scopes, byPlan);
      const terms = byPlan.get(plan) ?? { plan, scopes, version };
      byPlan.set(plan, terms);
      return terms;
    },
  };
}
