/** The search finds planted values in each form and each place. Otherwise its silence would prove nothing. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cluster, eachShape, type Shape, startCluster } from './cluster.ts';
import { nextRandom, randomOf } from './form.ts';
import { codeOf, hotpKey } from './keys.ts';
import { canariesOf, findCanaries } from './search.ts';

const SHAPES: readonly Shape[] = [
  { name: 'on SQLite', store: 'sqlite', instances: 1 },
  { name: 'on Redis', store: 'redis', instances: 1 },
];

eachShape('a search', SHAPES, (shape) => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster(shape, randomOf(1));
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  test('finds a secret in every form, a code and an API key, and takes no longer number for a code', () => {
    const key = hotpKey(nextRandom());
    const code = codeOf(key, 1);
    const canaries = canariesOf(cluster, [key], [code]);
    const place = join(cluster.folder, 'planted');
    const bytes = Buffer.from(key.bytes);
    const [apiKey = ''] = cluster.apiKeys;
    const planted: readonly (readonly [name: string, text: string | Buffer])[] = [
      ['a secret', key.secret],
      ['a secret', key.secret.toLowerCase()],
      ['a secret', `otpauth://hotp/alice?secret=${key.secret}&counter=0`],
      ['the bytes of a secret', bytes],
      ...(['hex', 'base64', 'base64url'] as const).map((form) => ['the bytes of a secret', bytes.toString(form)] as const),
      ['the bytes of a secret', bytes.toString('hex').toUpperCase()],
      ['the bytes of a secret', JSON.stringify(bytes)],
      ['the bytes of a secret', JSON.stringify(key.bytes)],
      ['a code', `"${code}"`],
      ['an API key', apiKey],
      ['the secret of an API key', `:${apiKey.split('_')[2]}:`],
    ];
    for (const [name, text] of planted) {
      writeFileSync(place, Buffer.concat([Buffer.from('text '), Buffer.from(text), Buffer.from(' text')]));
      expect(findCanaries(cluster, canaries)).toContain(`${name} in ${place}`);
    }
    writeFileSync(place, `1${code} ${code}0`);
    expect(findCanaries(cluster, canaries)).toEqual([]);
    rmSync(place);
  });

  test('looks at the state, what is written ahead of it, the arguments, the output and the answers', () => {
    const [one] = cluster.instances;
    if (one === undefined) throw new Error('one instance');
    const find = (value: string) => findCanaries(cluster, [{ name: 'it', value }]);
    const { databaseFile, redis } = cluster;
    if (redis === undefined) {
      const database = new DatabaseSync(databaseFile);
      database.exec("INSERT INTO meta (key, value) VALUES ('planted', 'planted-in-the-state')");
      expect(existsSync(`${databaseFile}-wal`)).toBe(true);
      expect(find('planted-in-the-state')).toEqual([`it in ${databaseFile}-wal`]);
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      expect(find('planted-in-the-state')).toEqual([`it in ${databaseFile}`]);
      database.close();
    } else {
      redis.cli('hset', 'planted', 'field', 'planted-in-the-state');
      const places = find('planted-in-the-state');
      for (const place of ['the keys of Redis', 'dump.rdb', '.aof']) {
        expect(places).toContainEqual(expect.stringContaining(place));
      }
    }
    expect(find('src/main.ts')).toContain(`it in the arguments of ${one.address}`);
    expect(find('otpd listens on')).toContain(`it in the output of ${one.address}`);
  });

  test('searches the answers, including errors', async () => {
    const [one] = cluster.instances;
    const key = hotpKey(nextRandom());
    const ask = (code: string) =>
      one?.caller.verify({ key: { source: { case: 'secret', value: key.secret } }, code }, cluster.apiKeys[0] ?? '');
    await ask('1');
    await expect(ask('')).rejects.toThrow('INVALID_ARGUMENT');
    const find = (value: string) => findCanaries(cluster, [{ name: 'it', value }]);
    for (const text of ['MALFORMED', 'required: set the code']) {
      expect(find(text)).toContain(`it in the answers of ${one?.address}`);
    }
  });
});
