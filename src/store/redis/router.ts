/** Has each call carried out by the master of its slot, follows masters and slots as they move, and never sends twice what may have been carried out. */
import { StoreUnavailableError } from '../../ports/store.ts';
import { type Connection, textOf, within } from './connection.ts';
import { RedisAwayError, RedisSetupError, RefusedError } from './error.ts';
import type { Master } from './master.ts';
import { createMasterPool, type Entry, type OpenMaster } from './master-pool.ts';
import type { Runner, Runners, ScriptCall } from './script.ts';
import { SLOTS, slotOf } from './slot.ts';
import type { SlotMap, Topology } from './topology.ts';
import type { RedisAddress } from './url.ts';

/** How long a call that was refused may look for a master that takes it, in ms; the last answer may come 200 ms later. */
const PATIENCE_MS = 200;
/** Between two attempts of a call, in ms. */
const PAUSE_MS = 10;
/** Between two attempts to find where the masters are, in ms. */
const ANEW_MS = 100;
/** How long the first look may take, in ms. */
const OPENING_TIMEOUT_MS = 3000;
/** How long a master that has no slots left is kept for the answers under way, in ms. */
const LINGER_MS = 500;

export interface Router {
  readonly runners: Runners;
  /** Looks where the masters are. Rejects with `StoreUnavailableError` if nobody knows. */
  refresh(): Promise<void>;
  /** Some slot of each master. Throws `StoreUnavailableError` where a slot has none. */
  slotOfEach(): number[];
  /** The connection to the master of a slot. Rejects with `StoreUnavailableError`. */
  connectionTo(slot: number): Promise<Connection>;
  /** The master of a slot, as an operator reads it. */
  nameOf(slot: number): string;
  close(): Promise<void>;
}

const plainly = (runners: Runners): Runner => runners;
const acknowledged = (runners: Runners): Runner => runners.acknowledged;

/**
 * Finds the masters and opens them all. Throws `RedisSetupError` if that does not succeed within three seconds, or at once if one of them must not
 * be used.
 */
export async function openRouter(topology: Topology, open: OpenMaster, onWarning: (text: string) => void): Promise<Router> {
  let map: SlotMap = { masters: [], owners: new Int16Array(SLOTS).fill(-1) };
  const told = new Set<string>();
  let isOpen = false;
  let isClosed = false;
  let refreshing: Promise<void> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;

  /** Says each once of a master, and in one line what is to be said of several. */
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

  function entryFor(slot: number): Entry {
    const address = map.masters[map.owners[slot] ?? -1];
    if (address !== undefined) return pool.at(address);
    lookAgain();
    throw away('no master has the slot');
  }

  async function masterOf(entry: Entry, until: number): Promise<Master> {
    lookAgain();
    return within(until - performance.now(), entry.state).catch((error: unknown) => {
      throw error instanceof StoreUnavailableError ? error : new StoreUnavailableError(error);
    });
  }

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

  /** Learns from a refusal; resolves to the master to ask once, if it named one for that. */
  async function follow(error: RefusedError, slot: number, { address }: Entry, isFirst: boolean): Promise<Entry | undefined> {
    const named = { ...address, host: error.host || address.host, port: error.port };
    if (error.code === 'ASK') return pool.at(named);
    if (error.code === 'MOVED' && slot === error.slot) {
      const place = map.masters.findIndex((one) => textOf(one) === textOf(named));
      map.owners[slot] = place < 0 ? map.masters.push(named) - 1 : place;
    }
    if (error.code !== 'TRYAGAIN') lookAgain();
    if (error.code !== 'MOVED' || !isFirst) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    return undefined;
  }

  async function route(call: ScriptCall, way: (runners: Runners) => Runner, until = performance.now() + PATIENCE_MS) {
    const slot = slotOfCall(call);
    let asked: Entry | undefined;
    for (let isFirst = true; ; isFirst = false) {
      const entry: Entry = asked ?? entryFor(slot);
      try {
        const { runners } = entry.master ?? (await masterOf(entry, until));
        return await way(runners).run(asked === undefined ? call : { ...call, asking: true });
      } catch (error) {
        if (!(error instanceof RefusedError) || performance.now() >= until) throw error;
        asked = await follow(error, slot, entry, isFirst);
      }
    }
  }

  /** A round of calls, those of each master together; what is refused is left for the next. */
  async function runRound(calls: readonly ScriptCall[], way: (runners: Runners) => Runner, until: number): Promise<unknown[]> {
    const replies: unknown[] = new Array(calls.length);
    const places = Map.groupBy(calls.keys(), (place) => map.owners[slotOfCall(calls[place])]);
    await Promise.all(
      [...places.values()].map(async (own) => {
        const mine = own.map((place) => calls[place] as ScriptCall);
        try {
          const entry = entryFor(slotOfCall(mine[0]));
          const { runners } = entry.master ?? (await masterOf(entry, until));
          const given = await way(runners).runAll(mine);
          for (const [index, place] of own.entries()) replies[place] = given[index];
        } catch (error) {
          for (const place of own) replies[place] = error;
        }
      }),
    );
    return replies;
  }

  async function runAll(calls: readonly ScriptCall[], way: (runners: Runners) => Runner): Promise<readonly unknown[]> {
    const until = performance.now() + PATIENCE_MS;
    const replies = await runRound(calls, way, until);
    // Few are ever refused. Alone each follows its slot; in their order, those of one secret stay in theirs.
    for (const [place, call] of calls.entries()) {
      if (!(replies[place] instanceof RefusedError) || performance.now() >= until) continue;
      replies[place] = await route(call, way, until).catch((error: unknown) => error);
    }
    return replies;
  }

  function runnerOf(way: (runners: Runners) => Runner): Runner {
    return { run: (call) => route(call, way), runAll: (calls) => runAll(calls, way) };
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
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 5));
    }
  }

  const warnings = await openPatiently();
  isOpen = true;
  for (const [text, all] of Map.groupBy(warnings, (one) => one.text)) {
    const addresses = all.map(({ address }) => address);
    tell(addresses, text);
  }

  return {
    runners: { ...runnerOf(plainly), acknowledged: runnerOf(acknowledged) },
    refresh,
    slotOfEach() {
      const slots = map.masters.map((_, place) => map.owners.indexOf(place)).filter((slot) => slot >= 0);
      if (slots.length === 0 || map.owners.includes(-1)) throw away('not all slots have a master');
      return slots;
    },
    connectionTo: async (slot) => (await masterOf(entryFor(slot), performance.now() + PATIENCE_MS)).connection,
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

/** Whether an operator has to act, and time mends nothing. */
function isHopeless(error: unknown): error is RedisSetupError {
  return error instanceof RedisSetupError && !(error instanceof RedisAwayError);
}

/** By the first key: all keys of a call are in one slot. */
function slotOfCall(call: ScriptCall | undefined): number {
  return slotOf(call?.keys[0] ?? '');
}

function away(reason: string): StoreUnavailableError {
  return new StoreUnavailableError(new Error(reason));
}
