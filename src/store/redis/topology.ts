/** The location of the masters, according to the sentinels or to the nodes of a Cluster. The newest view counts, never a stale view alone. */
import type { Connection, RedisTls } from './connection.ts';
import { type Answers, createScouts } from './scouts.ts';
import { SLOTS } from './slot.ts';
import type { RedisAddress, RedisTarget } from './url.ts';

/** The masters and their slots. */
export interface SlotMap {
  readonly masters: RedisAddress[];
  /** The place of its master among `masters`, by slot; -1 for a slot without a master. */
  readonly owners: Int16Array;
}

export interface Topology {
  /** Returns the present masters; undefined if no scout knows them. `failures` are the answers of scouts that do not. */
  lookUp(): Promise<{ readonly map: SlotMap | undefined; readonly failures: readonly string[] }>;
  /** The message for an operator if no scout knows the masters. */
  readonly problem: string;
  /** Whether a former master was replaced, so that its answers must not be trusted. In a Cluster, a former master refuses by itself. */
  readonly isReplaced: boolean;
  close(): Promise<void>;
}

/** The masters as a server sees them, and the age of its view. */
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

/** Parses an answer to CLUSTER SLOTS. An omitted host is that of the answering server. */
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

/** The view with the highest epoch. */
function latest<T extends { readonly epoch: number }>(views: readonly T[]): T | undefined {
  return views.reduce<T | undefined>((best, view) => (best === undefined || view.epoch > best.epoch ? view : best), undefined);
}

/**
 * The master according to the sentinels. A failover raises its epoch: an answer with a lower epoch than an earlier one comes from a sentinel that was disconnected,
 * unless most sentinels give it, whose state was then reset.
 */
function sentinelTopology({ sentinels, name, login }: Extract<RedisTarget, { kind: 'sentinel' }>, tls: RedisTls): Topology {
  const scouts = createScouts(sentinels, tls);
  let highest = 0;

  async function viewOf({ redis, answered }: Connection): Promise<View> {
    // In this order; the other would combine the epoch of a failover that ends in between with the previous master.
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

/** Describes the refusal if the server answers with such a text. */
function saying(part: string, words: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof Error && error.message.includes(part) ? new Error(words) : error;
  };
}
