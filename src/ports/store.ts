/** The ports: the state that the rules need, and the guarantees of every store. */
import type { CodeStore } from './codes.ts';
import type { LimitStore } from './limits.ts';
import { SCOPES, type Scope } from './principal.ts';
import type { RecoveryStore } from './recovery.ts';

export type { ChargeResult, LimitStore, LimitWindow, RefundOptions, WindowState, WindowUsage } from './limits.ts';

/** Returns milliseconds since the Unix epoch. Injected, so that tests can set the time. */
export type Clock = () => number;

/** How long a caller should wait before it retries while the store is unavailable, in ms, unless the error says otherwise. */
export const STORE_RETRY_MS = 1000;

/** The store cannot be reached or cannot write. The caller decides whether the call can continue without it. */
export class StoreUnavailableError extends Error {
  constructor(cause: unknown) {
    super('the store is not available', { cause });
    this.name = 'StoreUnavailableError';
  }
}

/** The store cannot be used until an operator acts; the message says how. */
export class StoreSetupError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StoreSetupError';
  }
}

/** A secret of an API key; a rotated key has two for a while. Times in ms since the epoch. */
export interface ApiKeySecret {
  /** SHA-256 of the whole API key, 32 bytes. The key itself is not stored. */
  readonly digest: Uint8Array;
  readonly createdAt: number;
  /** When this secret stops working, at the end of the grace period of a rotation; undefined if it ends with the key. */
  readonly expiresAt: number | undefined;
  /** Whether a rotation made this secret and no call has used it yet. Another rotation then replaces it. False for a secret of an earlier version. */
  readonly awaitsUse: boolean;
}

/** An API key as it is stored. Times in ms since the epoch. */
export interface ApiKeyRecord {
  /** The public part of the key, 12 characters of base62. */
  readonly id: string;
  readonly name: string;
  readonly plan: string;
  /** Fixed when the key is made: see `Principal.tenant`. */
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
  /** Collected in memory and written at intervals, so it may be minutes old. */
  readonly lastUsedAt: number | undefined;
  /** Newest first. */
  readonly secrets: readonly ApiKeySecret[];
}

/** The known scopes among the stored scopes of an API key. A scope that this version does not know grants nothing here. */
export function knownScopes(kept: readonly string[]): Scope[] {
  return SCOPES.filter((scope) => kept.includes(scope));
}

/** The place of a key in the order of keys: by the time of its creation, then by its id. */
export type KeyPlace = Pick<ApiKeyRecord, 'createdAt' | 'id'>;

/** API keys. A change is seen by every process on the same store within half a second. */
export interface KeyStore {
  find(id: string): Promise<ApiKeyRecord | undefined>;
  /** Finds up to 500 keys, each once and in any order, at a small part of the cost of separate calls of `find`. */
  findMany(ids: readonly string[]): Promise<ApiKeyRecord[]>;
  /**
   * Identifies the state of all keys by a text. The step that adds or changes a key also changes the text, to a value never used before; `touch` does not
   * change it. If a reader reads the text before a key, the key is unchanged while the text is the same.
   */
  version(): Promise<string>;
  /**
   * Returns up to `limit` keys, at most 1000, in the order of their places, from the first key or from the key after `after`. The cost depends on these
   * keys alone.
   */
  page(after: KeyPlace | undefined, limit: number): Promise<ApiKeyRecord[]>;
  /** Adds a key, atomically. Rejects if a key with its id exists. */
  insert(key: ApiKeyRecord): Promise<void>;
  /** Adds a key only if the store has no key, atomically: of two processes that start at once, one makes the first key. Returns whether the key was added. */
  insertFirst(key: ApiKeyRecord): Promise<boolean>;
  /** Changes a key, except for its tenant, in one atomic step. Returns undefined if there is no key with that id. */
  update(id: string, change: (key: ApiKeyRecord) => ApiKeyRecord): Promise<ApiKeyRecord | undefined>;
  /**
   * Changes a key as `update` does, but only if another key with the scope `admin` is active at `now`, by the clock of the store if it has one. The check
   * and the change are one step, so that of two such changes at once, the second sees the first. Returns `last`, and changes nothing, if there is no other.
   */
  updateWithOtherAdmin(
    id: string,
    change: (key: ApiKeyRecord) => ApiKeyRecord,
    now: number,
  ): Promise<ApiKeyRecord | 'last' | undefined>;
  /** Notes that the secret with this digest was used; does nothing if the secret is gone. `version` does not change. */
  noteUse(id: string, digest: Uint8Array): Promise<void>;
  /** Moves `lastUsedAt` forward for many keys at once; skips unknown ids. */
  touch(lastUsed: ReadonlyMap<string, number>): Promise<void>;
}

/** The uses of sealing keys, which show an operator whether a key is still needed. */
export interface SealingKeyUses {
  /** The last day on which a blob was sealed or opened under each key, in days since the epoch, by the id of the key. */
  lastDays(): Promise<ReadonlyMap<string, number>>;
  /**
   * Moves the days of keys forward; a day before the stored day changes nothing. Each process calls it once a day per key, for any number of blobs.
   * The map has only keys that were in the ring.
   */
  noteDays(days: ReadonlyMap<string, number>): Promise<void>;
}

/** The state behind a service: closed once, after the last call. */
export interface Store {
  readonly keys: KeyStore;
  readonly limits: LimitStore;
  readonly codes: CodeStore;
  readonly recovery: RecoveryStore;
  readonly sealingKeys: SealingKeyUses;
  /**
   * Binds the store to one fingerprint key: writes `identity`, a public check value of the key, if none is written yet, and returns whether the written
   * value is the same. This is one atomic step: if two processes with different keys start at once, one of them gets false.
   */
  bind(identity: string): Promise<boolean>;
  /**
   * Resolves if the store can write; rejects with `StoreUnavailableError` if not. Call this at intervals: a shared store that has lost its state
   * rejects everything until this call has adopted its new state.
   */
  ping(): Promise<void>;
  close(): Promise<void>;
}
