/** The store is away: Verify says so in time, the others go on, health and the log tell it once, and all comes back by itself. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Health, HealthCheckResponse_ServingStatus as Serving } from '../../gen/ts/health/v1/health_pb.ts';
import { OtpService } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { redisSuite } from '../support/redis.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { sendAll, tally } from './crowd.ts';
import { type Fault, redisFaults, redisOf, sqliteFaults } from './faults.ts';
import { nextRandom, randomOf } from './form.ts';
import type { Instance } from './instance.ts';
import { codeOf, hotpKey, requestOf } from './keys.ts';

/** What a Verify may take, and the most that its process may have to wait for its turn on a busy machine, in ms. */
const ANSWERED_WITHIN = 300 + 150;
/** The same for the return to service. */
const BACK_WITHIN = 2000 + 500;
const AWAY = 'the store is away: Verify answers UNAVAILABLE, Generate and Token go on under a local limit';
const BACK = 'the store is back: Verify is served again';

async function isServing(client: TestClient): Promise<boolean> {
  const { response } = await client.call(Health.method.check, { service: OtpService.typeName });
  return response?.status === Serving.SERVING;
}

/** Ms until every instance says so. */
async function untilServing(clients: readonly TestClient[], wanted: boolean): Promise<number> {
  const startedAt = performance.now();
  while (!(await Promise.all(clients.map(isServing))).every((serving) => serving === wanted)) {
    if (performance.now() - startedAt > 10_000) throw new Error(`not ${wanted ? 'SERVING' : 'NOT_SERVING'} within 10 s`);
    await pause(20);
  }
  return performance.now() - startedAt;
}

/** The changes of state that the log tells. */
function changes({ log }: Instance): string[] {
  return log().flatMap(({ msg }) => (msg === AWAY || msg === BACK ? [msg] : []));
}

/** What the Verifies that were answered UNAVAILABLE took, in ms. */
function waits({ log }: Instance): number[] {
  const refused = log().filter(({ method, code }) => method?.endsWith('/Verify') && code === 'UNAVAILABLE');
  return refused.map(({ durationMs = Number.NaN }) => durationMs);
}

function outages(
  kind: 'redis' | 'sqlite',
  instances: number,
  faultsOf: (cluster: Cluster) => Fault[],
  names: readonly string[],
): void {
  let cluster: Cluster;
  let clients: TestClient[];
  beforeAll(async () => {
    cluster = await startCluster({ store: kind, instances }, randomOf(1));
    clients = cluster.instances.map(({ address }) => createTestClient(address, cluster.apiKeys[0]));
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await cluster[Symbol.asyncDispose]();
  });

  test.each(names)('%s', async (name) => {
    const fault = faultsOf(cluster).find((one) => one.name === name);
    if (fault === undefined) throw new Error(`no fault is called ${name}`);
    const random = nextRandom();
    const key = hotpKey(random);
    const request = (step: number) => requestOf(key, codeOf(key, step));
    const others = () =>
      Promise.all(
        clients.flatMap((client) => [
          client.call(methods.token, { key: { source: { case: 'secret', value: key.secret } } }),
          client.call(methods.generate, { accountName: 'alice' }),
        ]),
      );
    await untilServing(clients, true);
    expect(tally(await sendAll(cluster, [request(1)]))).toEqual({ accepted: 1 });
    // An instance goes on for the API keys that it has met in the last quarter of an hour.
    await others();
    const before = cluster.instances.map((one) => ({ changes: changes(one).length, waits: waits(one).length }));

    await fault.begin();
    expect(tally(await sendAll(cluster, Array(20).fill(request(2))))).toEqual({ unknown: 20 });
    expect((await others()).map(({ code }) => code)).toEqual(Array(2 * instances).fill('OK'));
    expect(await untilServing(clients, false)).toBeLessThan(BACK_WITHIN);
    // In the middle of it too, and a process that lives is live.
    expect(tally(await sendAll(cluster, Array(20).fill(request(2))))).toEqual({ unknown: 20 });
    expect((await others()).map(({ code }) => code)).toEqual(Array(2 * instances).fill('OK'));
    const live = await clients[0]?.call(Health.method.check, { service: '' });
    expect(live?.response?.status).toBe(Serving.SERVING);
    await fault.end();
    expect(await untilServing(clients, true)).toBeLessThan(BACK_WITHIN);

    expect(tally(await sendAll(cluster, [request(3), request(1)]))).toMatchObject({ accepted: 1, replayed: 1 });
    for (const [place, one] of cluster.instances.entries()) {
      expect(changes(one).slice(before[place]?.changes)).toEqual([AWAY, BACK]);
      const waited = waits(one).slice(before[place]?.waits);
      expect(waited.length).toBeGreaterThan(0);
      expect(Math.max(...waited)).toBeLessThan(ANSWERED_WITHIN);
    }
  });
}

describe('a SQLite file that is', () => {
  outages('sqlite', 1, sqliteFaults, ['locked', 'on a disk that takes no more']);
});

redisSuite('a Redis that is', () => {
  outages('redis', 2, redisFaults, ['stopped', 'killed', 'out of memory', 'a read-only replica', 'behind another password']);
});

redisSuite('a Redis that comes back empty', () => {
  test('accepts no used code, and is put to use again by an operator alone', async () => {
    const random = nextRandom();
    await using cluster = await startCluster({ store: 'redis', instances: 2 }, random);
    const redis = redisOf(cluster);
    const key = hotpKey(random);
    const used = Array(20).fill(requestOf(key, codeOf(key, 5)));
    expect(tally(await sendAll(cluster, used))).toEqual({ accepted: 1, replayed: 19 });
    await redis.kill();
    rmSync(join(redis.folder, 'appendonlydir'), { recursive: true });
    await redis.restart();
    const until = performance.now() + 800;
    while (performance.now() < until) {
      expect(tally(await sendAll(cluster, used))).toEqual({ unknown: 20 });
      await pause(100);
    }
    for (const one of cluster.instances) {
      expect(changes(one)).toEqual([AWAY]);
      expect(one.log().filter(({ msg }) => msg?.includes('Redis has lost its state'))).toHaveLength(1);
    }
    // Started anew it has no API keys: nobody can present a used code.
    const [first] = cluster.instances;
    await first?.stop();
    await first?.start();
    await expect(first?.caller.verify(requestOf(key, codeOf(key, 5)), cluster.apiKeys[0] ?? '')).rejects.toThrow(
      'API_KEY_INVALID',
    );
  });
});
