/** The ports: what policy needs kept, and the promises that every store makes about it. */
import type { CodeStore } from './codes.ts';
import type { LimitStore } from './limits.ts';
import { SCOPES, type Scope } from './principal.ts';
import type { RecoveryStore } from './recovery.ts';
import type { SealingKeyUses } from './sealing-keys.ts';

export type { ChargeResult, LimitStore, LimitWindow, RefundOptions, WindowState, WindowUsage } from './limits.ts';

/** Milliseconds since the Unix epoch. Injected, so that tests can stand at a window's boundary. */
export type Clock = () => number;

/** How long a caller should wait for a store that is away, in ms, where nothing says better. */
export const STORE_RETRY_MS = 1000;

/** The store cannot be reached or cannot write: the caller decides whether the call can go on without it. */
export class StoreUnavailableError extends Error {
  constructor(cause: unknown) {
    super('the store is not available', { cause });
    this.name = 'StoreUnavailableError';
  }
}

/** The store cannot be used as it is, and an operator must act; the message says what to do. */
export class StoreSetupError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StoreSetupError';
  }
}

/** A secret of an API key; a rotated key has two for a while. Times in ms since the epoch. */
export interface ApiKeySecret {
  /** SHA-256 of the whole API key, 32 bytes: the key itself is kept nowhere. */
  readonly digest: Uint8Array;
  readonly createdAt: number;
  /** When this secret stops working: the grace period of a rotation. Undefined: with the key. */
  readonly expiresAt: number | undefined;
  /** Whether a rotation made it, and nobody has used it since: another rotation then replaces it. False for a secret of an earlier version. */
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
  /** Kept in memory and flushed now and then: may be minutes behind. */
  readonly lastUsedAt: number | undefined;
  /** Newest first. */
  readonly secrets: readonly ApiKeySecret[];
}

/** The scopes among those that are kept with a key. A scope that this version does not know grants nothing here. */
export function knownScopes(kept: readonly string[]): Scope[] {
  return SCOPES.filter((scope) => kept.includes(scope));
}

/** Where a key stands in the order of keys: by the moment in which it was made, then by its id. */
export type KeyPlace = Pick<ApiKeyRecord, 'createdAt' | 'id'>;

/** API keys. A change is seen by every process on the same store within half a second. */
export interface KeyStore {
  find(id: string): Promise<ApiKeyRecord | undefined>;
  /** Finds up to 500 keys, in no order and each once, at a small part of the cost of as many calls of `find`. */
  findMany(ids: readonly string[]): Promise<ApiKeyRecord[]>;
  /**
   * Names the state of all keys: another text, never seen before, from the very step on in which a key was added or changed. Uses (`touch`)
   * leave it as it is. If a reader asked for it before a key, the key is unchanged while the text is the same.
   */
  version(): Promise<string>;
  /** Up to `limit` keys, at most 1000, in the order of their places: the first, or those after a place. The cost is that of these keys alone. */
  page(after: KeyPlace | undefined, limit: number): Promise<ApiKeyRecord[]>;
  /** Adds a key, all or nothing. Rejects if there is one with its id. */
  insert(key: ApiKeyRecord): Promise<void>;
  /** Adds a key only if there is none at all, atomically: two processes starting at once make one first key. Says whether it did. */
  insertFirst(key: ApiKeyRecord): Promise<boolean>;
  /** Changes a key in one atomic step, save its tenant, which stays; undefined if there is none with that id. */
  update(id: string, change: (key: ApiKeyRecord) => ApiKeyRecord): Promise<ApiKeyRecord | undefined>;
  /**
   * The same, but only while another key with the scope `admin` is active at `now`, by the store's clock if it has one: in the same step, so that of
   * two such changes at once one finds the other done. `last` if there is none: then nothing has changed.
   */
  updateWithOtherAdmin(
    id: string,
    change: (key: ApiKeyRecord) => ApiKeyRecord,
    now: number,
  ): Promise<ApiKeyRecord | 'last' | undefined>;
  /** Notes that the secret with this digest was used; nothing where it is gone. No change by the word of `version`. */
  noteUse(id: string, digest: Uint8Array): Promise<void>;
  /** Moves `lastUsedAt` forward for many keys at once; unknown ids are skipped. */
  touch(lastUsed: ReadonlyMap<string, number>): Promise<void>;
}

/** The state behind a service: closed once, after the last call. */
export interface Store {
  readonly keys: KeyStore;
  readonly limits: LimitStore;
  readonly codes: CodeStore;
  readonly recovery: RecoveryStore;
  readonly sealingKeys: SealingKeyUses;
  /**
   * Ties the store to one fingerprint key: writes `identity` (a public check value of the key) if none is written yet; says whether the one
   * written is the same. This is one atomic step: if two processes with different keys start at once, one of them gets false.
   */
  bind(identity: string): Promise<boolean>;
  /**
   * Resolves when the store can write; rejects with `StoreUnavailableError`. To be called now and then: a shared store that has lost its state
   * rejects everything until this has taken up what is there in its place.
   */
  ping(): Promise<void>;
  close(): Promise<void>;
}
