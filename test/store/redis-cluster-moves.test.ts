/** A Redis Cluster whose slots move and whose masters are replaced: calls follow, wait no longer than allowed, and take effect once. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { redisSuite } from '../support/redis.ts';
import { type ClusterNode, type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { planMove } from '../support/redis-slots.ts';
import {
  ACCEPTED,
  answeredAfter,
  answerTo,
  attempt,
  endOf,
  openAcknowledged,
  requested,
  servedAfter,
  storeOpener,
  tally,
} from './redis-fixtures.ts';

/** The longest time until a refused call fails, in ms: it looks for another master for 200 ms, whose answer may take as long. */
const REFUSED_WITHIN = 500;
const BACK_WITHIN = 5000;

redisSuite('a Redis Cluster whose slots move', () => {
  let cluster: RedisCluster;
  let prints = 0;
  const open = storeOpener();
  beforeAll(async () => {
    cluster = await startRedisCluster({ settings: [] });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  /** Returns a secret that no other test uses, and a move of its slot. */
  function moveOfOne() {
    prints += 1;
    const fingerprint = `moved-${prints}`;
    const key = `otpd:c:{${fingerprint}}`;
    const to = cluster.masters().find(({ id }) => id !== cluster.masterOf(key).id) as ClusterNode;
    return { fingerprint, key, move: planMove(cluster, key, to) };
  }

  it('serves moved slots, alone and in batches, on the first try', async () => {
    const store = await open({ url: cluster.url });
    const { fingerprint, move, key } = moveOfOne();
    const other = moveOfOne();
    expect(await store.codes.judge(attempt({ fingerprint, step: 1 }), 0)).toMatchObject({ outcome: 'accepted' });
    for (const one of [move, other.move]) {
      one.begin();
      one.moveKeys();
      one.end();
    }
    const batch = [1, 2, 3].map((step) => attempt({ fingerprint, step }));
    const judged = await store.codes.judgeAll([...batch, attempt({ fingerprint: other.fingerprint })], 0);
    expect(judged.map((one) => 'outcome' in one && one.outcome)).toEqual(['replayed', 'accepted', 'accepted', 'accepted']);
    expect(await store.codes.judge(attempt({ fingerprint, step: 3 }), 0)).toMatchObject({ outcome: 'replayed' });
    expect(cluster.masterOf(key).id).toBe(move.to.id);
    expect(move.to.cli('exists', key)).toBe('1');
  });

  it('asks the new master while a slot is on its way, and never judges by a half of it', async () => {
    const store = await open({ url: cluster.url });
    const { fingerprint, move } = moveOfOne();
    await store.codes.judge(attempt({ fingerprint, step: 1 }), 0);
    await store.codes.judge(requested('id', { fingerprint, step: 2 }), 0);
    move.begin();
    // The keys move one by one. Meanwhile the keys of a script may be on both nodes.
    for (let isMoving = true; isMoving; isMoving = move.moveKeys(1) > 0) {
      const { end, ms } = await endOf(
        store.codes.judge(attempt({ fingerprint, step: 1 }), 0).then(({ outcome }) => expect(outcome).toBe('replayed')),
      );
      expect(['answered', 'unavailable']).toContain(end);
      expect(ms).toBeLessThan(REFUSED_WITHIN);
    }
    // All keys are on the new master, but the slot still belongs to the old one. The store asks the new master, first for a call, then for a batch.
    expect(await store.codes.judge(attempt({ fingerprint, step: 2 }), 0)).toMatchObject({ outcome: 'replayed' });
    const batch = [3, 4, 5, 4].map((step) => attempt({ fingerprint, step }));
    expect((await store.codes.judgeAll(batch, 0)).map((one) => 'outcome' in one && one.outcome)).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'replayed',
    ]);
    expect(await store.codes.judge(requested('id', { fingerprint, step: 2 }), 0)).toMatchObject({ outcome: 'accepted', step: 2 });
    // The key of a new request id does not exist yet, and Redis answers TRYAGAIN.
    const { end, ms } = await endOf(store.codes.judge(requested('new', { fingerprint, step: 6 }), 0));
    expect([end, ms < REFUSED_WITHIN]).toEqual(['unavailable', true]);
    move.end();
    expect(await store.codes.judge(requested('id', { fingerprint, step: 2 }), 0)).toMatchObject({ outcome: 'accepted', step: 2 });
    expect(await store.codes.judge(attempt({ fingerprint, step: 2 }), 0)).toMatchObject({ outcome: 'replayed' });
  });

  it('waits for the end of a move that is quick', async () => {
    const store = await open({ url: cluster.url });
    const { fingerprint, move } = moveOfOne();
    await store.ping();
    move.begin();
    const call = store.codes.judge(attempt({ fingerprint }), 0);
    const batch = store.codes.judgeAll([attempt({ fingerprint, step: 200 })], 0);
    move.moveKeys();
    move.end();
    // Each call may fail if the steps take long, but the code is never accepted twice.
    const ends = await Promise.allSettled([call, batch.then(([one]) => one)]);
    const again = await store.codes.judge(attempt({ fingerprint }), 0);
    const accepted = [...ends.map((one) => one.status === 'fulfilled' && one.value), again].filter(
      (one) => one && 'outcome' in one && one.outcome === 'accepted' && one.step === 100,
    );
    expect(accepted.length).toBeLessThanOrEqual(1);
  });

  it('takes scripts that a master does not know yet, also with ASKING', async () => {
    const store = await openAcknowledged(open, cluster.url);
    const { fingerprint, move } = moveOfOne();
    expect(await answerTo(() => store.codes.judge(requested('first', { fingerprint }), 0))).toEqual(ACCEPTED);
    for (const master of cluster.masters()) master.cli('script', 'flush');
    move.begin();
    move.moveKeys();
    expect(await answerTo(() => store.codes.judge(attempt({ fingerprint }), 0))).toMatchObject({ outcome: 'replayed' });
    expect(await store.codes.judge(attempt({ fingerprint, step: 101 }), 0)).toMatchObject({ outcome: 'accepted' });
    await store.ping();
    move.end();
    expect(await answerTo(() => store.codes.judge(attempt({ fingerprint }), 0))).toMatchObject({ outcome: 'replayed' });
  });
});

