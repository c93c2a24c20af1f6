/** A Redis Cluster that has lost a part of its state or all of it: no code is judged until an operator has restored the part or accepted the loss. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { issueApiKey } from '../../src/auth/api-key.ts';
import { openClusterLoss } from '../../src/store/redis/accept-loss.ts';
import { START } from '../auth/fixtures.ts';
import { redisSuite } from '../support/redis.ts';
import { type ClusterNode, type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { ACCEPTED, answeredAfter, attempt, endOf, type OpenStore, storeOpener, tally } from './redis-fixtures.ts';

const BACK_WITHIN = 5000;
const FIRST_USE = expect.stringContaining('Redis held nothing of otpd');
const LOST = expect.stringContaining('Redis has lost its state');

redisSuite('a Redis Cluster that has lost state', () => {
  let cluster: RedisCluster;
  const open = storeOpener();
  beforeAll(async () => {
    // Nothing is on disk, so a master that restarts before its replica takes over comes back empty.
    cluster = await startRedisCluster({ settings: ['--appendonly', 'no'] });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());
  afterEach(() => {
    for (const master of cluster.masters()) master.cli('flushall');
  });

  const url = () => cluster.url;
  const unavailable = async (call: Promise<unknown>) => expect((await endOf(call)).end).toBe('unavailable');
  const shared = () => cluster.masterOf('otpd:{keys}:keys');

  /** Returns fingerprints with a state on a master, and on another master. */
  function fingerprintsOf(master: ClusterNode): [own: string, other: string] {
    const all = Array.from({ length: 100 }, (_, number) => `f${number}`);
    const isOwn = (print: string) => cluster.masterOf(`otpd:c:{${print}}`).id === master.id;
    return [all.find(isOwn) ?? '', all.find((print) => !isOwn(print)) ?? ''];
  }

  async function openInUse(): Promise<OpenStore & { readonly losses: Error[] }> {
    const losses: Error[] = [];
    const store = await open({ url: url(), onLost: (error) => losses.push(error) });
    await store.bind('identity');
    store.warnings.splice(0);
    return { ...store, losses };
  }

  const lostSlots = (store: OpenStore) => store.warnings.map((text) => /^\d+ of 16384 slots/.exec(text)?.[0]);

  describe('in part', () => {
    it('rejects everything, names once the master and the remedy, and admits no caller, until the loss is accepted', async () => {
      const store = await openInUse();
      const [lost, kept] = fingerprintsOf(cluster.masters().find(({ id }) => id !== shared().id) as ClusterNode);
      const master = cluster.masterOf(`otpd:c:{${lost}}`);
      for (const fingerprint of [lost, kept]) expect(await store.codes.judge(attempt({ fingerprint }), 0)).toEqual(ACCEPTED);
      master.cli('flushall');
      // States on other masters are served until the loss is noticed, and no state is served afterwards.
      expect(await store.codes.judge(attempt({ fingerprint: kept }), 0)).toMatchObject({ outcome: 'replayed' });
      await unavailable(store.codes.judge(attempt({ fingerprint: lost }), 0));
      await unavailable(store.codes.judge(attempt({ fingerprint: kept }), 0));
      await unavailable(store.keys.find('id'));
      for (let round = 0; round < 3; round += 1) await unavailable(store.ping());
      expect(store.losses).toHaveLength(1);
      expect(store.warnings).toEqual([
        expect.stringMatching(
          new RegExp(`^546[12] of 16384 slots of the Cluster have lost .*546[12] on 127.0.0.1:${master.port}\\)`),
        ),
      ]);
      expect(store.warnings[0]).toContain('`otpd store accept-loss`');
      expect((await endOf(open({ url: url() }))).end).toContain('Redis cannot be used: 546');
      expect(master.cli('dbsize')).toBe('0');

      await using loss = await openClusterLoss({ url: url(), onWarning: () => undefined });
      expect(loss).toMatchObject({ masters: [`127.0.0.1:${master.port}`], isOfKeys: false });
      expect([5461, 5462]).toContain(loss.slots);
      expect(master.cli('dbsize')).toBe('0');
      await loss.accept();
      await store.ping();
      expect(await store.codes.judge(attempt({ fingerprint: lost }), 0)).toEqual(ACCEPTED);
      expect(await store.codes.judge(attempt({ fingerprint: kept }), 0)).toMatchObject({ outcome: 'replayed' });
      expect(store.warnings).toHaveLength(1);
      await using again = await openClusterLoss({ url: url(), onWarning: () => undefined });
      expect(again).toMatchObject({ slots: 0, masters: [], isOfKeys: false });
    });

    it('with the API keys says so', async () => {
      const store = await openInUse();
      const { record } = issueApiKey({ name: 'a', plan: 'free', scopes: ['verify'] }, START);
      await store.keys.insert(record);
      const [, kept] = fingerprintsOf(shared());
      await store.codes.judge(attempt({ fingerprint: kept }), 0);
      shared().cli('flushall');
      await unavailable(store.keys.find(record.id));
      await unavailable(store.ping());
      expect(lostSlots(store)).toEqual([expect.stringMatching(/^546[12] of/)]);
      await using loss = await openClusterLoss({ url: url(), onWarning: () => undefined });
      expect(loss.isOfKeys).toBe(true);
      await loss.accept();
      await store.ping();
      expect(await store.keys.find(record.id)).toBeUndefined();
      expect(await store.codes.judge(attempt({ fingerprint: kept }), 0)).toMatchObject({ outcome: 'replayed' });
    });

    it('is noticed in a single slot, by each script that needs it', async () => {
      const store = await openInUse();
      const key = 'otpd:c:{f}';
      const master = cluster.masterOf(key);
      const slot = master.cli('cluster', 'keyslot', key);
      const [marker = ''] = master.cli('cluster', 'getkeysinslot', slot, '10').split('\n');
      const identity = master.cli('get', marker);
      expect(marker).toMatch(/^otpd:id:\{\w+\}$/);
      const calls = [
        () => store.codes.judge(attempt(), 0),
        () => store.codes.judgeAll([attempt(), attempt()], 0),
        () => store.codes.preview([attempt()], 0),
        () => store.codes.inspect(attempt(), 0),
        () => store.recovery.revoke('f', 0),
        async () => store.limits.usage('f', [{ name: 'minute', periodMs: 60_000, limit: 1, refundable: false }], 0),
      ];
      for (const [round, call] of calls.entries()) {
        if (round % 2 === 0) master.cli('del', marker);
        else master.cli('set', marker, 'that of another store');
        await unavailable(call());
        expect(store.losses).toHaveLength(round + 1);
        await unavailable(store.ping());
        // With the marker restored, the store is available again without an operator's command.
        master.cli('set', marker, identity);
        await store.ping();
      }
      const [missing, foreign] = store.warnings;
      expect(missing).toContain('1 of 16384 slots of the Cluster have lost their state (1 on');
      expect(foreign).toContain('1 of 16384 slots of the Cluster have lost their state, or hold that of another store');
      expect(store.warnings).toHaveLength(calls.length);
    });
  });

  describe('as a whole', () => {
    it('is adopted by all instances at once as one new store, without API keys, in which a step passes once', async () => {
      const stores = await Promise.all(Array.from({ length: 3 }, openInUse));
      const { record } = issueApiKey({ name: 'a', plan: 'free', scopes: ['verify'] }, START);
      await stores[0]?.keys.insert(record);
      for (const master of cluster.masters()) master.cli('flushall');
      await Promise.all(stores.map((store) => unavailable(store.codes.judge(attempt(), 0))));
      await Promise.all(stores.map((store) => store.ping()));
      const judged = await Promise.all(stores.map((store) => store.codes.judge(attempt(), 0)));
      expect(tally(judged)).toEqual({ accepted: 1, replayed: 2 });
      for (const { warnings, losses, keys } of stores) {
        expect(warnings).toEqual([LOST]);
        expect(losses).toHaveLength(1);
        expect(await keys.find(record.id)).toBeUndefined();
      }
    });

    it('is not adopted while a part of it still exists', async () => {
      const store = await openInUse();
      const [first, second, third] = cluster.masters();
      first?.cli('flushall');
      second?.cli('flushall');
      for (const fingerprint of Array.from({ length: 20 }, (_, number) => `f${number}`))
        await store.codes.judge(attempt({ fingerprint }), 0).catch(() => undefined);
      await unavailable(store.ping());
      third?.cli('flushall');
      await store.ping();
      expect([lostSlots(store)[0], store.warnings[1]]).toEqual([expect.stringMatching(/^1092[23] of/), LOST]);
    });
  });

  it('is one store for all concurrent instances while it is new', async () => {
    const stores = await Promise.all(Array.from({ length: 4 }, () => open({ url: url() })));
    expect(stores.flatMap(({ warnings }) => warnings.filter((text) => text.includes('held nothing')))).toEqual([FIRST_USE]);
    await Promise.all(stores.map((store) => store.ping()));
    const judged = await Promise.all(stores.map((store) => store.codes.judge(attempt(), 0)));
    expect(tally(judged)).toEqual({ accepted: 1, replayed: 3 });
  });

  it('is completed by the next instance if the first died before all slots had their identity', async () => {
    await (await openInUse()).close();
    const slot = shared().cli('cluster', 'keyslot', 'otpd:{keys}:keys');
    const keys = shared().cli('cluster', 'getkeysinslot', slot, '10').split('\n');
    const home = keys.find((key) => key.startsWith('otpd:id:')) ?? '';
    const identity = shared().cli('get', home);
    const other = cluster.masters().find(({ id }) => id !== shared().id) as ClusterNode;
    shared().cli('set', home, `laying ${identity}`);
    other.cli('flushall');
    const store = await open({ url: url() });
    expect(shared().cli('get', home)).toBe(identity);
    await store.ping();
    // A later loss is detected.
    other.cli('flushall');
    expect((await endOf(open({ url: url() }))).end).toContain('of 16384 slots');
  });
});

