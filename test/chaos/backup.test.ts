/** A backup under load contains every code that was accepted before it began, wherever it is restored. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { acceptCodes } from './accepted.ts';
import { ONE_PROCESS, startCluster } from './cluster.ts';
import { otpd } from './command.ts';
import { nextRandom, size } from './form.ts';
import { codeOf, hotpKey, requestOf } from './keys.ts';

/** So large that a copy takes many steps, between which the server writes. */
const FILLED_BYTES: number = size(40_000_000, 400_000_000);
const CHUNK_BYTES = 1_000_000;
const WARM_UP_ACCEPTED = 500;

function fill(file: string): void {
  const database = new DatabaseSync(file, { timeout: 5000 });
  database.exec('CREATE TABLE filler (bytes BLOB)');
  const insert = database.prepare('INSERT INTO filler VALUES (zeroblob(?))');
  for (let bytes = 0; bytes < FILLED_BYTES; bytes += CHUNK_BYTES) insert.run(CHUNK_BYTES);
  database.close();
}

test('every code accepted before a backup under load is REPLAYED after its restore, and the API keys work', async () => {
  const random = nextRandom();
  await using cluster = await startCluster(ONE_PROCESS, random, { connections: 4 });
  const { instances, apiKeys, databaseFile, folder } = cluster;
  const [instance] = instances;
  if (instance === undefined) throw new Error('no instance');
  fill(databaseFile);
  const loaded = acceptCodes(cluster, random);
  await expect.poll(() => loaded.accepted.length, { timeout: 30_000 }).toBeGreaterThan(WARM_UP_ACCEPTED);

  const before = [...loaded.accepted];
  const backup = join(folder, 'backup.db');
  const made = await otpd(cluster, ['backup', backup, '--json']);
  const during = loaded.accepted.length - before.length;
  expect(made).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(made.out)).toMatchObject({ file: backup, apiKeys: 3, fingerprintKeyFile: null });
  expect(during).toBeGreaterThan(0);
  expect(statSync(backup).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder).filter((name) => name.startsWith('backup.db'))).toEqual(['backup.db']);

  // The database is locked under load and while the server is idle.
  const refused = { code: 2, out: '', err: expect.stringContaining('is in use: stop the server') };
  expect(await otpd(cluster, ['restore', backup, '--force'])).toMatchObject(refused);
  await loaded.stop();
  expect(await otpd(cluster, ['restore', backup, '--force'])).toMatchObject(refused);
  expect((await instance.caller.verify(before[0] ?? {}, apiKeys[0] ?? '')).outcome).toBe('replayed');

  await instance.kill();
  rmSync(join(databaseFile, '..'), { recursive: true });
  expect(await otpd(cluster, ['restore', backup])).toMatchObject({ code: 0, err: expect.stringContaining('pass again') });
  await instance.start();
  const outcomes = new Set<string>();
  for (const apiKey of apiKeys)
    for (const request of before) outcomes.add((await instance.caller.verify(request, apiKey)).outcome);
  expect([...outcomes]).toEqual(['replayed']);
  // The restored state accepts new codes.
  const key = hotpKey(random);
  expect((await instance.caller.verify(requestOf(key, codeOf(key, 0)), apiKeys[1] ?? '')).outcome).toBe('accepted');
}, 300_000);
