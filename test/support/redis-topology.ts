/** A Redis Cluster as its single nodes see it. */
import type { RedisServer } from './redis.ts';

/** A line of CLUSTER NODES. */
export interface Seen {
  readonly id: string;
  readonly flags: readonly string[];
  readonly masterId: string;
  readonly slots: readonly string[];
}

/** All nodes that it knows, itself among them. */
export function seenFrom(node: RedisServer): Seen[] {
  return node
    .cli('cluster', 'nodes')
    .split('\n')
    .map((line) => {
      const [id = '', , flags = '', masterId = '', , , , , ...slots] = line.split(' ');
      return { id, flags: flags.split(','), masterId, slots: slots.filter((range) => !range.startsWith('[')) };
    });
}

/** Whether a range, such as `0-5460` or `7`, has the slot. */
export function isIn(slot: number, range: string): boolean {
  const [from = Number.NaN, to = from] = range.split('-').map(Number);
  return from <= slot && slot <= to;
}

/** Whether no node is in a handshake, as it sees them. */
export function isQuiet(node: RedisServer): boolean {
  return seenFrom(node).every(({ flags }) => !flags.includes('handshake'));
}

/** Whether it sees every slot served and every node well, and as a replica has all that its master has, as a master one replica that does. */
export function isHealthy(node: RedisServer): boolean {
  const info = node.cli('cluster', 'info');
  if (!info.includes('cluster_state:ok') || !info.includes('cluster_slots_ok:16384')) return false;
  if (seenFrom(node).some(({ flags }) => flags.some((flag) => flag.startsWith('fail')))) return false;
  const replication = node.cli('info', 'replication');
  return /master_link_status:up/.test(replication) || /slave0:.*state=online/.test(replication);
}
