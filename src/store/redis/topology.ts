/** Where the masters are: by the sentinels, or by the nodes of a Cluster. The latest that any of them knows counts, never a stale view alone. */
import type { Connection, RedisTls } from './connection.ts';
import { type Answers, createScouts } from './scouts.ts';
import { SLOTS } from './slot.ts';
import type { RedisAddress, RedisTarget } from './url.ts';

/** Which master has which slots. */
export interface SlotMap {
  readonly masters: RedisAddress[];
  /** The place of its master among `masters`, by slot; -1 where nobody has it. */
  readonly owners: Int16Array;
}

export interface Topology {
  /** Asks where the masters are now; undefined if nobody knows. `failures`: what those said who do not. */
  lookUp(): Promise<{ readonly map: SlotMap | undefined; readonly failures: readonly string[] }>;
  /** For an operator: nobody knows. */
  readonly problem: string;
  /** Whether a master that is no master any more was replaced: its answers must not be believed. In a Cluster, it refuses by itself. */
  readonly isReplaced: boolean;
  close(): Promise<void>;
}

/** A map as a server has it, and how late it is. */
interface View {
  readonly epoch: number;
  readonly map: SlotMap | undefined;
}

/** Begins to ask. */
export function openTopology(target: Exclude<RedisTarget, { kind: 'one' }>, tls: RedisTls): Topology {
  return target.kind === 'cluster' ? clusterTopology(target.seeds, tls) : sentinelTopology(target, tls);
}

function clusterTopology(seeds: readonly RedisAddress[], tls: RedisTls): Topology {
  const scouts = createScouts(seeds, tls);
  return {
    async lookUp() {
      const answers = await scouts.ask(async ({ redis, answered }, address) => {
        const asked = Promise.all([redis.call('CLUSTER', 'INFO'), redis.call('CLUSTER', 'SLOTS')]);
        const [info, slots] = await answered(asked).catch(saying('cluster support disabled', 'it is in no Cluster'));
        const [, epoch = '0'] = /^cluster_current_epoch:(\d+)/m.exec(String(info)) ?? [];
        return { epoch: Number(epoch), ...readSlots(slots as SlotRange[], address) };
      });
      const { map, nodes } = latest(answers.given) ?? {};
      if (map === undefined || nodes === undefined || map.masters.length === 0)
        return { map: undefined, failures: answers.failures };
      scouts.follow([...nodes, ...seeds]);
      return { map, failures: answers.failures };
    },
    problem: 'Cluster cannot be used',
    isReplaced: false,
    close: scouts.close,
  };
}

type Node = [host: string | null, port: number, ...rest: unknown[]];
type SlotRange = [first: number, last: number, master: Node, ...replicas: Node[]];

/** Reads an answer to CLUSTER SLOTS. A host that is left out is that of who answers. */
function readSlots(ranges: readonly SlotRange[], asked: RedisAddress): { readonly map: SlotMap; readonly nodes: RedisAddress[] } {
  const at = ([host, port]: Node): RedisAddress => ({ ...asked, host: host && host !== '?' ? host : asked.host, port });
  const masters: RedisAddress[] = [];
  const replicas: RedisAddress[] = [];
  const places = new Map<string, number>();
  const owners = new Int16Array(SLOTS).fill(-1);
  for (const [first, last, master, ...others] of ranges) {
    const name = `${master[0]} ${master[1]}`;
    let place = places.get(name);
    if (place === undefined) {
      place = masters.length;
      places.set(name, place);
      masters.push(at(master));
      replicas.push(...others.map(at));
    }
    owners.fill(place, first, last + 1);
  }
  return { map: { masters, owners }, nodes: [...masters, ...replicas] };
}

/** The view of the highest epoch. */
function latest<T extends { readonly epoch: number }>(views: readonly T[]): T | undefined {
  return views.reduce<T | undefined>((best, view) => (best === undefined || view.epoch > best.epoch ? view : best), undefined);
}

/**
 * The master by the sentinels. A failover raises its epoch: an answer of a lower one than was heard before is that of a sentinel that has been away,
 * unless most of them say so, whose state was then made anew.
 */
function sentinelTopology({ sentinels, name, login }: Extract<RedisTarget, { kind: 'sentinel' }>, tls: RedisTls): Topology {
  const scouts = createScouts(sentinels, tls);
  let highest = 0;

  async function viewOf({ redis, answered }: Connection): Promise<View> {
    // In this order: the other would pair the epoch of a failover that ends meanwhile with the master before it.
    const asked = Promise.all([redis.call('SENTINEL', 'MASTER', name), redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)]);
    const [fields, address] = (await answered(asked).catch(saying('No such master', 'knows none of this name'))) as [
      string[],
      [string, string] | null,
    ];
    const epoch = Number(fields[fields.indexOf('config-epoch') + 1]);
    if (address === null) return { epoch, map: undefined };
    const [host, port] = address;
    return { epoch, map: { masters: [{ ...login, host, port: Number(port) }], owners: new Int16Array(SLOTS) } };
  }

  function believed({ given }: Answers<View>): SlotMap | undefined {
    const view = latest(given);
    if (view === undefined) return undefined;
    if (view.epoch < highest && given.length * 2 <= sentinels.length) return undefined;
    highest = view.epoch;
    return view.map;
  }

  return {
    async lookUp() {
      const answers = await scouts.ask(viewOf);
      return { map: believed(answers), failures: answers.failures };
    },
    problem: 'Sentinel names no primary',
    isReplaced: true,
    close: scouts.close,
  };
}

/** Says it in words if the server refuses with such a text. */
function saying(part: string, words: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof Error && error.message.includes(part) ? new Error(words) : error;
  };
}
