/**
 * Instances behind a balancer of connections, or balanced by their callers, as docs/operations.md describes: a new instance gets its share under
 * load.
 */
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createTestClient } from '../support/client.ts';
import { freePort } from '../support/free-port.ts';
import { proxySuite, startProxy } from '../support/proxies.ts';
import { redisSuite, startRedis } from '../support/redis.ts';
import { openWatch } from '../support/watch.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { nextRandom, size } from './form.ts';
import type { Instance } from './instance.ts';
import { startLoad, targetOf } from './load.ts';

const INSTANCES = 3;
const CONNECTIONS = 12;
const WATCHERS = 3;
/** The least share of a new instance. An equal share would be a third of the calls. */
const FAIR = 0.2;
/** The number of calls for which a share is computed. */
const WINDOW = size(200, 1000);
/** About thirty ages of a connection; a few are enough. */
const PATIENT = { timeout: 30_000, interval: 1 };
const AGE = { OTPD_MAX_CONNECTION_AGE: '1s', OTPD_MAX_CONNECTION_AGE_GRACE: '1s' };
const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' }, periodSeconds: 86_400 } as const;

/** Returns the configuration from the page with the addresses of these instances. */
function configurationOf(port: number, addresses: readonly string[], opsPorts: readonly number[]): string {
  const [, block = ''] = /```haproxy\n(.*?)```/s.exec(readFileSync('docs/operations.md', 'utf8')) ?? [];
  const [one, two, three] = addresses;
  const [first, second, third] = opsPorts;
  return block
    .replace('bind :443', `bind 127.0.0.1:${port}`)
    .replace('10.0.0.1:50051 check port 9464', `${one} check port ${first}`)
    .replace('10.0.0.2:50051 check port 9464', `${two} check port ${second}`)
    .replace('10.0.0.3:50051 check port 9464', `${three} check port ${third}`);
}

/** Returns the number of Verify calls that an instance has answered. */
function served({ output }: Instance): number {
  return output.filter((line) => line.includes('"method":"/otp.v1.OtpService/Verify"')).length;
}

/** Resolves to the share of an instance in the next calls. */
async function shareOf({ instances }: Cluster, one: Instance): Promise<number> {
  const counts = (): number[] => [served(one), ...instances.map(served)];
  const [own = 0, ...all] = counts();
  const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
  for (;;) {
    const [nowOwn = 0, ...now] = counts();
    const calls = total(now) - total(all);
    if (calls >= WINDOW) return (nowOwn - own) / calls;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * Keeps a stream open, on any instance, until `isOver` is true. Resolves to the reasons with which streams have ended after their first code.
 */
async function keepWatching(address: string, apiKey: string, isOver: () => boolean): Promise<Set<string | undefined>> {
  const reasons = new Set<string | undefined>();
  const client = createTestClient(address, apiKey, undefined, { 'grpc.use_local_subchannel_pool': 1 });
  while (!isOver()) {
    const watch = openWatch(client, apiKey, { key });
    const hasOpened = (await watch.first) !== undefined;
    const { code, details } = await watch.ended;
    expect(code).toBe('UNAVAILABLE');
    if (hasOpened) reasons.add(details.errorInfo?.reason);
  }
  client.close();
  return reasons;
}

proxySuite('haproxy', () => {
  redisSuite('with one Redis', () => {
    test(
      'an instance that stops and returns under load gets its share again, and no call fails',
      async () => {
        const random = nextRandom();
        const opsPorts = await Promise.all(Array.from({ length: INSTANCES }, freePort));
        const more = (place: number) => ({ ...AGE, OTPD_OPS_LISTEN: `127.0.0.1:${opsPorts[place]}` });
        await using parts = new AsyncDisposableStack();
        const { url } = parts.adopt(await startRedis(), (one) => one.stop());
        await using cluster = await startCluster({ store: 'redis', instances: INSTANCES }, random, { more, redisUrl: url });
        const { instances, apiKeys } = cluster;
        const [apiKey = ''] = apiKeys;
        const addresses = instances.map(({ address }) => address);
        const proxy = parts.adopt(
          await startProxy('haproxy', '', (_, port) => configurationOf(port, addresses, opsPorts)),
          (one) => one.stop(),
        );
        const load = startLoad(targetOf([proxy.address]), apiKey, random, CONNECTIONS);
        let isOver = false;
        const watching = Array.from({ length: WATCHERS }, () => keepWatching(proxy.address, apiKey, () => isOver));
        const last = instances.at(-1);
        if (last === undefined) throw new Error('no instance');
        await expect.poll(() => shareOf(cluster, last), PATIENT).toBeGreaterThan(FAIR);

        expect(await last.stop()).toBe(0);
        expect(await shareOf(cluster, last)).toBeLessThan(FAIR);
        await last.start();
        await expect.poll(() => shareOf(cluster, last), PATIENT).toBeGreaterThan(FAIR);

        isOver = true;
        const reasons = await Promise.all(watching);
        expect(new Set(reasons.flatMap((those) => [...those]))).toContain('ERROR_REASON_CONNECTION_AGE_EXCEEDED');
        const answers = await load.stop();
        expect(answers).toEqual({ accepted: load.codes(), replayed: load.codes() });
      },
      size(120_000, 600_000),
    );
  });
});

redisSuite('behind a name with an address for each, with one Redis', () => {
  test(
    'an instance that is named under load gets its share, and one that is named no more ends without a failed call',
    async () => {
      const random = nextRandom();
      const port = await freePort();
      const hosts = ['127.0.0.31', '127.0.0.32', '127.0.0.33'];
      const more = (place: number) => ({ ...AGE, OTPD_LISTEN: `${hosts[place]}:${port}` });
      await using parts = new AsyncDisposableStack();
      const { url } = parts.adopt(await startRedis(), (one) => one.stop());
      await using cluster = await startCluster({ store: 'redis', instances: INSTANCES }, random, { more, redisUrl: url });
      // A headless Service of Kubernetes resolves in the same way.
      let named = hosts.slice(0, 2);
      const lookup = vi.spyOn(dns.promises, 'lookup') as unknown as { mockImplementation(work: () => Promise<object[]>): void };
      onTestFinished(() => void vi.restoreAllMocks());
      lookup.mockImplementation(async () => named.map((address) => ({ address, family: 4 })));
      const [first, , last] = cluster.instances;
      if (first === undefined || last === undefined) throw new Error('no instances');
      const load = startLoad(`dns:///otpd.example.com:${port}`, cluster.apiKeys[0] ?? '', random);
      expect(await shareOf(cluster, last)).toBe(0);
      named = hosts;
      await expect.poll(() => shareOf(cluster, last), PATIENT).toBeGreaterThan(FAIR);
      named = hosts.slice(1);
      await expect.poll(() => shareOf(cluster, first), PATIENT).toBe(0);
      expect(await first.stop()).toBe(0);
      const answers = await load.stop();
      expect(answers).toEqual({ accepted: load.codes(), replayed: load.codes() });
    },
    size(120_000, 600_000),
  );
});