redisSuite('a master of a Redis Cluster that comes back empty', () => {
  const open = storeOpener();
  it('is unavailable until its data is restored', async () => {
    await using cluster = await startRedisCluster();
    const store = await open({ url: cluster.url });
    const master = cluster.masterOf('otpd:c:{f}');
    expect(await store.codes.judge(attempt(), 0)).toEqual(ACCEPTED);
    const [files, backup] = ['appendonlydir', 'backup'].map((name) => join(master.folder, name)) as [string, string];

    await master.kill();
    cpSync(files, backup, { recursive: true });
    rmSync(files, { recursive: true });
    await master.restart();
    const judged = async () => (await endOf(store.codes.judge(attempt(), 0))).shown;
    // The code is never accepted: the master is unreachable, then still joins the Cluster, then is empty.
    for (let shown = await judged(); !shown.includes('state lost'); shown = await judged())
      expect(shown).toMatch(/connection lost|ECONNREFUSED|cannot be used|closed|CLUSTERDOWN|not ready/);
    expect((await endOf(store.ping())).shown).toContain('a part of the Cluster has lost its state');

    await master.kill();
    rmSync(files, { recursive: true });
    cpSync(backup, files, { recursive: true });
    await master.restart();
    await answeredAfter(() => store.ping(), BACK_WITHIN);
    expect(await store.codes.judge(attempt(), 0)).toMatchObject({ outcome: 'replayed' });
    expect(store.warnings).toEqual([FIRST_USE, expect.stringContaining('of 16384 slots of the Cluster have lost their state')]);
  });
});
