/** Reads the view that a node has of its Redis Cluster. */
import type { RedisServer } from './redis.ts';

/** A line of CLUSTER NODES. */
export interface Seen {
  readonly id: string;
  readonly flags: readonly string[];
  readonly masterId: string;
  readonly slots: readonly string[];
}

/** Returns all nodes that a node knows, including itself. */
export function seenFrom(node: RedisServer): Seen[] {
  return node
    .cli('cluster', 'nodes')
    .split('\n')
    .map((line) => {
      const [id = '', , flags = '', masterId = '', , , , , ...slots] = line.split(' ');
      return { id, flags: flags.split(','), masterId, slots: slots.filter((range) => !range.startsWith('[')) };
    });
}

/** Whether a range such as `0-5460` or `7` contains the slot. */
export function isIn(slot: number, range: string): boolean {
  const [from = Number.NaN, to = from] = range.split('-').map(Number);
  return from <= slot && slot <= to;
}

/** Whether a node sees no other node in a handshake. */
export function isQuiet(node: RedisServer): boolean {
  return seenFrom(node).every(({ flags }) => !flags.includes('handshake'));
}

/**
 * Whether a node sees all slots served and all nodes up. A replica must also have all data of its master, and a master must have a replica with all
 * its data.
 */
export function isHealthy(node: RedisServer): boolean {
  const info = node.cli('cluster', 'info');
  if (!info.includes('cluster_state:ok') || !info.includes('cluster_slots_ok:16384')) return false;
  if (seenFrom(node).some(({ flags }) => flags.some((flag) => flag.startsWith('fail')))) return false;
  const replication = node.cli('info', 'replication');
  return /master_link_status:up/.test(replication) || /slave0:.*state=online/.test(replication);
}
