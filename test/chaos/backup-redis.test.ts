/** Backups of a Redis that are made under load, as docs/operations.md says, hold every code that was accepted before; otpd needs no restart. */
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RedisServer } from '../support/redis.ts';
import { acceptCodes } from './accepted.ts';
import { type Cluster, eachShape, startCluster } from './cluster.ts';
import { nextRandom, type Random, size } from './form.ts';
import { codeOf, hotpKey, requestOf, type VerifyInit } from './keys.ts';

const WARM_UP_ACCEPTED = size(200, 5000);
/** Both lie in the folder of Redis. */
const SNAPSHOT = 'dump.rdb';
const LOG = 'appendonlydir';
const PATIENT = { timeout: 30_000 };

const TEXT = readFileSync('docs/operations.md', 'utf8');

/** Runs a command, which the page must have. */
function run({ cli }: RedisServer, command: string): string {
  expect(TEXT).toContain(`redis-cli ${command}`);
  return cli(...command.split(' '));
}

/** The value of a field of `INFO persistence`. */
function persistence(redis: RedisServer, field: string): string | undefined {
  return new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(run(redis, 'INFO persistence'))?.[1];
}

/** Accepts codes, has `save` make a backup meanwhile, and then loses all that Redis has. Gives the codes that the backup must hold. */
async function loseAfter(cluster: Cluster, random: Random, save: (redis: RedisServer) => Promise<void>): Promise<VerifyInit[]> {
  const redis = redisOf(cluster);
  const loaded = acceptCodes(cluster, random);
  await expect.poll(() => loaded.accepted.length, PATIENT).toBeGreaterThan(WARM_UP_ACCEPTED);
  const before = [...loaded.accepted];
  await save(redis);
  await expect.poll(() => loaded.accepted.length, PATIENT).toBeGreaterThan(before.length);
  await loaded.stop();
  await redis.kill();
  for (const name of [SNAPSHOT, LOG]) rmSync(join(redis.folder, name), { recursive: true, force: true });
  return before;
}

function redisOf({ redis }: Cluster): RedisServer {
  if (redis === undefined) throw new Error('no Redis');
  return redis;
}

/** Every code of the backup is known, on each instance; the API keys work, and the state goes on. */
async function expectState({ instances, apiKeys }: Cluster, before: readonly VerifyInit[], random: Random): Promise<void> {
  for (const instance of instances) {
    const [first = {}] = before;
    // The API keys are away meanwhile.
    const ask = () => instance.caller.verify(first, apiKeys[1] ?? '').then(({ outcome }) => outcome, String);
    await expect.poll(ask, PATIENT).toBe('replayed');
    const outcomes = await Promise.all(before.map((request) => instance.caller.verify(request, apiKeys[1] ?? '')));
    expect([...new Set(outcomes.map(({ outcome }) => outcome))]).toEqual(['replayed']);
    const key = hotpKey(random);
    expect((await instance.caller.verify(requestOf(key, codeOf(key, 0)), apiKeys[2] ?? '')).outcome).toBe('accepted');
  }
}

eachShape('a backup', [{ name: 'two processes with one Redis', store: 'redis', instances: 2 }], (shape) => {
  test('by BGSAVE, restored into a Redis that appends', async () => {
    const random = nextRandom();
    await using cluster = await startCluster(shape, random, { connections: 2 });
    const redis = redisOf(cluster);
    const backup = join(cluster.folder, 'backup.rdb');
    const before = await loseAfter(cluster, random, async ({ folder }) => {
      run(redis, 'BGSAVE');
      await expect.poll(() => persistence(redis, 'rdb_bgsave_in_progress'), PATIENT).toBe('0');
      expect(persistence(redis, 'rdb_last_bgsave_status')).toBe('ok');
      cpSync(join(folder, SNAPSHOT), backup);
    });

    // The trap: a Redis that appends reads its log alone, and is empty without one.
    cpSync(backup, join(redis.folder, SNAPSHOT));
    await redis.restart();
    expect(Number(redis.cli('DBSIZE'))).toBeLessThan(10);
    await redis.kill();
    rmSync(join(redis.folder, LOG), { recursive: true });

    cpSync(backup, join(redis.folder, SNAPSHOT));
    await redis.restart(['--appendonly', 'no']);
    run(redis, 'CONFIG SET appendonly yes');
    await expect.poll(() => persistence(redis, 'aof_rewrite_in_progress'), PATIENT).toBe('0');
    await expectState(cluster, before, random);
    // The log that it has written holds the same.
    await redis.restart();
    await expectState(cluster, before, random);
  }, 120_000);

  test('of the log, without a rewrite meanwhile', async () => {
    const random = nextRandom();
    await using cluster = await startCluster(shape, random, { connections: 2 });
    const redis = redisOf(cluster);
    const backup = join(cluster.folder, 'backup');
    const before = await loseAfter(cluster, random, async ({ cli, folder }) => {
      run(redis, 'CONFIG SET auto-aof-rewrite-percentage 0');
      await expect.poll(() => persistence(redis, 'aof_rewrite_in_progress'), PATIENT).toBe('0');
      cpSync(join(folder, LOG), backup, { recursive: true });
      cli('CONFIG', 'SET', 'auto-aof-rewrite-percentage', '100');
    });
    cpSync(backup, join(redis.folder, LOG), { recursive: true });
    await redis.restart();
    await expectState(cluster, before, random);
  }, 120_000);
});
