/** Look-ups of API keys that are not cached. Strangers can ask for any number of ids, so look-ups are bounded in total and shared among networks. */
import { type ApiKeyRecord, type KeyStore, StoreUnavailableError } from '../ports/store.ts';

/** The most ids in a query of the store, which is also the most that `KeyStore.findMany` accepts. */
const MOST_AT_ONCE = 500;
/** The most queries in progress. Many ids arrive in a turn of the event loop, but no answer of a remote store does. */
const MOST_UNDER_WAY = 4;
/**
 * The most ids per second: three times the rate of wrong keys that a process received in a measurement, and about 3 % of a core with Redis or SQLite.
 */
const MOST_PER_SECOND = 50_000;
/** How far the queries may run ahead of that rate, in ms. */
const BURST_MS = 40;
/** The waiting ids. If several networks have waiting ids, each has its share. */
const MOST_WAITING = 2_048;

export interface KeyLookups {
  /**
   * Finds a key in fair order: networks take turns, and each network's look-ups are made in their order. The look-ups of one turn of the event loop are
   * combined: 500 ids per query, 4 queries at a time, 50,000 ids per second. If a network has 2,048 look-ups waiting, or its share of them while several
   * networks wait, further look-ups are refused at once. Some 17,000 wait at most, for any number of networks. Throws `StoreUnavailableError`, also for a
   * refused look-up.
   */
  find(id: string, network: string): Promise<ApiKeyRecord | undefined>;
}

interface Waiting extends PromiseWithResolvers<ApiKeyRecord | undefined> {
  readonly id: string;
}

/** Makes the look-ups over the store. */
export function createKeyLookups(keys: Pick<KeyStore, 'findMany'>): KeyLookups {
  /** The networks in the order of their turns. */
  const networks = new Map<string, Waiting[]>();
  let waitingIds = 0;
  let underWay = 0;
  let isScheduled = false;
  /** The time until which the queries so far use up the rate, on a monotonic clock. */
  let usedUntil = -Infinity;

  const aheadMs = (): number => usedUntil - performance.now();
  const mayAsk = (): boolean => underWay < MOST_UNDER_WAY && aheadMs() <= BURST_MS;

  function schedule(): void {
    if (isScheduled || waitingIds === 0 || underWay === MOST_UNDER_WAY) return;
    isScheduled = true;
    if (mayAsk()) setImmediate(askAll);
    else setTimeout(askAll, aheadMs());
  }

  function askAll(): void {
    isScheduled = false;
    while (waitingIds > 0 && mayAsk()) void ask(takeTurns());
    schedule();
  }

  function takeTurns(): Waiting[] {
    const taken: Waiting[] = [];
    // A network with further look-ups goes to the end of the map, where this loop reaches it again.
    for (const [network, waiting] of networks) {
      if (taken.length === MOST_AT_ONCE) break;
      const first = waiting.shift();
      networks.delete(network);
      if (first !== undefined) taken.push(first);
      if (waiting.length > 0) networks.set(network, waiting);
    }
    waitingIds -= taken.length;
    usedUntil = Math.max(usedUntil, performance.now()) + (taken.length * 1000) / MOST_PER_SECOND;
    return taken;
  }

  async function ask(taken: readonly Waiting[]): Promise<void> {
    underWay += 1;
    try {
      const found = await keys.findMany(taken.map(({ id }) => id));
      const byId = new Map(found.map((record) => [record.id, record]));
      for (const { id, resolve } of taken) resolve(byId.get(id));
    } catch (error) {
      for (const { reject } of taken) reject(error);
    }
    underWay -= 1;
    schedule();
  }

  return {
    find(id, network) {
      const waiting = networks.get(network) ?? [];
      const sharing = networks.size + (waiting.length === 0 ? 1 : 0);
      if (waiting.length >= Math.floor(MOST_WAITING / sharing))
        return Promise.reject(new StoreUnavailableError(new Error('too many look-ups of API keys wait')));
      const lookUp = { id, ...Promise.withResolvers<ApiKeyRecord | undefined>() };
      waiting.push(lookUp);
      networks.set(network, waiting);
      waitingIds += 1;
      // A full query does not wait for the end of the turn.
      if (waitingIds >= MOST_AT_ONCE && mayAsk()) void ask(takeTurns());
      else schedule();
      return lookUp.promise;
    },
  };
}
