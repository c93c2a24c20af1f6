/** The API keys that were read lately: changes act within half a second, and an outage of the store is outlived. */
import type { Principal } from './principal.ts';
import { Rejection } from './rejection.ts';
import { type ApiKeyRecord, type Clock, type KeyStore, StoreUnavailableError } from './store.ts';

/** How long a record is used without asking the store. */
const FRESH_MS = 500;
/** How long a record is used while the store does not answer. */
const OUTAGE_MS = 15 * 60_000;
const RETRY_MS = 1000;
const MAX_KNOWN = 10_000;
/** Ids that no key has are a stranger's choice: kept apart, so that they push out no key. */
const MAX_UNKNOWN = 1_000;

/** What the store said of one id. Times in ms since the epoch. */
export interface CachedKey {
  /** Undefined if no key has the id. */
  readonly record: ApiKeyRecord | undefined;
  readonly principal: Principal | undefined;
  /** When the store was asked and answered. */
  readonly readAt: number;
  /** When the store was last asked, whether or not it answered. */
  readonly askedAt: number;
}

/** Records by id, in bounded memory. */
export interface KeyCache {
  /** What is remembered, however old. */
  get(id: string): CachedKey | undefined;
  /** Asks the store; concurrent calls for one id share one answer. Throws `Rejection` (`store_unavailable`) if there is nothing to go by. */
  read(id: string): Promise<CachedKey>;
  /** Drops all that was read so far, and what is being read at this moment. */
  forget(): void;
  /** Whether the principal was read since. */
  knows(principal: Principal): boolean;
}

/** Makes an empty cache over the store. */
export function createKeyCache(keys: KeyStore, clock: Clock): KeyCache {
  const known = new Map<string, CachedKey>();
  const unknown = new Map<string, CachedKey>();
  const reading = new Map<string, Promise<CachedKey>>();
  /** The principals that were read since the last `forget`. */
  let read = new WeakSet<Principal>();

  /** Each map is in the order of the last asking: with that, the first is the one longest out of use, to within `FRESH_MS`. */
  function remember(id: string, entry: CachedKey): CachedKey {
    known.delete(id);
    unknown.delete(id);
    if (entry.record === undefined) setBounded(unknown, id, entry, MAX_UNKNOWN);
    else setBounded(known, id, entry, MAX_KNOWN);
    return entry;
  }

  async function ask(id: string): Promise<CachedKey> {
    // The moment before the question: what the store says may be as old as that.
    const askedAt = clock();
    const since = read;
    try {
      const record = await keys.find(id);
      // The answer of a store that has lost its state meanwhile.
      if (since !== read) throw new StoreUnavailableError(new Error('state lost'));
      const principal = record && principalOf(record);
      if (principal !== undefined) read.add(principal);
      return remember(id, { record, principal, readAt: askedAt, askedAt });
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      const last = known.get(id);
      if (last === undefined || !isWithin(last.readAt, OUTAGE_MS, clock()))
        throw new Rejection('store_unavailable', { retryAfterMs: RETRY_MS, cause: error });
      return remember(id, { ...last, askedAt });
    }
  }

  return {
    get: (id) => known.get(id) ?? unknown.get(id),
    read(id) {
      const underWay = reading.get(id);
      if (underWay !== undefined) return underWay;
      const started = ask(id).finally(() => reading.delete(id));
      reading.set(id, started);
      return started;
    },
    forget() {
      known.clear();
      unknown.clear();
      read = new WeakSet();
    },
    knows: (principal) => read.has(principal),
  };
}

/** Whether a remembered key may be used at `now` without asking the store. */
export function isFresh(entry: CachedKey, now: number): boolean {
  return isWithin(entry.askedAt, FRESH_MS, now);
}

/** A moment in the future, left by a clock that stepped back, is within nothing. */
function isWithin(moment: number, spanMs: number, now: number): boolean {
  return moment <= now && now - moment < spanMs;
}

function principalOf(record: ApiKeyRecord): Principal {
  return { keyId: record.id, plan: record.plan, scopes: new Set(record.scopes) };
}

function setBounded<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  const [oldest] = map.keys();
  if (map.size >= most && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
