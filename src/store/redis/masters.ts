/** The present masters of a set: finds and opens them, follows their changes, and reports them to an operator. */
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailableError } from '../../ports/store.ts';
import { textOf, within } from './connection.ts';
import { RedisAwayError, RedisSetupError } from './error.ts';
import type { Master } from './master.ts';
import { createMasterPool, type Entry, type OpenMaster } from './master-pool.ts';
import { SLOTS } from './slot.ts';
import type { SlotMap, Topology } from './topology.ts';
import type { RedisAddress } from './url.ts';

/** The pause between two attempts to find the masters, in ms. */
const ANEW_MS = 100;
/** How long the first look may take, and the pause between two attempts of it, in ms. */
const OPENING_TIMEOUT_MS = 3000;
const OPENING_PAUSE_MS = 50;
/** How long a master without slots is kept for outstanding answers, in ms. */
const LINGER_MS = 500;

export interface Masters {
  /** The master of a slot. Throws `StoreUnavailableError` if the slot has none. */
  of(slot: number): Entry;
  /** The master at an address. */
  at(address: RedisAddress): Entry;
  /** The number of a slot's master, the same for all slots of one master. */
  placeOf(slot: number): number;
  /** Waits until a master is open, or until a time of `performance.now()`. Rejects with `StoreUnavailableError`. */
  opened(entry: Entry, until: number): Promise<Master>;
  /** Assumes that this master has the slot, until the next look. */
  learn(slot: number, address: RedisAddress): void;
  /** Finds the masters again. Rejects with `StoreUnavailableError` if no server knows them. */
  refresh(): Promise<void>;
  /** The same, soon, and at most ten times a second, after a slot was not where it was expected. */
  lookAgain(): void;
  /** A slot of each master. Throws `StoreUnavailableError` if a slot has none. */
  slotOfEach(): number[];
  /** The master of a slot in a form for operators. */
  nameOf(slot: number): string;
  close(): Promise<void>;
}

/**
 * Finds the masters and opens them all. Throws `RedisSetupError` if that does not succeed within three seconds, and at once if one of them must not be used.
 */
export async function openMasters(topology: Topology, open: OpenMaster, onWarning: (text: string) => void): Promise<Masters> {
  let map: SlotMap = { masters: [], owners: new Int16Array(SLOTS).fill(-1) };
  const told = new Set<string>();
  let isOpen = false;
  let isClosed = false;
  let refreshing: Promise<void> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;

  /** Reports each message about a master once, and combines messages about several into one line. */
  function tell(addresses: readonly RedisAddress[], text: string): void {
    const names = addresses.map(textOf).filter((name) => !told.has(`${name} ${text}`));
    for (const name of names) told.add(`${name} ${text}`);
    if (names.length > 0) onWarning(`${text} (${names.join(', ')})`);
  }

  const pool = createMasterPool(open, {
    onOpen: (address, { warnings }) => {
      if (isOpen) for (const text of warnings) tell([address], text);
    },
    onFailure: (address, error) => {
      if (isOpen && isHopeless(error)) tell([address], error.message);
    },
    onLost: lookAgain,
  });

  function refresh(): Promise<void> {
    refreshing ??= lookUp().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  }

  function lookAgain(): void {
    if (isOpen && !isClosed && performance.now() - askedAt >= ANEW_MS) void refresh().catch(() => undefined);
  }

  async function lookUp(): Promise<void> {
    askedAt = performance.now();
    const { map: found, failures } = await topology.lookUp();
    if (found === undefined)
      throw new StoreUnavailableError(
        new RedisAwayError(`${topology.problem} (${failures.join('; ')}): see that it runs, and check OTPD_REDIS_URL`),
      );
    const names = new Set(found.masters.map(textOf));
    const former = map.masters.map(textOf);
    map = found;
    for (const name of former) if (!names.has(name)) pool.drop(name, topology.isReplaced ? 0 : LINGER_MS);
    for (const address of map.masters) pool.at(address);
  }

  async function openAll(): Promise<readonly { readonly text: string; readonly address: RedisAddress }[]> {
    await refresh();
    const opened = await Promise.all(
      map.masters.map(async (address) => {
        const { warnings } = await pool.at(address).state.catch((error: unknown) => {
          const cause = causeOf(error);
          throw isHopeless(cause) ? new RedisSetupError(`${cause.problem} (${textOf(address)})`) : cause;
        });
        return warnings.map((text) => ({ text, address }));
      }),
    );
    const missing = map.owners.filter((place) => place < 0).length;
    if (missing === 0) return opened.flat();
    throw new RedisAwayError(
      `Cluster serves not all slots: ${missing} of ${SLOTS} have no master; look at its state (CLUSTER INFO)`,
    );
  }

  async function close(): Promise<void> {
    isClosed = true;
    await Promise.all([pool.close(), topology.close()]);
  }

  async function openPatiently() {
    const startedAt = performance.now();
    for (;;) {
      try {
        return await openAll();
      } catch (error) {
        const cause = causeOf(error);
        if (isHopeless(cause) || performance.now() - startedAt > OPENING_TIMEOUT_MS) {
          await close();
          throw cause instanceof RedisSetupError ? cause : new RedisAwayError(`cannot be used: ${String(cause)}`);
        }
      }
      await sleep(OPENING_PAUSE_MS);
    }
  }

  const warnings = await openPatiently();
  isOpen = true;
  for (const [text, all] of Map.groupBy(warnings, (one) => one.text)) {
    const addresses = all.map(({ address }) => address);
    tell(addresses, text);
  }

  return {
    of(slot) {
      const address = map.masters[map.owners[slot] ?? -1];
      if (address !== undefined) return pool.at(address);
      lookAgain();
      throw away('no master has the slot');
    },
    at: pool.at,
    placeOf: (slot) => map.owners[slot] ?? -1,
    async opened(entry, until) {
      lookAgain();
      return within(until - performance.now(), entry.state).catch((error: unknown) => {
        throw error instanceof StoreUnavailableError ? error : new StoreUnavailableError(error);
      });
    },
    learn(slot, address) {
      const place = map.masters.findIndex((one) => textOf(one) === textOf(address));
      map.owners[slot] = place < 0 ? map.masters.push(address) - 1 : place;
    },
    refresh,
    lookAgain,
    slotOfEach() {
      const slots = map.masters.map((_, place) => map.owners.indexOf(place)).filter((slot) => slot >= 0);
      if (slots.length === 0 || map.owners.includes(-1)) throw away('not all slots have a master');
      return slots;
    },
    nameOf(slot) {
      const address = map.masters[map.owners[slot] ?? -1];
      return address === undefined ? 'nobody' : textOf(address);
    },
    close,
  };
}

/** The error that made the store unavailable. */
function causeOf(error: unknown): unknown {
  return error instanceof StoreUnavailableError ? error.cause : error;
}

/** Whether an operator has to act, since waiting does not help. */
function isHopeless(error: unknown): error is RedisSetupError {
  return error instanceof RedisSetupError && !(error instanceof RedisAwayError);
}

function away(reason: string): StoreUnavailableError {
  return new StoreUnavailableError(new Error(reason));
}
