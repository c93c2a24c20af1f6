/** Random callers and random faults: a sequence of judgements that keeps every rule explains all answers. */
import { expect, test } from 'vitest';
import { violationsOf } from './checker.ts';
import { type Cluster, eachShape, type Shape, startCluster } from './cluster.ts';
import { tally } from './crowd.ts';
import { type Fault, redisFaults, sqliteFaults } from './faults.ts';
import { nextRandom, progress, size } from './form.ts';
import { canariesOf, findCanaries } from './search.ts';
import { run } from './workload.ts';

const SHAPES: readonly Shape[] = [
  { name: 'three processes with one SQLite file', store: 'sqlite', instances: 3 },
  { name: 'three processes with one Redis', store: 'redis', instances: 3 },
];
const RUNS = size(1, 6);
const RUN_MS = size(2500, 15_000);

/** Returns the faults of the servers themselves. */
function serverFaults({ instances }: Cluster): Fault[] {
  return instances.flatMap(({ address, kill, stop, start }) => [
    { name: `${address} is killed`, begin: kill, end: start },
    { name: `${address} is stopped`, begin: async () => void (await stop()), end: start },
  ]);
}

eachShape('a random run', SHAPES, (shape) => {
  test(
    'with faults is in order',
    async () => {
      for (let left = RUNS; left > 0; left -= 1) {
        progress(`random runs, ${shape.name}`, RUNS - left, RUNS);
        const random = nextRandom();
        await using cluster = await startCluster(shape, random);
        const ofStore = shape.store === 'redis' ? redisFaults(cluster) : sqliteFaults(cluster);
        const { history, keys } = await run(cluster, [...ofStore, ...serverFaults(cluster)], random, {
          keys: 6,
          callers: 12,
          ms: RUN_MS,
        });
        expect(violationsOf(history)).toEqual([]);
        // A run without events could not violate a rule.
        const { accepted = 0, replayed = 0, mismatch = 0, unknown = 0 } = tally(history.map(({ answer }) => answer));
        expect(Math.min(accepted, replayed, mismatch, unknown)).toBeGreaterThan(0);
        const codes = history.map(({ code }) => code);
        expect(findCanaries(cluster, canariesOf(cluster, keys, codes))).toEqual([]);
      }
    },
    size(30_000, 1_200_000),
  );
});
