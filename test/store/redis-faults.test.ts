/** Redis does not answer, dies, and comes back full or read-only: no code is accepted twice, and the store recovers without help. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Attempt, Judgement } from '../../src/ports/codes.ts';
import { type RedisServer, redisSuite, startRedis } from '../support/redis.ts';
import { named } from './codes-fixtures.ts';
import {
  ACCEPTED,
  answeredAfter,
  answerTo,
  attempt,
  endOf,
  type OpenStore,
  redisStarter,
  requested,
  storeOpener,
  tally,
} from './redis-fixtures.ts';

/** The longest times until a Verify fails, and until the service is back, in ms. */
const REFUSED_WITHIN = 300;
const BACK_WITHIN = 2000;

const wrong = (fingerprint: string): Attempt => attempt({ fingerprint, step: undefined });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

redisSuite('the Redis store in trouble', () => {
  const open = storeOpener();
  const start = redisStarter();

  async function expectRefused(store: OpenStore, call?: () => Promise<unknown>): Promise<void> {
    const { end, ms } = await endOf(call?.() ?? store.codes.judge(attempt({ step: 999 }), 0));
    expect(end).toBe('unavailable');
    expect(ms).toBeLessThan(REFUSED_WITHIN);
  }

  it('is unavailable in time while Redis is stopped, and back soon after; nothing is sent that would act then', async () => {
    const server = await start();
    const store = await open({ url: server.url });
    await store.codes.judge(wrong('f'), 0);
    server.pause();
    await expectRefused(store);
    await Promise.all([expectRefused(store, () => store.ping()), expectRefused(store, () => store.keys.find('id'))]);
    // The store tries to connect meanwhile, and the kernel accepts the connections.
    await pause(700);
    await Promise.all(Array.from({ length: 100 }, () => expectRefused(store, () => store.codes.judge(wrong('late'), 0))));
    server.resume();
    expect(await answeredAfter(() => store.ping(), BACK_WITHIN)).toBeLessThan(BACK_WITHIN);
    expect((await store.codes.inspect(named('late'), 0)).failures).toBe(0);
    expect(store.warnings.filter((text) => text.includes('lost its state'))).toEqual([]);
  });

  it('gives the first answer again for a request that Redis carried out without an answer', async () => {
    const server = await start();
    const store = await open({ url: server.url });
    await store.codes.judge(wrong('warm'), 0);
    server.pause();
    await expectRefused(store, () => store.codes.judge(requested('lost'), 0));
    server.resume();
    await answeredAfter(() => store.ping(), BACK_WITHIN);
    expect(await store.codes.judge(requested('lost'), 0)).toEqual(ACCEPTED);
    expect(await store.codes.judge(requested('another'), 0)).toMatchObject({ outcome: 'replayed' });
  });

  it('remembers what it acknowledged when Redis is killed and starts again', async () => {
    const server = await start('--appendonly', 'yes', '--appendfsync', 'always');
    const store = await open({ url: server.url });
    expect(store.warnings).toEqual([expect.stringContaining('Redis held nothing of otpd')]);
    expect(await store.codes.judge(requested('before'), 0)).toEqual(ACCEPTED);
    await server.kill();
    await expectRefused(store);
    await server.restart();
    await answeredAfter(() => store.ping(), BACK_WITHIN);
    expect(await store.codes.judge(attempt(), 0)).toMatchObject({ outcome: 'replayed' });
    expect(await store.codes.judge(requested('before'), 0)).toEqual(ACCEPTED);
    expect((await open({ url: server.url })).warnings).toEqual([]);
  });

  it('is unavailable while Redis is out of memory, but still reads', async () => {
    const server = await start();
    const store = await open({ url: server.url });
    await store.codes.judge(wrong('f'), 0);
    server.cli('config', 'set', 'maxmemory', '1');
    await expectRefused(store);
    await expectRefused(store, () => store.ping());
    expect((await store.codes.inspect(named('f'), 0)).failures).toBe(1);
    server.cli('config', 'set', 'maxmemory', '0');
    expect(await store.codes.judge(attempt({ step: 999 }), 0)).toMatchObject({ outcome: 'accepted' });
  });

  it('is unavailable while its Redis is demoted to a replica, and back when it is the primary again', async () => {
    const [server, other] = [await start('--repl-diskless-sync-delay', '0'), await start('--repl-diskless-sync-delay', '0')];
    const store = await open({ url: server.url });
    await store.codes.judge(attempt(), 0);
    await follow(other, server);
    other.cli('replicaof', 'no', 'one');
    await follow(server, other);
    await expectRefused(store);
    await expectRefused(store);
    server.cli('replicaof', 'no', 'one');
    await answeredAfter(() => store.ping(), BACK_WITHIN);
    expect(await store.codes.judge(attempt(), 0)).toMatchObject({ outcome: 'replayed' });
  });

  it('is unavailable while Redis refuses its password', async () => {
    const server = await start('--requirepass', 'planted-password');
    const store = await open({ url: `redis://:planted-password@127.0.0.1:${server.port}` });
    const cli = (...command: string[]) => server.cli('--no-auth-warning', '-a', 'planted-password', ...command);
    await store.ping();
    cli('config', 'set', 'requirepass', 'another');
    server.cli('--no-auth-warning', '-a', 'another', 'client', 'kill', 'type', 'normal');
    await pause(100);
    const { end, shown } = await endOf(store.codes.judge(attempt(), 0));
    expect(end).toBe('unavailable');
    expect(shown).toContain('WRONGPASS');
    server.cli('--no-auth-warning', '-a', 'another', 'config', 'set', 'requirepass', 'planted-password');
    await answeredAfter(() => store.ping(), BACK_WITHIN);
  });

  it('shows in no error what it was asked', async () => {
    const server = await start('--requirepass', 'planted-password');
    const store = await open({ url: `redis://:planted-password@127.0.0.1:${server.port}` });
    const call = () =>
      store.codes.judge(
        attempt({ fingerprint: 'planted-fingerprint', request: { id: 'planted-id', payload: 'planted-payload' } }),
        0,
      );
    const admin = (...command: string[]) => server.cli('--no-auth-warning', '-a', 'planted-password', ...command);
    const shown: string[] = [];
    const refuse = async () => {
      const outcome = await endOf(call());
      expect(outcome.end).toBe('unavailable');
      shown.push(outcome.shown);
    };
    admin('config', 'set', 'maxmemory', '1');
    await refuse();
    admin('config', 'set', 'maxmemory', '0');
    admin('acl', 'setuser', 'default', '-evalsha', '-eval');
    await refuse();
    admin('acl', 'setuser', 'default', '+@all');
    admin('set', '{otpd}:id', 'other');
    await refuse();
    server.pause();
    await refuse();
    await server.kill();
    await refuse();
    expect(shown.join()).not.toMatch(/planted/);
    const reasons = shown.map((text) => /OOM|NOPERM|state lost|timed out|didn't receive|ECONNREFUSED|closed/.exec(text)?.[0]);
    expect(reasons.slice(0, 3)).toEqual(['OOM', 'NOPERM', 'state lost']);
    expect(reasons).not.toContain(undefined);
  });

  it('returns an error for the attempt of a batch that met unreadable state, and judges the others', async () => {
    const server = await start();
    const { codes } = await open({ url: server.url });
    server.cli('set', '{otpd}:c:g', 'no state');
    const [first, spoilt, last] = await codes.judgeAll(
      ['f', 'g', 'h'].map((fingerprint) => attempt({ fingerprint })),
      0,
    );
    expect([first, last]).toEqual([ACCEPTED, ACCEPTED]);
    expect(spoilt).toMatchObject({ message: expect.stringContaining('what is kept cannot be read') });
    server.pause();
    const { end, ms } = await endOf(codes.judgeAll([attempt(), attempt()], 0));
    expect(end).toBe('unavailable');
    expect(ms).toBeLessThan(REFUSED_WITHIN);
  });

  it('throws a plain error, not an outage, for what it cannot read: that must never count as nothing known', async () => {
    const server = await start();
    const store = await open({ url: server.url });
    server.cli('lpush', '{otpd}:c:f', 'no state');
    await expect(endOf(store.codes.judge(attempt(), 0))).rejects.toThrow('a script failed in Redis: WRONGTYPE');
    server.cli('set', '{otpd}:c:g', 'no state either');
    await expect(endOf(store.codes.judge(attempt({ fingerprint: 'g' }), 0))).rejects.toThrow('what is kept cannot be read');
    await expect(store.codes.inspect(named('g'), 0)).rejects.toThrow('what is kept cannot be read');
    server.cli('set', '{otpd}:c:former-i', 'no former state');
    await expect(endOf(store.codes.judge(attempt({ fingerprint: 'i' }), 0))).rejects.toThrow('what is kept cannot be read');
    expect(server.cli('exists', '{otpd}:c:i')).toBe('0');
    for (const tracks of [
      't30:1:2',
      't30:1:2:3,',
      't030:1:2:3',
      'x30:1:2:3',
      't:1:2:3',
      'h1:1:2:-',
      't30:1:2:3,t60',
      't30:1:2:x',
      'none',
    ]) {
      server.cli('set', '{otpd}:c:j', `2 0 0 - ${tracks}`);
      await expect(endOf(store.codes.judge(attempt({ fingerprint: 'j' }), 0))).rejects.toThrow('what is kept cannot be read');
      expect(server.cli('get', '{otpd}:c:j')).toBe(`2 0 0 - ${tracks}`);
    }
    server.cli('set', '{otpd}:r:h:id', 'no answer');
    await expect(endOf(store.codes.judge(requested('id', { fingerprint: 'h' }), 0))).rejects.toThrow(
      'what is kept cannot be read',
    );
    expect(server.cli('exists', '{otpd}:c:h')).toBe('0');
  });
});

redisSuite('the Redis store that waits for a replica', () => {
  let primary: RedisServer;
  let replica: RedisServer;
  const open = storeOpener();
  beforeEach(async () => {
    [primary, replica] = await Promise.all([startRedis(['--repl-diskless-sync-delay', '0']), startRedis()]);
    await follow(replica, primary);
    // A new replica takes half a second until its first acknowledgement.
    const store = await open({ url: primary.url, waitReplicas: 1 });
    await answeredAfter(() => store.ping(), BACK_WITHIN);
  });
  afterEach(async () => {
    await Promise.all([primary.stop(), replica.stop()]);
  });

  it('answers when the replica has it', async () => {
    const store = await open({ url: primary.url, waitReplicas: 1 });
    const judged = (id: string, step: number) => answerTo(() => store.codes.judge(requested(id, { step }), 0));
    expect(await judged('first', 100)).toEqual(ACCEPTED);
    expect(replica.cli('get', '{otpd}:c:f')).toMatch(/^2 0 0 \d+ t30:100:100:/);
    const crowd = await Promise.all(Array.from({ length: 1000 }, (_, place) => judged(`crowd-${place}`, 101)));
    expect(tally(crowd)).toEqual({ accepted: 1, replayed: 999 });
    primary.cli('script', 'flush');
    expect(await judged('last', 102)).toMatchObject({ outcome: 'accepted' });
    expect(replica.cli('get', '{otpd}:c:f')).toMatch(/^2 0 0 \d+ t30:100:102:/);
  });

  it('answers a batch when the replica has all of it, judged in its order', async () => {
    const store = await open({ url: primary.url, waitReplicas: 1 });
    const batchFrom = (first: number) => Array.from({ length: 100 }, (_, i) => requested(`${first + i}`, { step: first + i }));
    primary.cli('script', 'flush');
    const judged = await answerTo(async () => {
      const all = await store.codes.judgeAll(batchFrom(0), 0);
      for (const one of all) if (one instanceof Error) throw one;
      return all as Judgement[];
    });
    expect(tally(judged)).toEqual({ accepted: 100 });
    expect(replica.cli('get', '{otpd}:c:f')).toMatch(/^2 0 0 \d+ t30:0:99:/);
    replica.pause();
    // New codes: a call without writes waits for nothing in Valkey, and in Redis for the writes of other calls.
    const { end, ms } = await endOf(store.codes.judgeAll(batchFrom(100), 0));
    expect(end).toBe('unavailable');
    expect(ms).toBeLessThan(REFUSED_WITHIN);
    replica.resume();
  });

  it('is unavailable while the replica is silent, for a repeat on another instance too, and then gives the first answer', async () => {
    const store = await open({ url: primary.url, waitReplicas: 1 });
    const other = await open({ url: primary.url, waitReplicas: 1 });
    await Promise.all([store.ping(), other.ping()]);
    replica.pause();
    for (const one of [store, other]) {
      const { end, ms } = await endOf(one.codes.judge(requested('id'), 0));
      expect(end).toBe('unavailable');
      expect(ms).toBeLessThan(REFUSED_WITHIN);
    }
    expect(primary.cli('get', '{otpd}:c:f')).toMatch(/^2 0 0 \d+ t30:100:100:/);
    replica.resume();
    await answeredAfter(() => other.ping(), BACK_WITHIN);
    expect(await answerTo(() => other.codes.judge(requested('id'), 0))).toEqual(ACCEPTED);
    expect(await answerTo(() => store.codes.judge(attempt(), 0))).toMatchObject({ outcome: 'replayed' });
  });

  it('refuses all calls in time while the replica is silent, and continues to count calls', async () => {
    const store = await open({ url: primary.url, waitReplicas: 1 });
    await answerTo(() => store.codes.judge(wrong('warm'), 0));
    replica.pause();
    const first = endOf(store.codes.judge(wrong('first'), 0));
    await pause(20);
    const later = Array.from({ length: 50 }, () => endOf(store.codes.judge(wrong('later'), 0)));
    const charged = store.limits.charge('subject', [{ name: 'minute', periodMs: 60_000, limit: 1, refundable: false }], 1, 0);
    expect((await charged).allowed).toBe(true);
    for (const { end, ms } of await Promise.all([first, ...later])) {
      expect(end).toBe('unavailable');
      expect(ms).toBeLessThan(REFUSED_WITHIN);
    }
    expect((await store.codes.inspect(named('first'), 0)).failures).toBe(1);
  });

  it('is unavailable in time while the primary is stopped, also for who asks for an API key before', async () => {
    const store = await open({ url: primary.url, waitReplicas: 1 });
    await answerTo(() => store.codes.judge(wrong('warm'), 0));
    primary.pause();
    const { end, ms } = await endOf(store.keys.find('id').catch(() => store.codes.judge(attempt(), 0)));
    expect(end).toBe('unavailable');
    expect(ms).toBeLessThan(REFUSED_WITHIN);
    primary.resume();
    expect(await answeredAfter(() => store.ping(), BACK_WITHIN)).toBeLessThan(BACK_WITHIN);
    expect(await answerTo(() => store.codes.judge(requested('after'), 0))).toEqual(ACCEPTED);
  });

  it('says at the start that replicas are missing', async () => {
    const { warnings } = await open({ url: primary.url, waitReplicas: 2 });
    expect(warnings).toContainEqual(expect.stringContaining('1 of the 2 replicas'));
  });
});

/** Makes a server the replica of another; resolves when it has all data and the primary sees it. */
async function follow(replica: RedisServer, primary: RedisServer): Promise<void> {
  replica.cli('replicaof', '127.0.0.1', String(primary.port));
  while (!primary.cli('info', 'replication').includes('state=online')) await pause(20);
}
