/** Backups of a Redis under load, by each of its means: they contain every code that was accepted before, and otpd needs no restart. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RedisServer } from '../support/redis.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedisSentinels } from '../support/redis-sentinel.ts';
import { type Cluster, eachShape, startCluster } from './cluster.ts';
import { nextRandom } from './form.ts';
import {
  acceptAndSave,
  expectState,
  LOG,
  lose,
  restoreSnapshot,
  run,
  SNAPSHOT,
  saveSnapshot,
  untilPersistence,
} from './redis-backup.ts';

const SHAPES = [{ name: 'two processes', store: 'redis', instances: 2 }] as const;

function redisOf({ redis }: Cluster): RedisServer {
  if (redis === undefined) throw new Error('no Redis');
  return redis;
}

eachShape('a backup of one Redis', SHAPES, (shape) => {
  test('by BGSAVE, restored into a Redis that appends', async () => {
    const random = nextRandom();
    await using cluster = await startCluster(shape, random, { connections: 2 });
    const redis = redisOf(cluster);
    const backup = join(cluster.folder, 'backup.rdb');
    const before = await acceptAndSave(cluster, random, () => saveSnapshot(redis, backup));
    await lose(redis);

    // The trap: a Redis that appends reads only its log, and is empty without a log.
    cpSync(backup, join(redis.folder, SNAPSHOT));
    await redis.restart();
    expect(Number(redis.cli('DBSIZE'))).toBeLessThan(10);
    await redis.kill();
    rmSync(join(redis.folder, LOG), { recursive: true });

    await restoreSnapshot(redis, backup);
    await expectState(cluster, before, random);
    // The new log contains the same data.
    await redis.restart();
    await expectState(cluster, before, random);
  }, 120_000);

  test('of the log, without a concurrent rewrite', async () => {
    const random = nextRandom();
    await using cluster = await startCluster(shape, random, { connections: 2 });
    const redis = redisOf(cluster);
    const backup = join(cluster.folder, 'backup');
    const before = await acceptAndSave(cluster, random, async () => {
      run(redis, 'CONFIG SET auto-aof-rewrite-percentage 0');
      await untilPersistence(redis, 'aof_rewrite_in_progress:0');
      cpSync(join(redis.folder, LOG), backup, { recursive: true });
      redis.cli('CONFIG', 'SET', 'auto-aof-rewrite-percentage', '100');
    });
    await lose(redis);
    cpSync(backup, join(redis.folder, LOG), { recursive: true });
    await redis.restart();
    await expectState(cluster, before, random);
  }, 120_000);
});

eachShape('a backup of several Redis', SHAPES, (shape) => {
  test('with Sentinel: of the primary, restored on one node before the others and the sentinels', async () => {
    const random = nextRandom();
    await using redis = await startRedisSentinels();
    await using cluster = await startCluster(shape, random, { connections: 2, redisUrl: redis.url });
    const backup = join(cluster.folder, 'backup.rdb');
    const before = await acceptAndSave(cluster, random, () => saveSnapshot(redis.primary(), backup));
    const [first, ...others] = redis.servers;
    if (first === undefined) throw new Error('no server');
    await Promise.all(redis.sentinels.map((one) => one.kill()));
    await Promise.all(redis.servers.map(lose));

    await restoreSnapshot(first, backup);
    await Promise.all(others.map((one) => one.restart()));
    await Promise.all(redis.sentinels.map((one) => one.restart()));
    await redis.healthy();
    await expectState(cluster, before, random);
  }, 120_000);

  test('in a Cluster: of each master, restored on a node with its slots, before the replicas', async () => {
    const random = nextRandom();
    await using redis = await startRedisCluster();
    await using cluster = await startCluster(shape, random, { connections: 2, redisUrl: redis.url });
    const masters = redis.masters();
    const replicas = redis.nodes.filter((node) => !masters.includes(node));
    const backupOf = ({ id }: { readonly id: string }, name: string) => join(cluster.folder, `${id}-${name}`);
    const before = await acceptAndSave(cluster, random, async () => {
      for (const master of masters) {
        await saveSnapshot(master, backupOf(master, SNAPSHOT));
        cpSync(join(master.folder, 'nodes.conf'), backupOf(master, 'nodes.conf'));
      }
    });
    // Each master has a part of the data.
    expect(masters.map(({ cli }) => Number(cli('DBSIZE')) > before.length / 10)).toEqual([true, true, true]);
    await Promise.all(redis.nodes.map(lose));
    for (const { folder } of masters) rmSync(join(folder, 'nodes.conf'));

    for (const master of masters) {
      cpSync(backupOf(master, 'nodes.conf'), join(master.folder, 'nodes.conf'));
      await restoreSnapshot(master, backupOf(master, SNAPSHOT));
    }
    await Promise.all(replicas.map((one) => one.restart()));
    await redis.healthy();
    await expectState(cluster, before, random);
  }, 120_000);
});
