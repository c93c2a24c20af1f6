/** A plan with limits during an outage of Redis: Generate and Token continue for known API keys, up to a limit that each instance keeps. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { DEFAULT_PLANS } from '../../src/limits/plans.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { redisSuite } from '../support/redis.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { otpd } from './command.ts';
import { type Fault, redisFaults } from './faults.ts';
import { nextRandom } from './form.ts';
import type { Instance } from './instance.ts';
import { codeOf, hotpKey, requestOf } from './keys.ts';
import { AWAY, BACK, BACK_WITHIN, changes, untilServing } from './serving.ts';

/** The calls per minute of the plan `free`. */
const LIMIT = DEFAULT_PLANS.get('free')?.windows[0]?.limit ?? Number.NaN;

const [INFO, WARN] = [30, 40];
const LOCAL = 'rate limits are local: the shared store cannot be reached, each process counts its own calls';
const SHARED = 'rate limits are shared again';

/** Returns the log lines of an instance about its store and its limits, without the lines of calls. */
function ownLines({ log }: Instance) {
  return log().filter(({ msg, method }) => method === undefined && /store|redis|limit/i.test(msg ?? ''));
}

/** Returns where the limits were counted, from each log line that says so. */
function limitLines(one: Instance): unknown[] {
  return ownLines(one).flatMap(({ level, msg }) => (msg === LOCAL || msg === SHARED ? [[level, msg]] : []));
}

redisSuite('the limits of a plan while Redis is', () => {
  const parts: (() => PromiseLike<void> | void)[] = [];
  afterEach(async () => {
    for (const close of parts.splice(0).reverse()) await close();
  });

  function connectAll(cluster: Cluster, apiKey: string | undefined): TestClient[] {
    return cluster.instances.map(({ address }) => {
      const client = createTestClient(address, apiKey);
      parts.push(client.close);
      return client;
    });
  }

  async function create(cluster: Cluster): Promise<string | undefined> {
    return /otpd_\S+/.exec((await otpd(cluster, ['keys', 'create', '--name', 'limited', '--plan', 'free'])).out)?.[0];
  }

  function faultOf(cluster: Cluster, name: string): Fault {
    const fault = redisFaults(cluster).find((one) => one.name === name);
    if (fault === undefined) throw new Error(`no fault is called ${name}`);
    return fault;
  }

  test.each(['stopped', 'killed'])('%s', async (name) => {
    const random = nextRandom();
    const cluster = await startCluster({ store: 'redis', instances: 2 }, random);
    parts.push(() => cluster[Symbol.asyncDispose]());
    const clients = connectAll(cluster, await create(cluster));
    const strangers = connectAll(cluster, await create(cluster));
    const key = hotpKey(random);
    const token = (client: TestClient) => client.call(methods.token, { key: { source: { case: 'secret', value: key.secret } } });
    const generate = (client: TestClient) => client.call(methods.generate, { accountName: 'alice' });
    // All instances share the limit, so this is the rest of it.
    const met = [await Promise.all(clients.map(token))].flat();
    expect(met.map(({ code, headers }) => [code, headers['x-ratelimit-remaining']]).sort()).toEqual([
      ['OK', String(LIMIT - 2)],
      ['OK', String(LIMIT - 1)],
    ]);

    const fault = faultOf(cluster, name);
    await fault.begin();
    await untilServing(clients, false);
    // Counts from before the outage are then too old.
    await pause(600);
    for (const client of clients) {
      expect((await client.call(methods.verify, requestOf(key, codeOf(key, 1)))).code).toBe('UNAVAILABLE');
      for (let call = 2; call <= LIMIT; call += 1) {
        const { code, headers } = await (call % 2 === 0 ? token : generate)(client);
        expect([code, headers['x-ratelimit-remaining']]).toEqual(['OK', String(LIMIT - call)]);
      }
      for (const refused of [await token(client), await generate(client)]) {
        expect(refused).toMatchObject({ code: 'RESOURCE_EXHAUSTED', trailers: { 'x-ratelimit-remaining': '0' } });
        expect(refused.details.errorInfo?.metadata).toEqual({ window: 'minute', limit: String(LIMIT), plan: 'free' });
        expect(refused.details.quotaFailure?.violations).toHaveLength(1);
        expect(Number(refused.trailers['grpc-retry-pushback-ms'])).toBeGreaterThan(0);
        expect(refused.details.retryInfo?.retryDelay?.seconds).toBeGreaterThan(50n);
      }
    }
    // An instance cannot check an API key that it has not seen.
    expect((await Promise.all(strangers.map(token))).map(({ code }) => code)).toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
    for (const one of cluster.instances) {
      expect(changes(one)).toEqual([AWAY]);
      expect(ownLines(one)).toHaveLength(2);
      expect(limitLines(one)).toEqual([[WARN, LOCAL]]);
    }

    await fault.end();
    expect(await untilServing(clients, true)).toBeLessThan(BACK_WITHIN);
    // Redis has counted only the first two calls.
    const [first] = clients;
    expect(first && (await token(first)).headers['x-ratelimit-remaining']).toBe(String(LIMIT - 3));
    for (const client of [...clients, ...clients]) await token(client);
    for (const one of cluster.instances) {
      expect(changes(one)).toEqual([AWAY, BACK]);
      expect(limitLines(one)).toEqual([
        [WARN, LOCAL],
        [INFO, SHARED],
      ]);
      expect(ownLines(one)).toHaveLength(4);
    }
  });
});
