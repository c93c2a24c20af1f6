/** Redis with sentinels: the store follows a failover, ignores a stale primary, and tolerates sentinels that are down. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RedisServer, redisSuite } from '../support/redis.ts';
import { PRIMARY_NAME, type RedisSentinels, startRedisSentinels } from '../support/redis-sentinel.ts';
import { until } from '../support/until.ts';
import { ACCEPTED, answeredAfter, answerTo, attempt, endOf, openAcknowledged, requested, storeOpener } from './redis-fixtures.ts';

const REFUSED_WITHIN = 500;
const BACK_WITHIN = 5000;
/** The limit for tests that are not about time, in ms. */
const FOLLOWED_WITHIN = 20_000;

redisSuite('the Redis store behind sentinels', () => {
  let set: RedisSentinels;
  const open = storeOpener();
  beforeAll(async () => {
    set = await startRedisSentinels({ replacedAfterMs: 1000 });
  });
  afterAll(() => set[Symbol.asyncDispose]());

  it('forgets nothing that a replica has when its primary dies, and recovers without help', async () => {
    const store = await openAcknowledged(open, set.url);
    expect(await answerTo(() => store.codes.judge(requested('first'), 0))).toEqual(ACCEPTED);
    expect(set.primary().cli('get', '{otpd}:c:f')).toMatch(/^2 0 0 \d+ t30:100:100:/);
    const primary = set.primary();
    await primary.kill();
    const { end, ms } = await endOf(store.codes.judge(attempt({ step: 101 }), 0));
    expect(end).toBe('unavailable');
    expect(ms).toBeLessThan(REFUSED_WITHIN);
    await answeredAfter(() => store.ping(), BACK_WITHIN);
    expect(await answerTo(() => store.codes.judge(attempt(), 0))).toMatchObject({ outcome: 'replayed' });
    await primary.restart();
    await set.healthy();
    expect(set.primary()).not.toBe(primary);
    await store.ping();
    expect(store.warnings.filter((text) => text.includes('lost its state'))).toEqual([]);
  });

  it('leaves a primary that was replaced while it was silent, and does not go back to it', async () => {
    const store = await open({ url: set.url });
    const acknowledged = await openAcknowledged(open, set.url);
    await answerTo(() => acknowledged.codes.judge(requested('first', { fingerprint: 'silent' }), 0));
    const primary = set.primary();
    primary.pause();
    const wrong = attempt({ fingerprint: 'silent', step: undefined });
    for (const { end, ms } of await Promise.all(Array.from({ length: 20 }, () => endOf(store.codes.judge(wrong, 0))))) {
      expect(end).toBe('unavailable');
      expect(ms).toBeLessThan(REFUSED_WITHIN);
    }
    await answeredAfter(() => store.ping(), BACK_WITHIN);
    expect((await store.codes.inspect(wrong, 0)).failures).toBe(0);
    primary.resume();
    // The former primary still acts as the primary until the sentinels reconfigure it.
    expect(await answerTo(() => store.codes.judge(attempt({ fingerprint: 'silent' }), 0))).toMatchObject({ outcome: 'replayed' });
    await set.healthy();
    await store.ping();
    expect((await store.codes.inspect(wrong, 0)).failures).toBe(0);
  });

  it('follows a failover that an operator requests, from a primary that still answers', async () => {
    const store = await open({ url: set.url });
    // Both replicas must have the code: for up to a second after it has connected, a replica may lack writes, and the sentinels may still choose it.
    const { codes } = await openAcknowledged(open, set.url, set.servers.length - 1);
    await answerTo(() => codes.judge(requested('asked', { fingerprint: 'asked' }), 0));
    await failOver(set.sentinels[0]);
    await answeredAfter(async () => {
      await store.ping();
      expect(await store.codes.judge(attempt({ fingerprint: 'asked' }), 0)).toMatchObject({ outcome: 'replayed' });
    }, FOLLOWED_WITHIN);
    await set.healthy();
  });

  it('does not believe a sentinel that has slept through a failover', async () => {
    const store = await open({ url: set.url });
    await store.ping();
    const [sleeper, ...awake] = set.sentinels;
    sleeper?.pause();
    await failOver(awake[0]);
    await answeredAfter(() => store.ping(), FOLLOWED_WITHIN);
    for (const one of awake) one.pause();
    sleeper?.resume();
    // Only this sentinel answers, and names the former primary.
    for (let round = 0; round < 3; round += 1) {
      await store.ping();
      expect(['accepted', 'replayed']).toContain((await store.codes.judge(attempt({ fingerprint: 'sleep' }), 0)).outcome);
    }
    for (const one of awake) one.resume();
    await set.healthy();
    expect(set.primary().cli('exists', '{otpd}:c:sleep')).toBe('1');
    await store.ping();
  });

  it('continues while all sentinels are unreachable, and does not start then', async () => {
    const store = await open({ url: set.url });
    await store.ping();
    for (const one of set.sentinels) one.pause();
    await store.ping();
    expect(await answerTo(() => store.codes.judge(requested('alone', { fingerprint: 'alone' }), 0))).toEqual(ACCEPTED);
    const { end, shown } = await endOf(open({ url: set.url.replace('://', '://:hunter2@') }));
    expect(end).toMatch(/^Redis Sentinel names no primary \(127.0.0.1:\d+: .*\): see that it runs, and check OTPD_REDIS_URL$/);
    expect(shown).not.toContain('hunter2');
    for (const one of set.sentinels) one.resume();
  });

  it('says which name the sentinels do not know', async () => {
    const { end } = await endOf(open({ url: set.url.replace(/otpd$/, 'another') }));
    expect(end).toMatch(/^Redis Sentinel names no primary \(127.0.0.1:\d+: knows none of this name; /);
  });

  it('refuses at once a primary that must not be used', async () => {
    for (const server of set.servers)
      for (const words of [
        ['maxmemory', '100mb'],
        ['maxmemory-policy', 'allkeys-lru'],
      ])
        server.cli('config', 'set', ...words);
    expect((await endOf(open({ url: set.url }))).end).toContain('would drop used codes when its memory is full');
    for (const server of set.servers) server.cli('config', 'set', 'maxmemory', '0');
    await (await open({ url: set.url })).ping();
  });
});

/** Makes the sentinels replace a healthy primary. Repeats the command, since a busy sentinel may abort it. */
async function failOver(sentinel: RedisServer | undefined): Promise<void> {
  const named = () => sentinel?.cli('sentinel', 'get-master-addr-by-name', PRIMARY_NAME);
  const before = named();
  await until('another is the primary', () => {
    if (named() !== before) return true;
    try {
      sentinel?.cli('sentinel', 'failover', PRIMARY_NAME);
    } catch {
      // A failover is in progress.
    }
    return false;
  });
}

redisSuite('sentinels with a password', () => {
  const open = storeOpener();
  it('are asked with their own', async () => {
    await using set = await startRedisSentinels({ settings: ['--appendonly', 'no'] });
    for (const one of set.sentinels) {
      one.cli(
        'acl',
        'setuser',
        'watcher',
        'on',
        '>of-the-sentinels',
        '+sentinel|master',
        '+sentinel|get-master-addr-by-name',
        '+client|setname',
        '+info',
      );
    }
    const url = (login: string) => `${set.url}?${login}`;
    await (await open({ url: url('sentinelUsername=watcher&sentinelPassword=of-the-sentinels') })).ping();
    const { end, shown } = await endOf(open({ url: url('sentinelUsername=watcher&sentinelPassword=hunter2') }));
    expect(end).toContain('WRONGPASS');
    expect(shown).not.toContain('hunter2');
  });
});
