/** Look-ups of API keys that are not remembered: anybody can ask for any number of ids, so they are bounded in all and shared out by network. */
import { type ApiKeyRecord, type KeyStore, StoreUnavailableError } from '../ports/store.ts';

/** Ids in one question to the store: `KeyStore.findMany` takes no more. */
const MOST_AT_ONCE = 500;
/** Questions under way: many ids come in one turn of the event loop, and no answer of a remote store does. */
const MOST_UNDER_WAY = 4;
/** Ids a second, three times the wrong keys that one process was seen to take: some 3 % of a core, at Redis as in SQLite. */
const MOST_PER_SECOND = 50_000;
/** How far the questions may run ahead of that rate, in ms. */
const BURST_MS = 40;
/** Ids that wait. If several networks have ids waiting, each has its share. */
const MOST_WAITING = 2_048;

export interface KeyLookups {
  /**
   * Finds a key, in its turn: networks take turns, and the look-ups of one network are made as they came. All that come in one turn of the event
   * loop are asked together, 500 in a question, 4 questions at a time, 50,000 ids a second. If a network has 2,048 waiting, or its share
   * where several networks wait, further look-ups are refused at once. At most some 17,000 wait, for any number of networks.
   * Throws `StoreUnavailableError`, also if the look-up is refused.
   */
  find(id: string, network: string): Promise<ApiKeyRecord | undefined>;
}

interface Waiting extends PromiseWithResolvers<ApiKeyRecord | undefined> {
  readonly id: string;
}

/** Makes the look-ups over the store. */
export function createKeyLookups(keys: Pick<KeyStore, 'findMany'>): KeyLookups {
  /** In the order of their turns. */
  const networks = new Map<string, Waiting[]>();
  let waitingIds = 0;
  let underWay = 0;
  let isScheduled = false;
  /** Until when the rate is used up by what was asked so far, on a clock that never steps. */
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
    // A network with more behind its first is put back to the end, where this loop comes to it again.
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
      // A full question need not wait for the end of the turn.
      if (waitingIds >= MOST_AT_ONCE && mayAsk()) void ask(takeTurns());
      else schedule();
      return lookUp.promise;
    },
  };
}
