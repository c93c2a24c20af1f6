/** Moves a slot of a Redis Cluster to another master, in the steps of `redis-cli --cluster reshard`, so that tests can stop between the steps. */
import type { ClusterNode, RedisCluster } from './redis-cluster.ts';

/** The number of keys in a MIGRATE command, and its timeout in ms. */
const BATCH = 100;
const MOVE_TIMEOUT_MS = 5000;

/** The steps of a move, in order. */
export interface SlotMove {
  readonly slot: number;
  readonly from: ClusterNode;
  readonly to: ClusterNode;
  /** Begins the move. The source then answers ASK for keys that it lacks, and the target accepts them after ASKING. */
  readonly begin: () => void;
  /** Moves at most this many keys, by default all; returns how many it has moved. */
  readonly moveKeys: (most?: number) => number;
  /** Ends the move. The source then answers MOVED. */
  readonly end: () => void;
}

/** Plans the move of the slot of `key` to `to`. */
export function planMove(cluster: RedisCluster, key: string, to: ClusterNode): SlotMove {
  const from = cluster.masterOf(key);
  const slot = from.cli('cluster', 'keyslot', key);
  const authentication = cluster.access.migrateArgs;
  const keysOf = (most: number) => from.cli('cluster', 'getkeysinslot', slot, String(most)).split('\n').filter(Boolean);
  return {
    slot: Number(slot),
    from,
    to,
    begin() {
      to.cli('cluster', 'setslot', slot, 'importing', from.id);
      from.cli('cluster', 'setslot', slot, 'migrating', to.id);
    },
    moveKeys(most = Number.POSITIVE_INFINITY) {
      let moved = 0;
      while (moved < most) {
        const keys = keysOf(Math.min(BATCH, most - moved));
        if (keys.length === 0) break;
        from.cli('migrate', '127.0.0.1', String(to.port), '', '0', String(MOVE_TIMEOUT_MS), ...authentication, 'keys', ...keys);
        moved += keys.length;
      }
      return moved;
    },
    end() {
      // The target comes first: otherwise no node would have the slot for a moment.
      for (const node of [to, from, ...cluster.masters()]) node.cli('cluster', 'setslot', slot, 'node', to.id);
    },
  };
}
