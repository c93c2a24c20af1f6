/** The open masters: each is opened once, and again after it was lost. */
import { StoreUnavailableError } from '../../ports/store.ts';
import { textOf } from './connection.ts';
import type { Master } from './master.ts';
import type { RedisAddress } from './url.ts';

/** The pause between two attempts to open a master, in ms. */
const ANEW_MS = 100;

/** Opens a master; calls `onLost` when it is gone. */
export type OpenMaster = (address: RedisAddress, onLost: () => void) => Promise<Master>;

/** A master that is open, being opened, or lost. */
export interface Entry {
  readonly address: RedisAddress;
  /** Undefined if it is not open. */
  readonly master: Master | undefined;
  /** Resolves when the master is open; rejects with `StoreUnavailableError` if that fails, or once it is lost. */
  readonly state: Promise<Master>;
}

export interface PoolEvents {
  readonly onOpen: (address: RedisAddress, master: Master) => void;
  /** Called with the error of `open`. */
  readonly onFailure: (address: RedisAddress, error: unknown) => void;
  readonly onLost: () => void;
}

export interface MasterPool {
  /** The master at an address, opened if necessary; after a failure, only after a pause. */
  at(address: RedisAddress): Entry;
  /** Forgets the master with this name, and closes it after this many ms. */
  drop(name: string, lingerMs: number): void;
  close(): Promise<void>;
}

/** Makes an empty pool. */
export function createMasterPool(open: OpenMaster, { onOpen, onFailure, onLost }: PoolEvents): MasterPool {
  type Own = { -readonly [Part in keyof Entry]: Entry[Part] } & { readonly begunAt: number; reopenAt: number };
  const entries = new Map<string, Own>();
  let isClosed = false;

  function fail(entry: Own, error: unknown): void {
    entry.master = undefined;
    entry.reopenAt = entry.begunAt + ANEW_MS;
    entry.state = refusing(error);
  }

  function begin(address: RedisAddress): Own {
    const begunAt = performance.now();
    const opening = open(address, () => {
      fail(entry, new Error('connection lost'));
      onLost();
    });
    const entry: Own = { address, master: undefined, state: opening, begunAt, reopenAt: Number.POSITIVE_INFINITY };
    entry.state = opening.catch((error: unknown) => {
      fail(entry, error);
      onFailure(address, error);
      return entry.state;
    });
    entry.state.then(
      (master) => {
        // Unless it was lost already.
        if (entry.reopenAt !== Number.POSITIVE_INFINITY) return;
        entry.master = master;
        onOpen(address, master);
      },
      () => undefined,
    );
    return entry;
  }

  return {
    at(address) {
      const name = textOf(address);
      const known = entries.get(name);
      if (known !== undefined && known.reopenAt > performance.now()) return known;
      if (isClosed) return { address, master: undefined, state: refusing(new Error('closed')) };
      const entry = begin(address);
      entries.set(name, entry);
      return entry;
    },
    drop(name, lingerMs) {
      const entry = entries.get(name);
      entries.delete(name);
      const close = () => void entry?.state.then((master) => master.close()).catch(() => undefined);
      if (lingerMs === 0) close();
      else setTimeout(close, lingerMs).unref();
    },
    async close() {
      isClosed = true;
      await Promise.all([...entries.values()].map(({ state }) => state.then((master) => master.close()).catch(() => undefined)));
    },
  };
}

function refusing(error: unknown): Promise<never> {
  const state = Promise.reject(error instanceof StoreUnavailableError ? error : new StoreUnavailableError(error));
  state.catch(() => undefined);
  return state;
}
