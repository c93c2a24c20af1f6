/** Batches while servers are killed: a sequence of judgements that keeps every rule, above all one-time use, explains the answers. */
import { expect, test } from 'vitest';
import { violationsOf } from './checker.ts';
import { eachShape, ONE_PROCESS, type Shape, startCluster } from './cluster.ts';
import { tally } from './crowd.ts';
import { nextRandom, progress, size } from './form.ts';
import { run } from './workload.ts';

const SHAPES: readonly Shape[] = [ONE_PROCESS, { name: 'two processes with one Redis', store: 'redis', instances: 2 }];
const RUNS = size(1, 6);
const RUN_MS = size(4000, 15_000);

eachShape('batches of a random run', SHAPES, (shape) => {
  test(
    'accept no code twice, through kills of the servers',
    async () => {
      for (let left = RUNS; left > 0; left -= 1) {
        progress(`batches, ${shape.name}`, RUNS - left, RUNS);
        const random = nextRandom();
        await using cluster = await startCluster(shape, random);
        const kills = cluster.instances.map(({ address, kill, start }) => ({ name: address, begin: kill, end: start }));
        const { history } = await run(cluster, kills, random, { keys: 40, callers: 4, ms: RUN_MS, batch: 50 });
        expect(violationsOf(history)).toEqual([]);
        // A run without events could not violate a rule.
        const { accepted = 0, replayed = 0, mismatch = 0, unknown = 0 } = tally(history.map(({ answer }) => answer));
        expect(Math.min(accepted, replayed, mismatch, unknown)).toBeGreaterThan(0);
      }
    },
    size(60_000, 1_200_000),
  );
});
