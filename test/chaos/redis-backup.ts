/** Saves and restores the state of a Redis with the commands in docs/operations.md. */
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RedisServer } from '../support/redis.ts';
import { acceptCodes } from './accepted.ts';
import type { Cluster } from './cluster.ts';
import { type Random, size } from './form.ts';
import { codeOf, hotpKey, requestOf, type VerifyInit } from './keys.ts';

const TEXT = readFileSync('docs/operations.md', 'utf8');
const WARM_UP_ACCEPTED = size(200, 5000);
const PATIENT = { timeout: 30_000 };

/** The files of Redis, in its folder. */
export const SNAPSHOT = 'dump.rdb';
export const LOG = 'appendonlydir';

/** Runs a command, which must be in the page. */
export function run({ cli }: RedisServer, command: string): string {
  expect(TEXT).toContain(`redis-cli ${command}`);
  return cli(...command.split(' '));
}

/** Waits until `INFO persistence` contains a line, which must be in the page. */
export async function untilPersistence(redis: RedisServer, line: string): Promise<void> {
  expect(TEXT).toContain(`\`${line}\``);
  await expect.poll(() => run(redis, 'INFO persistence').split(/\r?\n/), PATIENT).toContain(line);
}

/** Makes Redis write a snapshot, and copies the file. */
export async function saveSnapshot(redis: RedisServer, file: string): Promise<void> {
  run(redis, 'BGSAVE');
  await untilPersistence(redis, 'rdb_bgsave_in_progress:0');
  await untilPersistence(redis, 'rdb_last_bgsave_status:ok');
  cpSync(join(redis.folder, SNAPSHOT), file);
}

/** Starts Redis with only a snapshot, and makes it write a log. */
export async function restoreSnapshot(redis: RedisServer, file: string): Promise<void> {
  cpSync(file, join(redis.folder, SNAPSHOT));
  expect(TEXT).toContain('`--appendonly no`');
  await redis.restart(['--appendonly', 'no']);
  run(redis, 'CONFIG SET appendonly yes');
  await untilPersistence(redis, 'aof_rewrite_in_progress:0');
}

/** Ends Redis and removes all its data. */
export async function lose(redis: RedisServer): Promise<void> {
  await redis.kill();
  for (const name of [SNAPSHOT, LOG]) rmSync(join(redis.folder, name), { recursive: true, force: true });
}

/** Accepts codes while `save` makes a backup. Returns the codes that the backup must contain. */
export async function acceptAndSave(cluster: Cluster, random: Random, save: () => Promise<void>): Promise<VerifyInit[]> {
  const loaded = acceptCodes(cluster, random);
  await expect.poll(() => loaded.accepted.length, PATIENT).toBeGreaterThan(WARM_UP_ACCEPTED);
  const before = [...loaded.accepted];
  await save();
  await expect.poll(() => loaded.accepted.length, PATIENT).toBeGreaterThan(before.length);
  await loaded.stop();
  return before;
}

/** Expects that every code of the backup is used on each instance, that the API keys work, and that new codes are accepted. */
export async function expectState({ instances, apiKeys }: Cluster, before: readonly VerifyInit[], random: Random): Promise<void> {
  const [, second = '', third = ''] = apiKeys;
  for (const { caller } of instances) {
    const ask = (request: VerifyInit) => caller.verify(request, second).then(({ outcome }) => outcome, String);
    // The API keys, or single masters, are unavailable for a while.
    for (const request of before) await expect.poll(() => ask(request), { ...PATIENT, interval: 20 }).toBe('replayed');
    const key = hotpKey(random);
    expect((await caller.verify(requestOf(key, codeOf(key, 0)), third)).outcome).toBe('accepted');
  }
}
