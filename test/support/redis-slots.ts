/** Moves a slot of a Redis Cluster from one master to another, step by step as `redis-cli --cluster reshard` does it, so that tests stop in between. */
import type { ClusterNode, RedisCluster } from './redis-cluster.ts';

/** How many keys are moved at a time, and how long that may take, in ms. */
const BATCH = 100;
const MOVE_TIMEOUT_MS = 5000;

/** The steps of a move, in their order. */
export interface SlotMove {
  readonly slot: number;
  readonly from: ClusterNode;
  readonly to: ClusterNode;
  /** From now on the source answers ASK for keys that it has not, and the target takes those after ASKING. */
  readonly begin: () => void;
  /** Moves so many keys at most, by default all; resolves to how many. */
  readonly moveKeys: (most?: number) => number;
  /** From now on the source answers MOVED. */
  readonly end: () => void;
}

/** Plans to move the slot of `key` to `to`. */
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
      // The target first: if the source gave it up alone, nobody would have it.
      for (const node of [to, from, ...cluster.masters()]) node.cli('cluster', 'setslot', slot, 'node', to.id);
    },
  };
}