redisSuite('a Redis Cluster whose masters are replaced', () => {
  let cluster: RedisCluster;
  const open = storeOpener();
  beforeAll(async () => {
    cluster = await startRedisCluster({ replacedAfterMs: 1000 });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  it('forgets nothing that a replica has, refuses in time meanwhile, and recovers without help', async () => {
    const store = await openAcknowledged(open, cluster.url);
    const plain = await open({ url: cluster.url });
    expect(await answerTo(() => store.codes.judge(requested('first'), 0))).toEqual(ACCEPTED);
    const master = cluster.masterOf('otpd:c:{f}');
    await master.kill();
    for (const one of [store, plain]) {
      const { end, ms } = await endOf(one.codes.judge(attempt({ step: 101 }), 0));
      expect(end).toBe('unavailable');
      expect(ms).toBeLessThan(REFUSED_WITHIN);
    }
    await answeredAfter(() => plain.codes.inspect(attempt(), 0), BACK_WITHIN);
    expect(await answerTo(() => plain.codes.judge(attempt(), 0))).toMatchObject({ outcome: 'replayed' });
    // The new master has no replica until the old master is back as its replica.
    expect((await endOf(store.codes.judge(attempt({ step: 102 }), 0))).end).toBe('unavailable');
    await master.restart();
    await cluster.healthy();
    await servedAfter(store, BACK_WITHIN);
    expect(await answerTo(() => store.codes.judge(requested('last', { step: 103 }), 0))).toMatchObject({ outcome: 'accepted' });
    expect(plain.warnings.filter((text) => text.includes('lost'))).toEqual([]);
  });

  it('leaves a silent master, sends it nothing that would act when it wakes up, and follows its successor', async () => {
    const store = await open({ url: cluster.url });
    await store.ping();
    const master = cluster.masterOf('otpd:c:{silent}');
    const silent = attempt({ fingerprint: 'silent', step: undefined });
    const acknowledged = await openAcknowledged(open, cluster.url);
    await answerTo(() => acknowledged.codes.judge({ ...silent, request: { id: 'first', payload: '' } }, 0));
    master.pause();
    const first = await Promise.all(Array.from({ length: 20 }, () => endOf(store.codes.judge(silent, 0))));
    const { end, ms } = await endOf(store.codes.judgeAll([silent, silent], 0));
    for (const one of [...first, { end, ms }]) {
      expect(one.end).toBe('unavailable');
      expect(one.ms).toBeLessThan(REFUSED_WITHIN);
    }
    await answeredAfter(() => store.codes.inspect(silent, 0), BACK_WITHIN);
    const { failures } = await store.codes.inspect(silent, 0);
    expect(failures).toBe(1);
    master.resume();
    await cluster.healthy();
    expect(cluster.masterOf('otpd:c:{silent}').id).not.toBe(master.id);
    await answeredAfter(() => store.ping(), BACK_WITHIN);
    expect((await store.codes.inspect(silent, 0)).failures).toBe(1);
    expect(tally([await store.codes.judge({ ...silent, step: 5 }, 0)])).toEqual({ accepted: 1 });
  });

  it('is opened by one node that is left of those in the URL, and by none not at all', async () => {
    const [node] = cluster.nodes.filter(({ isUp }) => isUp());
    await (await open({ url: `redis-cluster://127.0.0.1:1,127.0.0.1:${node?.port}` })).ping();
    expect((await endOf(open({ url: 'redis-cluster://:hunter2@127.0.0.1:1,127.0.0.1:2' }))).end).toMatch(
      /^Redis Cluster cannot be used \(127.0.0.1:1: connect ECONNREFUSED .*; 127.0.0.1:2: .*\): see that it runs, and check OTPD_REDIS_URL$/,
    );
  });
});
