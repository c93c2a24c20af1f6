/** Look-ups of API keys that are not remembered: anybody can ask for any number of ids, so they are bounded in all and shared out by network. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { type ApiKeyRecord, type KeyStore, StoreUnavailableError } from '../ports/store.ts';

/** Ids in one question to the store, of which there is one at a time: `KeyStore.findMany` takes no more. */
const MOST_AT_ONCE = 500;
/** Ids a second, three times the wrong keys that one process was seen to take: some 3 % of a core, at Redis as in SQLite. */
const MOST_PER_SECOND = 50_000;
/** How far the questions may run ahead of that rate, in ms. */
const BURST_MS = 20;
/** Ids that wait; with more networks than one, each has its part of them. */
const MOST_WAITING = 2_048;

export interface KeyLookups {
  /**
   * Finds a key, in its turn: networks take turns, and the look-ups of one network are made as they came. All that wait are in the next
   * question together, up to 500, and 50,000 a second are looked up. A network with 2,048 waiting, or with its part of them where several
   * wait, is refused more.
   * Throws `StoreUnavailableError`, also for one that is refused.
   */
  find(id: string, network: string): Promise<ApiKeyRecord | undefined>;
}

interface Waiting extends PromiseWithResolvers<ApiKeyRecord | undefined> {
  readonly id: string;
}

/** Makes the look-ups over the store; `now` is a clock that never steps, in ms. */
export function createKeyLookups(keys: Pick<KeyStore, 'findMany'>, now: () => number = () => performance.now()): KeyLookups {
  /** In the order of their turns. */
  const networks = new Map<string, Waiting[]>();
  let isRunning = false;
  /** Until when the rate is used up by what was asked so far. */
  let usedUntil = -Infinity;

  async function run(): Promise<void> {
    isRunning = true;
    while (networks.size > 0) {
      const aheadMs = usedUntil - now();
      // A turn of the event loop at least: what comes in one turn is in one question.
      await (aheadMs > BURST_MS ? sleep(aheadMs) : nextTurn());
      await ask(takeTurns());
    }
    isRunning = false;
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
    usedUntil = Math.max(usedUntil, now()) + (taken.length * 1000) / MOST_PER_SECOND;
    return taken;
  }

  async function ask(taken: readonly Waiting[]): Promise<void> {
    try {
      const found = await keys.findMany(taken.map(({ id }) => id));
      const byId = new Map(found.map((record) => [record.id, record]));
      for (const { id, resolve } of taken) resolve(byId.get(id));
    } catch (error) {
      for (const { reject } of taken) reject(error);
    }
  }

  return {
    async find(id, network) {
      const waiting = networks.get(network) ?? [];
      const sharing = networks.size + (waiting.length === 0 ? 1 : 0);
      if (waiting.length >= Math.floor(MOST_WAITING / sharing))
        throw new StoreUnavailableError(new Error('too many look-ups of API keys wait'));
      const lookUp = { id, ...Promise.withResolvers<ApiKeyRecord | undefined>() };
      waiting.push(lookUp);
      networks.set(network, waiting);
      if (!isRunning) void run();
      return lookUp.promise;
    },
  };
}
