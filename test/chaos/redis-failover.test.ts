/**
 * Masters of a real Cluster and primaries behind real sentinels are lost under load: no code passes twice, no answer is wrong, and the service is
 * back soon.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { redisSuite } from '../support/redis.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedisSentinels } from '../support/redis-sentinel.ts';
import { violationsOf } from './checker.ts';
import { around, type Cluster, startCluster } from './cluster.ts';
import { inTurns, sendAll, tally, untilAnswered } from './crowd.ts';
import {
  failover,
  keyOnEach,
  type Loss,
  type Recovery,
  type Replicated,
  replicatedCluster,
  replicatedSentinels,
} from './failover.ts';
import type { Fault } from './faults.ts';
import { nextRandom, type Random, randomOf, size } from './form.ts';
import { executionsOf } from './history.ts';
import { codeOf, hotpKey, requestOf, type TestKey } from './keys.ts';
import { BACK_WITHIN } from './serving.ts';
import { type Run, run } from './workload.ts';

/** The file of a master may lack the last second, since the replica must have it. */
const SETTINGS = ['--appendonly', 'yes'];
const INSTANCES = 3;
/** The number of calls for each kind of loss. */
const CALLS: Readonly<Record<Loss, number>> = { killed: 10_000, paused: size(3000, 10_000) };
const CALLERS = 60;
const KEYS = 60;
const ROUNDS = size(1, 10);
/** The longest time from the loss of a master until codes are judged again, in ms, if the first try finds its successor. */
const RECOVERED_WITHIN = 5000;
/** The number of concurrent calls that send used codes again. */
const WIDTH = 100;
const CROWDS = size(20, 200);
const CROWD = size(60, 300);

interface Topology {
  readonly redis: Replicated & AsyncDisposable & { readonly url: string };
  readonly probesOf: (cluster: Cluster, random: Random) => TestKey[];
}

const TOPOLOGIES: Readonly<Record<string, () => Promise<Topology>>> = {
  async 'a Cluster of three masters'() {
    const redis = await startRedisCluster({ settings: SETTINGS, replacedAfterMs: 1000 });
    return { redis: { ...redis, ...replicatedCluster(redis) }, probesOf: (cluster, random) => keyOnEach(redis, cluster, random) };
  },
  async 'a primary with three sentinels'() {
    const redis = await startRedisSentinels({ settings: SETTINGS, replacedAfterMs: 1000 });
    return { redis: { ...redis, ...replicatedSentinels(redis) }, probesOf: (_, random) => [hotpKey(random)] };
  },
};

/** Returns the request of each code that was accepted and is used. */
function usedCodes({ history, byName }: Run) {
  return executionsOf(history).flatMap(({ key: name, step, claim, answer }) => {
    const key = byName.get(name);
    return key && claim && step !== undefined && answer.outcome === 'accepted' ? [requestOf(key, codeOf(key, step))] : [];
  });
}

for (const [name, start] of Object.entries(TOPOLOGIES)) {
  redisSuite(`on ${name}`, () => {
    let topology: Topology;
    let cluster: Cluster;
    beforeAll(async () => {
      topology = await start();
      const options = { redisUrl: topology.redis.url, more: () => ({ OTPD_REDIS_WAIT: '1' }), connections: 4 };
      cluster = await startCluster({ store: 'redis', instances: INSTANCES }, randomOf(1), options);
    }, 60_000);
    afterAll(async () => {
      await cluster[Symbol.asyncDispose]();
      await topology.redis[Symbol.asyncDispose]();
    });

    test(
      `one right code of a crowd is accepted once: ${CROWDS} of ${CROWD}`,
      async () => {
        const random = nextRandom();
        for (let left = CROWDS; left > 0; left -= 1) {
          const key = hotpKey(random);
          const crowd = Array(CROWD).fill(requestOf(key, codeOf(key, 1 + random.below(9))));
          const { accepted = 0, replayed = 0, unknown = 0, ...others } = tally(await sendAll(cluster, crowd));
          expect(others).toEqual({});
          // After a pause of the machine, an answer may be missing, and may be the answer that accepted the code.
          expect(accepted).toBeLessThanOrEqual(1);
          expect(accepted + unknown).toBeGreaterThan(0);
          expect(accepted + replayed + unknown).toBe(CROWD);
        }
      },
      size(30_000, 600_000),
    );

    test.each<[number, Loss]>([
      [CALLS.killed, 'killed'],
      [CALLS.paused, 'paused'],
    ])(
      `%d Verifies in the middle of which a master is %s are in order, and service is back within ${RECOVERED_WITHIN / 1000} s`,
      async (calls, loss) => {
        for (let left = ROUNDS; left > 0; left -= 1) {
          const random = nextRandom();
          const recoveries: Recovery[] = [];
          const probes = topology.probesOf(cluster, random);
          const faults: Fault[] = [failover(cluster, topology.redis, loss, probes, random, recoveries)];
          const done = await run(cluster, faults, random, { keys: KEYS, callers: CALLERS, calls });
          expect(violationsOf(done.history)).toEqual([]);
          const { accepted = 0, replayed = 0, mismatch = 0, unknown = 0 } = tally(done.history.map(({ answer }) => answer));
          expect(Math.min(accepted, replayed, mismatch, unknown)).toBeGreaterThan(0);

          const used = usedCodes(done);
          expect(used.length).toBeGreaterThan(calls / 10);
          const again = await inTurns(used, WIDTH, (request, place) => {
            const { caller } = around(cluster.instances, place);
            return untilAnswered(() => caller.verify(request, cluster.apiKeys[0] ?? ''));
          });
          // Some keys had wrong codes, so their codes are not judged.
          const { replayed: refused = 0, throttled = 0 } = tally(again);
          expect(refused + throttled).toBe(used.length);
          expect(refused).toBeGreaterThan(used.length / 4);

          expect(recoveries.length).toBeGreaterThan(0);
          for (const { electedMs, judgingMs, isFirstTry } of recoveries) {
            expect(judgingMs - electedMs).toBeLessThan(BACK_WITHIN);
            if (isFirstTry) expect(judgingMs).toBeLessThan(RECOVERED_WITHIN);
          }
        }
      },
      size(300_000, 2_400_000),
    );
  });
}
