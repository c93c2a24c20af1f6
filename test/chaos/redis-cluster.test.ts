/** A real Redis Cluster whose slots move, whose masters stop and come back empty, and callers that are cut off from one of its masters. */
import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_PLANS } from '../../src/limits/plans.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { redisSuite } from '../support/redis.ts';
import { type ClusterNode, type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { planMove } from '../support/redis-slots.ts';
import { until } from '../support/until.ts';
import { violationsOf } from './checker.ts';
import { around, type Cluster, startCluster } from './cluster.ts';
import { otpd } from './command.ts';
import { inTurns, tally } from './crowd.ts';
import { keyOnEach, stateKeyOf, untilJudging } from './failover.ts';
import { nextRandom, randomOf, size } from './form.ts';
import { codeOf, hotpKey, requestOf, type TestKey } from './keys.ts';
import { run } from './workload.ts';

/** The calls per minute of the plan `free`. */
const LIMIT = DEFAULT_PLANS.get('free')?.windows[0]?.limit ?? Number.NaN;
const INSTANCES = 2;
const SETTINGS = ['--appendonly', 'yes'];
/** The number of slots that a reshard moves, and of the Verify calls during the reshard. */
const MOVED = size(400, 1500);
const CALLS = size(1500, 20_000);
/** The number of keys. Each master has a third of them. */
const SPREAD = 1500;

interface Parts {
  readonly redis: RedisCluster;
  readonly cluster: Cluster;
  readonly clients: readonly TestClient[];
}

/** Starts a Cluster with instances for a suite. */
function eachSuite(options: Parameters<typeof startRedisCluster>[0]): () => Parts {
  const owned = new AsyncDisposableStack();
  let parts: Parts;
  beforeAll(async () => {
    const redis = owned.use(await startRedisCluster({ settings: SETTINGS, ...options }));
    const cluster = owned.use(
      await startCluster({ store: 'redis', instances: INSTANCES }, randomOf(1), { redisUrl: redis.url, connections: 2 }),
    );
    const clients = cluster.instances.map(({ address }) =>
      owned.adopt(createTestClient(address, cluster.apiKeys[0]), (client) => client.close()),
    );
    parts = { redis, cluster, clients };
  }, 60_000);
  afterAll(() => owned.disposeAsync());
  return () => parts;
}

/** Resolves to the answer of each instance to a code, in words. */
function verifyOnEach({ cluster: { instances, apiKeys } }: Parts, key: TestKey, step: number): Promise<string[]> {
  const request = requestOf(key, codeOf(key, step));
  return Promise.all(instances.map(async ({ caller }) => (await caller.verify(request, apiKeys[0] ?? '')).outcome));
}

/** Returns how many commands nodes have refused because the slot is elsewhere or is moving. */
function refused(nodes: readonly ClusterNode[]): number {
  const counts = nodes.flatMap((node) => [
    ...node.cli('info', 'errorstats').matchAll(/errorstat_(?:MOVED|ASK|TRYAGAIN):count=(\d+)/g),
  ]);
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

redisSuite('slots of a Cluster', () => {
  const parts = eachSuite({});

  test('have their keys spread evenly over the masters', async () => {
    const { redis, cluster } = parts();
    const random = nextRandom();
    const before = redis.masters().map((one) => Number(one.cli('dbsize')));
    const keys = Array.from({ length: SPREAD }, () => hotpKey(random));
    await inTurns(keys, 100, async (key, place) => {
      const { caller } = around(cluster.instances, place);
      expect((await caller.verify(requestOf(key, codeOf(key, 1)), cluster.apiKeys[0] ?? '')).outcome).toMatch(/accepted|unknown/);
    });
    for (const [place, master] of redis.masters().entries()) {
      const own = Number(master.cli('dbsize')) - (before[place] ?? 0);
      // Random names spread within five standard deviations. test/store/redis-slots.test.ts shows that 100,000 names spread within 5 %.
      expect(Math.abs(own - SPREAD / 3)).toBeLessThan(5 * Math.sqrt(SPREAD * (1 / 3) * (2 / 3)));
    }
  });

  test(
    `are moved by redis-cli while ${CALLS} Verifies run, and every answer is in order`,
    async () => {
      const { redis, cluster } = parts();
      const random = nextRandom();
      const [from, to] = redis.masters();
      const before = refused(redis.nodes);
      let moving: Promise<unknown>;
      const reshard = {
        name: 'a reshard',
        begin() {
          const between = ['--cluster-from', from?.id ?? '', '--cluster-to', to?.id ?? '', '--cluster-slots', String(MOVED)];
          const words = ['--cluster', 'reshard', `127.0.0.1:${from?.port}`, ...between, '--cluster-yes'];
          moving = promisify(execFile)('redis-cli', words, { maxBuffer: 2 ** 26 });
        },
        end: async () => void (await moving),
      };
      const { history } = await run(cluster, [reshard], random, { keys: 400, callers: 30, calls: CALLS });
      expect(violationsOf(history)).toEqual([]);
      const { accepted = 0, replayed = 0, mismatch = 0 } = tally(history.map(({ answer }) => answer));
      expect(Math.min(accepted, replayed, mismatch)).toBeGreaterThan(0);
      // Some commands went to a master that no longer had the slot, or was giving it up.
      expect(refused(redis.nodes)).toBeGreaterThan(before);
      await redis.healthy();
    },
    size(60_000, 600_000),
  );

  test('serve a secret before, during and after the move of its slot, and no code of it twice', async () => {
    const { redis, cluster } = parts();
    const random = nextRandom();
    const key = hotpKey(random);
    const name = stateKeyOf(cluster.fingerprints, key);
    const from = redis.masterOf(name);
    const move = planMove(redis, name, redis.masters().find((one) => one !== from) as ClusterNode);
    const tell = async (step: number) => (await verifyOnEach(parts(), key, step)).sort();
    expect(await tell(1)).toEqual(['accepted', 'replayed']);

    move.begin();
    // During the move, Redis serves a script only if all keys that it names are on the same node. Whether they are is not defined here.
    const meanwhile = [await tell(1), await tell(2)];
    expect(move.moveKeys(1)).toBe(1);
    meanwhile.push(await tell(2), await tell(3));
    move.moveKeys();
    meanwhile.push(await tell(3), await tell(1));
    for (const outcomes of meanwhile) expect(['unknown', 'accepted', 'replayed']).toEqual(expect.arrayContaining(outcomes));
    const accepted = meanwhile.flat().filter((outcome) => outcome === 'accepted').length;
    expect(accepted).toBeLessThanOrEqual(2);
    move.end();
    expect(await tell(1)).toEqual(['replayed', 'replayed']);
    expect(await tell(4)).toEqual(['accepted', 'replayed']);
    for (const step of [2, 3]) expect(await tell(step)).toEqual(['replayed', 'replayed']);
    await redis.healthy();
  });
});

redisSuite('a master of a Cluster that comes back empty', () => {
  const parts = eachSuite({});

  test('has nothing served until an operator accepts the loss, and what other masters know stays used', async () => {
    const { redis, cluster } = parts();
    const random = nextRandom();
    const keys = keyOnEach(redis, cluster, random);
    for (const key of keys) expect((await verifyOnEach(parts(), key, 1)).sort()).toEqual(['accepted', 'replayed']);
    // The API keys are on another master, so that calls are not refused for lack of them.
    const home = redis.masterOf('{keys}');
    const lost = redis.masters().find((one) => one !== home) as ClusterNode;
    const place = redis.masters().indexOf(lost);
    for (const replica of redis.replicasOf(lost)) replica.cli('config', 'set', 'cluster-replica-no-failover', 'yes');

    await lost.restartEmpty();
    await redis.healthy();
    await until('every instance has noticed', () => cluster.instances.every(isLossTold));
    for (let round = 0; round < 3; round += 1) {
      for (const key of keys) expect(await verifyOnEach(parts(), key, 1)).toEqual(['unknown', 'unknown']);
      await pause(200);
    }
    // A new process also detects the loss.
    const restarted = cluster.instances[0];
    await restarted?.stop();
    await expect(restarted?.start()).rejects.toThrow('accept-loss');

    const looked = await otpd(cluster, ['store', 'accept-loss', '--json']);
    expect(looked.code).not.toBe(0);
    expect(JSON.parse(looked.out)).toMatchObject({ masters: [expect.stringContaining(String(lost.port))], accepted: false });
    expect((await otpd(cluster, ['store', 'accept-loss', '--yes'])).code).toBe(0);
    await restarted?.start();
    await untilJudging(cluster, keys);
    for (const [index, key] of keys.entries()) {
      const expected = index === place ? ['accepted', 'replayed'] : ['replayed', 'replayed'];
      expect((await verifyOnEach(parts(), key, 1)).sort()).toEqual(expected);
    }
  }, 60_000);
});

function isLossTold({ log }: Cluster['instances'][number]): boolean {
  return log().some(({ msg }) => msg?.includes('accept-loss'));
}

redisSuite('callers who are cut off from one master of a Cluster', () => {
  const parts = eachSuite({ partitions: true });

  test('are served by the others, under limits that are local only where they must be, and as before once it is over', async () => {
    const { redis, cluster, clients } = parts();
    const random = nextRandom();
    const keys = keyOnEach(redis, cluster, random);
    const [lost, ...others] = redis.masters() as [ClusterNode, ...ClusterNode[]];
    const [unreachable, ...reachable] = keys as [TestKey, ...TestKey[]];
    const [there, here] = [await limitedKey(parts(), [lost]), await limitedKey(parts(), others)];
    const token = async (client: TestClient, apiKey: string) => {
      const source = { case: 'secret', value: unreachable.secret } as const;
      const { code, headers } = await client.call(methods.token, { key: { source } }, { apiKey });
      return [code, headers['x-ratelimit-remaining']];
    };
    const onEach = async (apiKey: string) => {
      const told = [];
      for (const client of clients) told.push(await token(client, apiKey));
      return told;
    };
    const left = (...used: number[]) => used.map((count) => ['OK', String(LIMIT - count)]);
    for (const key of keys) expect((await verifyOnEach(parts(), key, 1)).sort()).toEqual(['accepted', 'replayed']);
    for (const apiKey of [there, here]) expect(await onEach(apiKey)).toEqual(left(1, 2));

    // On a busy machine, the other instance may wait for all masters while an instance starts.
    const told = cluster.instances.map((one) => one.log().length);
    lost.partition?.begin();
    expect(await verifyOnEach(parts(), unreachable, 2)).toEqual(['unknown', 'unknown']);
    for (const key of reachable) expect((await verifyOnEach(parts(), key, 2)).sort()).toEqual(['accepted', 'replayed']);
    expect(await onEach(here)).toEqual(left(3, 4));
    // Both instances call at the same time, since an instance tolerates a lost master for only five seconds.
    const calledUp = clients.map(async (client) => {
      const calls = [];
      for (let call = 0; call <= LIMIT; call += 1) calls.push((await token(client, there))[0]);
      expect(calls[0]).toBe('OK');
      expect(calls.at(-1)).toBe('RESOURCE_EXHAUSTED');
    });
    await Promise.all(calledUp);
    expect(redis.masters()).toContain(lost);

    lost.partition?.end();
    await untilJudging(cluster, [unreachable]);
    expect(await verifyOnEach(parts(), unreachable, 1)).toEqual(['replayed', 'replayed']);
    expect((await verifyOnEach(parts(), unreachable, 3)).sort()).toEqual(['accepted', 'replayed']);
    expect(await onEach(here)).toEqual([...left(5), ['RESOURCE_EXHAUSTED', undefined]]);
    const since = cluster.instances.flatMap((one, place) => one.log().slice(told[place]));
    expect(since.filter(({ level = 0 }) => level >= 50)).toEqual([]);
  }, 60_000);
});

/** Creates an API key of the plan `free` whose calls are counted on one of these masters. */
async function limitedKey({ redis, cluster }: Parts, masters: readonly ClusterNode[]): Promise<string> {
  for (;;) {
    const { out } = await otpd(cluster, ['keys', 'create', '--name', 'limited', '--plan', 'free']);
    const [apiKey = '', id = ''] = /otpd_([^_\s]+)_\S+/.exec(out) ?? [];
    if (masters.includes(redis.masterOf(`otpd:l:{${id}}`))) return apiKey;
  }
}
