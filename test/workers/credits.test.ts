/** Credits that several processes share: counted exactly, with one warning for each threshold, and kept over a restart of all processes. */
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { databaseFile } from '../../src/store/open.ts';
import { methods } from '../support/client.ts';
import { redisSuite, startRedis } from '../support/redis.ts';
import { callAll, type Group, startGroup } from './group.ts';

/** Returns the thresholds of the warnings so far. */
function warningsOf({ auditLog, instance }: Group): { readonly audited: number[]; readonly logged: number } {
  const lines = readFileSync(auditLog, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return {
    audited: lines.filter(({ event }) => event === 'credits.warned').map(({ threshold }) => threshold),
    logged: instance.log().filter(({ msg }) => msg === 'an API key nears the end of its credits').length,
  };
}

/** Returns the credits in the file of the store. */
function writtenIn({ folder }: Group): string {
  using database = new DatabaseSync(databaseFile(folder), { readOnly: true });
  return String(database.prepare("SELECT value FROM meta WHERE key GLOB 'credits:*'").get()?.['value']);
}

async function keepCredits(group: Group): Promise<void> {
  const used = async () => {
    const [caller] = group.connect(1, group.apiKeys.paid);
    return (await caller?.call(methods.getUsage, {}))?.response?.windows[0]?.used;
  };
  const failing = group.connect(4, group.apiKeys.paid);
  expect(await callAll(failing, 5, {})).toEqual({ INVALID_ARGUMENT: 20 });
  await expect.poll(used).toBe(0n);
  expect(await callAll(group.connect(4, group.apiKeys.paid), 8)).toEqual({ OK: 32 });
  await group.instance.stop();
  await group.instance.start();
  expect(await used()).toBe(32n);
  expect(await callAll(group.connect(4, group.apiKeys.paid), 5)).toEqual({ OK: 8, RESOURCE_EXHAUSTED: 12 });
  expect(await used()).toBe(40n);
  expect(warningsOf(group)).toEqual({ audited: [80, 95], logged: 2 });
}

test('by workers with the embedded store', async () => {
  await using group = await startGroup(2);
  await keepCredits(group);
});

test('a primary that is killed a moment after a warning warns no more of it, and has forgotten no call before it', async () => {
  await using group = await startGroup(2);
  expect(await callAll(group.connect(4, group.apiKeys.paid), 8)).toEqual({ OK: 32 });
  await expect.poll(() => writtenIn(group), { timeout: 20_000 }).toContain(' 32 80');
  await group.instance.kill();
  await group.instance.start();
  expect(await callAll(group.connect(4, group.apiKeys.paid), 5)).toEqual({ OK: 8, RESOURCE_EXHAUSTED: 12 });
  expect(warningsOf(group).audited).toEqual([80, 95]);
});

redisSuite('with Redis', () => {
  test('by workers', async () => {
    const redis = await startRedis();
    try {
      await using group = await startGroup(2, {}, redis);
      await keepCredits(group);
    } finally {
      await redis.stop();
    }
  });
});
