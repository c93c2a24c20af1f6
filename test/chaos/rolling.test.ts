/** Every instance is restarted under load, one after the other. With the standard retry policy of gRPC, no call fails. */
import { expect, test } from 'vitest';
import { eachShape, type Shape, startCluster } from './cluster.ts';
import { nextRandom, progress, size } from './form.ts';
import { startLoad, targetOf } from './load.ts';

const INSTANCES = size(2, 4);
const SHAPES: readonly Shape[] = [
  { name: `${INSTANCES} processes with one SQLite file`, store: 'sqlite', instances: INSTANCES },
  { name: `${INSTANCES} processes with one Redis`, store: 'redis', instances: INSTANCES },
];
const ROUNDS = size(1, 8);
/** The restarts continue until there are this many codes, since on a busy machine one round has few calls. */
const FEWEST_CODES = 100;

eachShape('a rolling restart', SHAPES, (shape) => {
  test(
    'fails no call and accepts each code once',
    async () => {
      const random = nextRandom();
      await using cluster = await startCluster(shape, random);
      const target = targetOf(cluster.instances.map(({ address }) => address));
      const load = startLoad(target, cluster.apiKeys[0] ?? '', random);
      for (let round = 0; round < ROUNDS || load.codes() <= FEWEST_CODES; round += 1) {
        progress(`rounds of restarts, ${shape.name}`, round, ROUNDS);
        for (const one of cluster.instances) {
          expect(await one.stop()).toBe(0);
          await one.start();
        }
      }
      const answers = await load.stop();
      expect(load.codes()).toBeGreaterThan(FEWEST_CODES);
      expect(answers).toEqual({ accepted: load.codes(), replayed: load.codes() });
    },
    size(30_000, 600_000),
  );
});
