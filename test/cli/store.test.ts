/** `otpd store accept-loss`: describes the loss of a Redis Cluster, accepts it only on request, and writes an audit event. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { auditedIn } from '../support/audit-lines.ts';
import { redisSuite } from '../support/redis.ts';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { otpd } from './harness.ts';
import { makeFolder } from './real.ts';

redisSuite('otpd store accept-loss', () => {
  let cluster: RedisCluster;
  let folder: string;
  const auditLog = () => join(folder, 'audit.log');
  beforeAll(async () => {
    cluster = await startRedisCluster({ settings: [] });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());
  beforeEach(() => {
    folder = makeFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const acceptLoss = (url: string, ...args: string[]) =>
    otpd(['store', 'accept-loss', ...args], { env: { OTPD_REDIS_URL: url, OTPD_AUDIT_LOG: auditLog() } });

  it('has nothing to accept in a Cluster that is new, or whole', async () => {
    expect(await acceptLoss(cluster.url, '--yes')).toMatchObject({ code: 0, out: 'nothing is lost\n' });
    const store = await openRedisStore({ url: cluster.url, onWarning: () => undefined });
    await store.close();
    expect(await acceptLoss(cluster.url, '--yes')).toMatchObject({ code: 0, out: 'nothing is lost\n' });
    expect(existsSync(auditLog())).toBe(false);
  });

  it('says what is lost, and changes nothing without --yes', async () => {
    const home = cluster.masterOf('otpd:{keys}:keys');
    const place = `127.0.0.1:${home.port}`;
    home.cli('flushall');
    const told = await acceptLoss(cluster.url);
    expect(told.code).toBe(2);
    expect(told.out).toMatch(new RegExp(`^lost: 546[12] of 16384 slots, on ${place}, and with them all API keys: make new ones`));
    expect(told.err).toContain('nothing was changed');
    const lost = {
      masters: [place],
      apiKeysLost: true,
      lostSlots: expect.toSatisfy((slots) => slots === 5461 || slots === 5462),
    };
    expect(JSON.parse((await acceptLoss(cluster.url, '--json')).out)).toEqual({ ...lost, accepted: false });
    expect(home.cli('dbsize')).toBe('0');
    expect(existsSync(auditLog())).toBe(false);

    expect(JSON.parse((await acceptLoss(cluster.url, '--json', '--yes')).out)).toEqual({ ...lost, accepted: true });
    const { lostSlots: slots } = lost;
    expect(auditedIn(auditLog())).toMatchObject([{ event: 'store.loss_accepted', slots, masters: [place] }]);
    expect(await acceptLoss(cluster.url)).toMatchObject({ code: 0, out: 'nothing is lost\n' });
    const store = await openRedisStore({ url: cluster.url, onWarning: () => undefined });
    await store.ping();
    await store.close();
  });

  it('is for a Cluster alone', async () => {
    const none = await otpd(['store', 'accept-loss'], { env: { OTPD_REDIS_URL: '' } });
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('without a Redis Cluster: name it by --redis-url')]);
    const one = await acceptLoss(`redis://:hunter2@127.0.0.1:${cluster.nodes[0]?.port}`);
    expect([one.code, one.err]).toEqual([2, expect.stringContaining('is no Cluster')]);
    const bad = await acceptLoss('redis-cluster://:hunter2@a/1');
    expect([bad.code, bad.err]).toEqual([2, expect.stringContaining('a Cluster has database 0 alone')]);
    expect(one.err + bad.err).not.toContain('hunter2');
  });

  it('is one of the commands that take the URL of a Cluster', async () => {
    const made = await otpd(['keys', 'create', '--name', 'laptop'], { env: { OTPD_REDIS_URL: cluster.url } });
    expect(made.code).toBe(0);
    expect((await otpd(['keys', 'list'], { env: { OTPD_REDIS_URL: cluster.url } })).out).toContain('laptop');
  });
});
