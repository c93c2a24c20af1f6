/**
 * A Redis that has lost its state, or is another Redis: the store fails at once, and the next ping accepts the new state, without values from before.
 */
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { issueApiKey } from '../../src/auth/api-key.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { START } from '../auth/fixtures.ts';
import { type RedisServer, redisSuite } from '../support/redis.ts';
import { useOf } from './recovery-contract.ts';
import { ACCEPTED, answeredAfter, attempt, endOf, redisStarter, storeOpener, tally } from './redis-fixtures.ts';

const BACK_WITHIN = 2000;
const LOST = expect.stringContaining('Restore a backup, or make new API keys (otpd keys create)');
const FOREIGN = expect.stringContaining('the state of another fingerprint key');

redisSuite('the Redis store that has lost its state', () => {
  const open = storeOpener();
  const start = redisStarter();

  /** Opens a store, binds it and accepts step 100. Drops the warnings of the start; `losses` are the calls of `onLost`. */
  async function openInUse(server: RedisServer) {
    const losses: Error[] = [];
    const store = await open({ url: server.url, onLost: (error) => losses.push(error) });
    expect(await store.bind('identity')).toBe(true);
    const { outcome } = await store.codes.judge(attempt(), 0);
    expect(['accepted', 'replayed']).toContain(outcome);
    store.warnings.length = 0;
    return { ...store, losses };
  }

  const unavailable = async (call: Promise<unknown>) => expect((await endOf(call)).end).toBe('unavailable');
  const lose = (server: RedisServer) => void server.cli('flushall');

  it('rejects everything, and reports it once, until a ping has adopted the new state', async () => {
    const server = await start();
    const store = await openInUse(server);
    await server.restart();
    await answeredAfter(async () => server.cli('ping'), BACK_WITHIN);
    const calls = [
      () => store.codes.judge(attempt(), 0),
      () => store.codes.judgeAll([attempt(), attempt()], 0),
      () => store.keys.find('id'),
      () => store.keys.touch(new Map([['id', 1]])),
      async () => store.limits.charge('subject', [{ name: 'minute', periodMs: 60_000, limit: 1, refundable: false }], 1, 0),
      () => store.bind('identity'),
    ];
    // The store has connected again by then, but only a ping accepts the new state.
    const until = performance.now() + 700;
    while (performance.now() < until) {
      await Promise.all(calls.map((call) => unavailable(call())));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(store.losses).toEqual([expect.any(StoreUnavailableError)]);
    expect(store.warnings).toEqual([LOST]);
    expect(server.cli('dbsize')).toBe('0');
    await store.ping();
    expect(server.cli('keys', '*').split('\n').sort()).toEqual(['{otpd}:bound', '{otpd}:id']);
    expect(server.cli('get', '{otpd}:bound')).toBe('identity');
    expect(await store.codes.judge(attempt(), 0)).toEqual(ACCEPTED);
    expect(store.warnings).toHaveLength(1);

    lose(server);
    await Promise.all(Array.from({ length: 20 }, () => unavailable(store.codes.judgeAll([attempt()], 0))));
    await store.ping();
    expect(store.losses).toHaveLength(2);
    expect(store.warnings).toEqual([LOST, LOST]);
  });

  it('judges no recovery code, and revokes no set', async () => {
    const server = await start();
    const store = await openInUse(server);
    await store.recovery.use(useOf(), 0);
    lose(server);
    await unavailable(store.recovery.use(useOf(), 0));
    await unavailable(store.recovery.revoke('set', 0));
    expect(server.cli('dbsize')).toBe('0');
  });

  it('is reported to its opener before any caller learns of it', async () => {
    const server = await start();
    const heard: string[] = [];
    const store = await open({ url: server.url, onLost: () => heard.push('opener') });
    lose(server);
    await store.codes.judge(attempt(), 0).catch(() => heard.push('caller'));
    expect(heard).toEqual(['opener', 'caller']);
  });

  it('is found lost by a ping too, which takes it up only the next time', async () => {
    const server = await start();
    const store = await openInUse(server);
    lose(server);
    await unavailable(store.ping());
    expect(store.losses).toHaveLength(1);
    expect(server.cli('dbsize')).toBe('0');
    await store.ping();
  });

  it('is adopted by all instances at once as one store, in which a step passes once', async () => {
    const server = await start();
    const stores = await Promise.all(Array.from({ length: 5 }, () => openInUse(server)));
    for (let round = 0; round < 10; round += 1) {
      lose(server);
      await Promise.all(stores.map((store) => unavailable(store.codes.judge(attempt(), 0))));
      await Promise.all(stores.map((store) => store.ping()));
      const judged = await Promise.all(stores.map((store) => store.codes.judge(attempt(), 0)));
      expect(tally(judged)).toEqual({ accepted: 1, replayed: 4 });
    }
  });

  it('is adopted by a later instance in the state that the first has left', async () => {
    const server = await start();
    const [first, second] = [await openInUse(server), await openInUse(server)];
    lose(server);
    await unavailable(first.ping());
    await first.ping();
    expect(await first.codes.judge(attempt(), 0)).toEqual(ACCEPTED);
    // The other instance has not asked meanwhile, so its values are from before the loss.
    await unavailable(second.codes.judge(attempt({ step: 101 }), 0));
    expect(second.losses).toHaveLength(1);
    await second.ping();
    expect(await second.codes.judge(attempt(), 0)).toMatchObject({ outcome: 'replayed' });
  });

  it('is adopted again when a backup is restored, by instances that continued without it and by the others', async () => {
    const server = await start();
    const [first, second] = [await openInUse(server), await openInUse(server)];
    const { record } = issueApiKey({ name: 'a', plan: 'free', scopes: ['verify'] }, START);
    await first.keys.insert(record);
    server.cli('save');
    const [dump, backup] = [join(server.folder, 'dump.rdb'), join(server.folder, 'backup.rdb')];
    copyFileSync(dump, backup);

    await server.kill();
    rmSync(dump);
    await server.restart();
    await answeredAfter(() => first.ping(), BACK_WITHIN);
    expect(await first.keys.find(record.id)).toBeUndefined();
    expect(first.losses).toHaveLength(1);

    await server.kill();
    copyFileSync(backup, dump);
    await server.restart();
    for (const store of [first, second]) {
      await answeredAfter(() => store.ping(), BACK_WITHIN);
      expect((await store.keys.find(record.id))?.name).toBe('a');
      expect(await store.codes.judge(attempt(), 0)).toMatchObject({ outcome: 'replayed' });
    }
    expect([first.losses.length, second.losses.length]).toEqual([2, 0]);
  });

  it('is refused, which is reported once, if another fingerprint key is bound; and adopted when the right one is', async () => {
    const server = await start();
    const store = await openInUse(server);
    lose(server);
    const stranger = await open({ url: server.url });
    await stranger.bind('another identity');
    for (let round = 0; round < 3; round += 1) {
      await unavailable(store.ping());
      await unavailable(store.codes.judge(attempt(), 0));
    }
    expect(store.warnings).toEqual([LOST, FOREIGN]);
    expect(server.cli('get', '{otpd}:bound')).toBe('another identity');
    expect(await stranger.codes.judge(attempt({ step: 1 }), 0)).toMatchObject({ outcome: 'accepted' });
    lose(server);
    await store.ping();
    expect(await store.codes.judge(attempt(), 0)).toEqual(ACCEPTED);
  });

  it('stays unavailable, without an error of another kind, while the new one cannot be written', async () => {
    const server = await start();
    const store = await openInUse(server);
    lose(server);
    await unavailable(store.ping());
    server.cli('config', 'set', 'maxmemory', '1');
    for (let round = 0; round < 3; round += 1) await unavailable(store.ping());
    await unavailable(store.codes.judge(attempt(), 0));
    server.cli('config', 'set', 'maxmemory', '0');
    await store.ping();
    expect(store.warnings).toEqual([LOST]);
  });

  it('is adopted only when the replicas have it, if they must', async () => {
    const server = await start();
    const store = await open({ url: server.url, waitReplicas: 1 });
    lose(server);
    await unavailable(store.ping());
    await unavailable(store.ping());
    await unavailable(store.codes.judge(attempt(), 0));
  });
});
