/**
 * Outages of the store: Verify answers in time, other calls continue, the health and the log report the outage once, and the service recovers without
 * help.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { diskSuite } from '../support/disk.ts';
import { redisSuite } from '../support/redis.ts';
import { type Cluster, type ClusterOptions, type Shape, startCluster } from './cluster.ts';
import { answersOf, sendAll, tally } from './crowd.ts';
import { diskFaults, type Fault, redisFaults, sqliteFaults } from './faults.ts';
import { nextRandom, randomOf } from './form.ts';
import { codeOf, hotpKey, requestOf, type VerifyInit } from './keys.ts';
import { AWAY, BACK, BACK_WITHIN, changes, isServing, untilServing } from './serving.ts';

/** The longest time for a Verify, in ms. */
const ANSWERED_WITHIN = 300;
/** The interval between two control calls, in ms. */
const CONTROL_EVERY = 10;
/** The longest time for a call without the store on a machine that is not busy, in ms. */
const PROMPT = 20;

/**
 * Sends all requests at once and expects that each outcome is unknown. Resolves to the time from the first request to the last answer in ms, without
 * the time in which the machine also delayed control calls, which need no store.
 */
async function refusedWithin(cluster: Cluster, clients: readonly TestClient[], requests: readonly VerifyInit[]): Promise<number> {
  let isDone = false;
  const watching = clients.map(async (client) => {
    let heldUp = 0;
    while (!isDone) {
      const startedAt = performance.now();
      await isServing(client, '');
      const ms = performance.now() - startedAt;
      if (ms > PROMPT) heldUp += ms;
      await pause(CONTROL_EVERY);
    }
    return heldUp;
  });
  const startedAt = performance.now();
  const answers = await sendAll(cluster, requests);
  const ms = performance.now() - startedAt;
  isDone = true;
  expect(tally(answers)).toEqual({ unknown: requests.length });
  return ms - Math.max(...(await Promise.all(watching)));
}

function outages(
  shape: Pick<Shape, 'store' | 'instances'> & ClusterOptions,
  faultsOf: (cluster: Cluster) => Fault[],
  names: readonly string[],
): void {
  const { instances } = shape;
  let cluster: Cluster;
  let clients: TestClient[];
  beforeAll(async () => {
    cluster = await startCluster(shape, randomOf(1), shape);
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
    expect(tally(await answersOf(cluster, [request(1)]))).toEqual({ accepted: 1 });
    // An instance continues for the API keys that it has seen in the last 15 minutes.
    await others();
    const before = cluster.instances.map((one) => changes(one).length);

    await fault.begin();
    expect(await refusedWithin(cluster, clients, Array(20).fill(request(2)))).toBeLessThan(ANSWERED_WITHIN);
    expect((await others()).map(({ code }) => code)).toEqual(Array(2 * instances).fill('OK'));
    expect(await untilServing(clients, false)).toBeLessThan(BACK_WITHIN);
    // Calls in the middle of the outage are answered in time too, and the process stays live.
    expect(await refusedWithin(cluster, clients, Array(20).fill(request(2)))).toBeLessThan(ANSWERED_WITHIN);
    expect((await others()).map(({ code }) => code)).toEqual(Array(2 * instances).fill('OK'));
    expect(await Promise.all(clients.map((client) => isServing(client, '')))).toEqual(Array(instances).fill(true));
    await fault.end();
    expect(await untilServing(clients, true)).toBeLessThan(BACK_WITHIN);

    expect(tally(await answersOf(cluster, [request(3), request(1)]))).toMatchObject({ accepted: 1, replayed: 1 });
    for (const [place, one] of cluster.instances.entries()) {
      expect(changes(one).slice(before[place])).toEqual([AWAY, BACK]);
    }
  });
}

describe('a SQLite file that is', () => {
  outages({ store: 'sqlite', instances: 1 }, sqliteFaults, ['locked', 'on a disk that takes no more']);
});

diskSuite('a SQLite file on a disk that is', () => {
  outages({ store: 'sqlite', instances: 1, ownDisk: true }, diskFaults, ['full']);
});

redisSuite('a Redis that is', () => {
  outages({ store: 'redis', instances: 2 }, redisFaults, [
    'stopped',
    'killed',
    'out of memory',
    'a read-only replica',
    'behind another password',
  ]);
});
