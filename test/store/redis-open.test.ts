/** Tests opening the Redis store: credentials, refusals and warnings, and that no output shows a password. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { issueApiKey } from '../../src/auth/api-key.ts';
import { START } from '../auth/fixtures.ts';
import { allKeys } from '../support/all-keys.ts';
import { redisSuite } from '../support/redis.ts';
import { named } from './codes-fixtures.ts';
import { ACCEPTED, attempt, endOf, redisStarter, requested, storeOpener, tally } from './redis-fixtures.ts';

/** The rights of a restricted user. CONFIG GET only avoids a warning. */
const ACL =
  '~{otpd}:* -@all +client|setname +info +config|get +evalsha +eval +wait +time +get +set +pexpire +pexpireat +pexpiretime +pttl' +
  ' +hget +hmget +hset +hlen +hexists +hscan +zadd +zcard +zrange +sadd +smembers';

redisSuite('opening the Redis store', () => {
  const open = storeOpener();
  const start = redisStarter();

  async function refusal(url: string): Promise<string> {
    const { end, ms, shown } = await endOf(open({ url }));
    expect(ms).toBeLessThan(3500);
    expect(shown).not.toMatch(/hunter2/);
    return end;
  }

  it('fails soon where there is no Redis, or one that does not answer', async () => {
    const server = await start();
    server.pause();
    expect(await refusal(`redis://:hunter2@127.0.0.1:${server.port}`)).toMatch(
      /cannot be used \((Command timed out|Socket timeout.*)\)/,
    );
    server.resume();
    await server.kill();
    expect(await refusal(`redis://:hunter2@127.0.0.1:${server.port}`)).toMatch(
      /Redis at 127.0.0.1:\d+ cannot be used \(connect ECONNREFUSED .*\): see that it runs, and check OTPD_REDIS_URL/,
    );
  });

  it('names a wrong or missing password as such', async () => {
    const server = await start('--requirepass', 'right');
    expect(await refusal(`redis://:hunter2@127.0.0.1:${server.port}`)).toContain('(WRONGPASS)');
    expect(await refusal(`redis://otpd:hunter2@127.0.0.1:${server.port}`)).toContain('(WRONGPASS)');
    expect(await refusal(server.url)).toContain('(NOAUTH)');
    await (await open({ url: `redis://:right@127.0.0.1:${server.port}` })).ping();
  });

  it('refuses an older Redis', async () => {
    const info = '# Server\r\nredis_version:6.2.14\r\nrole:master\r\nmaxmemory:0\r\n';
    const old = createServer((socket) =>
      socket.on('data', (text) => socket.write(`${text}`.includes('info') ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n')),
    ).listen(0, '127.0.0.1');
    await once(old, 'listening');
    const { port } = old.address() as { port: number };
    expect(await refusal(`redis://127.0.0.1:${port}`)).toBe('Redis is too old (6.2.14): use Redis 7 or later, or Valkey');
    old.close();
  });

  it('refuses a replica', async () => {
    const server = await start();
    server.cli('replicaof', '127.0.0.1', '1');
    expect(await refusal(server.url)).toContain('is a replica');
  });

  it('refuses a Redis that may evict keys', async () => {
    const server = await start('--maxmemory', '100mb', '--maxmemory-policy', 'volatile-lru');
    expect(await refusal(server.url)).toContain('(maxmemory-policy volatile-lru): set maxmemory-policy to noeviction');
    server.cli('config', 'set', 'maxmemory-policy', 'noeviction');
    await (await open({ url: server.url })).ping();
  });

  it('says what Redis does not keep', async () => {
    const server = await start();
    await open({ url: server.url });
    const warnings = async () => (await open({ url: server.url })).warnings;
    expect(await warnings()).toEqual([expect.stringContaining('keeps nothing on disk')]);
    server.cli('config', 'set', 'save', '3600 1');
    expect(await warnings()).toEqual([expect.stringContaining('only saves from time to time')]);
    server.cli('config', 'set', 'appendonly', 'yes');
    expect(await warnings()).toEqual([]);
    server.cli('config', 'set', 'appendfsync', 'no');
    expect(await warnings()).toEqual([expect.stringContaining('a crash may forget used codes')]);
    expect((await open({ url: server.url, waitReplicas: 1 })).warnings).toEqual([
      expect.stringContaining('a crash may forget used codes'),
      expect.stringContaining('0 of the 1 replicas'),
    ]);
  });

  it('works for a user with the least rights, and says what they do not let it check', async () => {
    const server = await start('--appendonly', 'yes');
    const rights = ACL.split(' ');
    server.cli('acl', 'setuser', 'otpd', 'on', '>p@ss', ...rights);
    const url = `redis://otpd:p%40ss@127.0.0.1:${server.port}`;
    const store = await open({ url });
    expect(store.warnings).toEqual([expect.stringContaining('held nothing of otpd')]);
    await store.ping();
    expect(await store.bind('identity')).toBe(true);
    const { record } = issueApiKey({ name: 'a', plan: 'free', scopes: ['verify'] }, START);
    await store.keys.insert({ ...record, lastUsedAt: START });
    await store.keys.update(record.id, (key) => ({ ...key, name: 'b' }));
    await store.keys.touch(new Map([[record.id, START + 1]]));
    await server.cli('del', '{otpd}:order');
    expect(await allKeys(store.keys)).toHaveLength(1);
    const admin = issueApiKey({ name: 'c', plan: 'free', scopes: ['admin'] }, START).record;
    await store.keys.insert(admin);
    expect(await store.keys.updateWithOtherAdmin(admin.id, (key) => key, START)).toBe('last');
    await store.keys.noteUse(admin.id, admin.secrets[0]?.digest ?? new Uint8Array(32));
    const windows = [{ name: 'hour', periodMs: 3_600_000, limit: 2, refundable: true }];
    await store.limits.charge('subject', windows, 1, START);
    await store.limits.refund('subject', windows, START, 1, { rejected: false });
    expect(await store.codes.judge(requested('id'), START)).toEqual(ACCEPTED);
    expect(await store.codes.judge(requested('id'), START)).toEqual(ACCEPTED);
    await store.codes.judge(attempt({ step: undefined }), START);
    await store.codes.unlock(named('f'), START);

    server.cli('acl', 'setuser', 'otpd', '-config|get');
    expect((await open({ url })).warnings).toEqual([expect.stringContaining('does not let its persistence be checked')]);
    server.cli('acl', 'setuser', 'otpd', '-set');
    expect(await refusal(url)).toContain('cannot be written (NOPERM)');
  });

  it('gives concurrently starting instances the same identity', async () => {
    const server = await start();
    const stores = await Promise.all(Array.from({ length: 5 }, () => open({ url: server.url })));
    await Promise.all(stores.map((store) => store.ping()));
    expect(stores.flatMap(({ warnings }) => warnings.filter((text) => text.includes('held nothing')))).toHaveLength(1);
  });

  it('leaves nothing secret in Redis: neither in its keys and values nor in its file', async () => {
    const server = await start('--appendonly', 'yes', '--appendfsync', 'always');
    const store = await open({ url: server.url });
    const { apiKey, record } = issueApiKey({ name: 'planted', plan: 'free', scopes: ['verify'] }, START);
    await store.keys.insert(record);
    await store.codes.judge(requested('id', { fingerprint: 'fingerprint' }), START);
    const folder = join(server.folder, 'appendonlydir');
    const kept = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
    expect(kept.join()).toContain(record.id);
    expect(kept.join()).toContain('fingerprint');
    const [, , random = '', checksum = ''] = apiKey.split('_');
    for (const secret of [apiKey, random, Buffer.from(apiKey).toString('base64')]) expect(kept.join()).not.toContain(secret);
    expect(`${random}${checksum}`.length).toBeGreaterThan(40);
  });

  describe('by TLS', () => {
    const folder = mkdtempSync(join(tmpdir(), 'otpd-redis-tls-'));
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    it('trusts the configured authority, and shows its own certificate if one is required, and no other', async () => {
      const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
      const files = ['-keyout', keyFile, '-out', certFile];
      const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
      execFileSync('openssl', ['req', '-x509', ...newKey, ...files, ...subject], { stdio: 'ignore' });
      const server = await start('--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', certFile);
      const url = `rediss://127.0.0.1:${server.port}`;
      const [cert, key] = [readFileSync(certFile, 'utf8'), readFileSync(keyFile, 'utf8')];
      expect(await refusal(url)).toContain('(self-signed certificate');
      expect((await endOf(open({ url, tls: { ca: cert } }))).end).toContain('cannot be used');
      const store = await open({ url, tls: { ca: cert, cert, key } });
      expect(await store.codes.judge(attempt(), START)).toEqual(ACCEPTED);
      const crowd = Array.from({ length: 100 }, () => store.codes.judge(attempt({ step: 101 }), START));
      expect(tally(await Promise.all(crowd))).toEqual({ accepted: 1, replayed: 99 });
    });
  });
});
