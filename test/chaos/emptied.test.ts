/** Redis comes back empty: no used code passes, instances recover without help, and accept the API keys that exist then. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { createTestClient, methods } from '../support/client.ts';
import { type RedisServer, redisSuite } from '../support/redis.ts';
import { runningMs } from '../support/running-time.ts';
import { startCluster } from './cluster.ts';
import { otpd } from './command.ts';
import { redisOf } from './faults.ts';
import { nextRandom } from './form.ts';
import { codeOf, hotpKey, requestOf } from './keys.ts';
import { AWAY, BACK, BACK_WITHIN, changes, untilServing } from './serving.ts';

const LOST = 'Redis has lost its state';

const WAYS: Readonly<Record<string, (redis: RedisServer) => Promise<void>>> = {
  'after it was killed': async (redis) => {
    await redis.kill();
    rmSync(join(redis.folder, 'appendonlydir'), { recursive: true });
    await redis.restart();
  },
  'without ever being away': async (redis) => void redis.cli('flushall'),
};

redisSuite('a Redis that is empty', () => {
  test.each(Object.keys(WAYS))('%s', async (way) => {
    const random = nextRandom();
    await using cluster = await startCluster({ store: 'redis', instances: 2 }, random);
    await using parts = new AsyncDisposableStack();
    const clients = cluster.instances.map(({ address }) =>
      parts.adopt(createTestClient(address, cluster.apiKeys[0]), (client) => client.close()),
    );
    const key = hotpKey(random);
    const used = requestOf(key, codeOf(key, 5));
    const verifyAll = (apiKey = cluster.apiKeys[0]) =>
      Promise.all(clients.map((client) => client.call(methods.verify, used, { apiKey })));
    const statuses = async (apiKey?: string) => (await verifyAll(apiKey)).map(({ response }) => response?.status).sort();
    expect(await statuses()).toEqual([VerifyStatus.ACCEPTED, VerifyStatus.REPLAYED]);

    await WAYS[way]?.(redisOf(cluster));
    // All instances answer all the time under an API key that they have in memory: first UNAVAILABLE, then UNAUTHENTICATED, and nothing else.
    const emptyAt = runningMs();
    const seen = new Set<string>();
    let last: string[] = [];
    while (last.join() !== 'UNAUTHENTICATED,UNAUTHENTICATED') {
      last = (await verifyAll()).map(({ code }) => code);
      for (const code of last) seen.add(code);
      expect(runningMs() - emptyAt).toBeLessThan(BACK_WITHIN);
      await pause(40);
    }
    expect([...seen]).toEqual(['UNAVAILABLE', 'UNAUTHENTICATED']);
    await untilServing(clients, true);
    expect(runningMs() - emptyAt).toBeLessThan(BACK_WITHIN);
    const token = await clients[0]?.call(methods.token, { key: { source: { case: 'secret', value: key.secret } } });
    expect(token?.code).toBe('UNAUTHENTICATED');
    for (const one of cluster.instances) {
      expect(changes(one)).toEqual([AWAY, BACK]);
      expect(one.log().filter(({ msg }) => msg?.includes(LOST))).toHaveLength(1);
    }

    const created = await otpd(cluster, ['keys', 'create', '--name', 'anew', '--plan', 'unlimited']);
    const [apiKey] = /otpd_\S+/.exec(created.out) ?? [];
    expect(await statuses(apiKey)).toEqual([VerifyStatus.ACCEPTED, VerifyStatus.REPLAYED]);
    for (const one of cluster.instances) expect(changes(one)).toEqual([AWAY, BACK]);
  });
});
