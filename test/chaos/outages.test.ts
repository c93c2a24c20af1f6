/** The store is away: Verify says so in time, the others go on, health and the log tell it once, and all comes back by itself. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { redisSuite } from '../support/redis.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { sendAll, tally } from './crowd.ts';
import { type Fault, redisFaults, sqliteFaults } from './faults.ts';
import { nextRandom, randomOf } from './form.ts';
import type { Instance } from './instance.ts';
import { codeOf, hotpKey, requestOf } from './keys.ts';
import { AWAY, BACK, BACK_WITHIN, changes, isServing, untilServing } from './serving.ts';

/** What a Verify may take, and the most that its process may have to wait for its turn on a busy machine, in ms. */
const ANSWERED_WITHIN = 300 + 150;

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
    expect(await Promise.all(clients.map((client) => isServing(client, '')))).toEqual(Array(instances).fill(true));
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
