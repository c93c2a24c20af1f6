/** A request id that is sent again gets its first answer, whatever happened to that answer. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, createCaller } from './caller.ts';
import { around, type Cluster, eachShape, type Shape, startCluster } from './cluster.ts';
import { redisFaults, sqliteFaults } from './faults.ts';
import { nextRandom, progress, type Random, randomOf, size } from './form.ts';
import { codeOf, hotpKey, requestOf, type TestKey, totpKey, type VerifyInit, wrongCode } from './keys.ts';
import { startProxy } from './proxy.ts';

const SHAPES: readonly Shape[] = [
  { name: 'two processes with one SQLite file', store: 'sqlite', instances: 2 },
  { name: 'two processes with one Redis', store: 'redis', instances: 2 },
];

interface Prepared {
  readonly key: TestKey;
  readonly request: VerifyInit;
  /** The same code without a request id. */
  readonly bare: VerifyInit;
  /** Another code of the key under the same request id. */
  readonly changed: VerifyInit;
}

function prepare(random: Random): Prepared {
  const key = random.chance(0.5) ? hotpKey(random) : totpKey(random);
  const [code, other] = [codeOf(key, key.last - 1), codeOf(key, key.last)];
  const requestId = random.uuid();
  return {
    key,
    request: requestOf(key, code, { requestId }),
    bare: requestOf(key, code),
    changed: requestOf(key, other, { requestId }),
  };
}

eachShape('a request id', SHAPES, (shape) => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster(shape, randomOf(1));
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  function verify(instance: number, request: VerifyInit, apiKey: number = 0): Promise<Answer> {
    return around(cluster.instances, instance).caller.verify(request, around(cluster.apiKeys, apiKey));
  }

  /** Repeats a call until it gets an answer. */
  async function persist(instance: number, request: VerifyInit): Promise<Answer> {
    for (;;) {
      const answer = await verify(instance, request);
      if (answer.outcome !== 'unknown') return answer;
      await pause(50);
    }
  }

  /**
   * Expects that the request was accepted once, whatever happened to its answer: every repeat gets the same answer, and no other request may use its
   * id.
   */
  async function expectFirstAnswer({ request, bare, changed }: Prepared): Promise<void> {
    const first = await persist(1, request);
    expect(first.outcome).toBe('accepted');
    for (const instance of [0, 1]) expect(await persist(instance, request)).toEqual(first);
    expect(await verify(1, bare)).toMatchObject({ outcome: 'replayed' });
    expect(await verify(0, changed)).toEqual({
      outcome: 'request_id_reused',
      step: undefined,
      text: 'INVALID_ARGUMENT ERROR_REASON_REQUEST_ID_REUSED',
    });
    expect(await persist(0, request)).toEqual(first);
  }

  test('is that of one caller: another has its own', async () => {
    const prepared = prepare(nextRandom());
    expect(await verify(0, prepared.request, 0)).toMatchObject({ outcome: 'accepted' });
    expect(await verify(0, prepared.request, 1)).toMatchObject({ outcome: 'replayed' });
    await expectFirstAnswer(prepared);
  });

  test('repeated after a wrong code costs no attempt, and stays wrong', async () => {
    const random = nextRandom();
    const key = hotpKey(random);
    const wrong = requestOf(key, wrongCode(key, random), { requestId: random.uuid() });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, place) => verify(place, wrong)));
    expect(new Set(answers.map(({ outcome }) => outcome))).toEqual(new Set(['mismatch']));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await verify(0, requestOf(key, codeOf(key, 1), { requestId: random.uuid() }))).toMatchObject({ outcome: 'accepted' });
    expect(await verify(1, wrong)).toEqual(answers[0]);
  });

  test('repeated after its answer was lost on the way', async () => {
    const prepared = prepare(nextRandom());
    const target = around(cluster.instances, 0);
    const proxy = await startProxy(target.address);
    const caller = createCaller(proxy.address);
    const [apiKey = ''] = cluster.apiKeys;
    // This call opens the connection, so that only the next call is lost.
    expect(await caller.verify(requestOf(prepared.key, '1'), apiKey)).toMatchObject({ outcome: 'malformed' });
    // The lines of calls are logged with a delay of up to 50 ms.
    await pause(250);
    const served = () => target.log().filter(({ method, code }) => method?.endsWith('/Verify') && code === 'OK').length;
    const before = served();
    proxy.loseAnswers();
    const lost = caller.verify(prepared.request, apiKey, { deadlineMs: 3000 });
    await expect.poll(served, { timeout: 2500 }).toBe(before + 1);
    await proxy.close();
    expect(await lost).toMatchObject({ outcome: 'unknown' });
    caller.close();
    expect(await verify(1, prepared.bare)).toMatchObject({ outcome: 'replayed' });
    await expectFirstAnswer(prepared);
  });

  test('repeated after the caller gave up, at any moment', { timeout: size(30_000, 300_000) }, async () => {
    const count = size(15, 150);
    for (let left = count; left > 0; left -= 1) {
      progress(`callers who gave up, ${shape.name}`, count - left, count);
      const random = nextRandom();
      const prepared = prepare(random);
      const { caller } = around(cluster.instances, 0);
      const [apiKey = ''] = cluster.apiKeys;
      const leaving = new AbortController();
      const isCancelled = random.chance(0.5);
      const ms = random.below(12);
      const first = caller.verify(prepared.request, apiKey, isCancelled ? { signal: leaving.signal } : { deadlineMs: ms });
      if (isCancelled) await pause(ms).then(() => leaving.abort());
      const again = verify(1, prepared.request);
      expect(
        (await Promise.all([first, again])).filter(({ outcome }) => outcome !== 'unknown' && outcome !== 'accepted'),
      ).toEqual([]);
      await expectFirstAnswer(prepared);
    }
  });

  test('repeated after the store was blocked', async () => {
    const faults = shape.store === 'redis' ? redisFaults(cluster) : sqliteFaults(cluster);
    for (const { begin, end } of faults.slice(0, 2)) {
      const prepared = prepare(nextRandom());
      await begin();
      expect(await verify(0, prepared.request)).toMatchObject({ outcome: 'unknown' });
      await end();
      await expectFirstAnswer(prepared);
    }
  });

  test('repeated after its server was killed, or stopped in order', async () => {
    const random = nextRandom();
    const [one, other] = [prepare(random), prepare(random)];
    const answers = [await persist(0, one.request), await persist(0, other.request)];
    const server = around(cluster.instances, 0);
    await server.kill();
    await server.start();
    expect(await persist(0, one.request)).toEqual(answers[0]);
    expect(await server.stop()).toBe(0);
    await server.start();
    expect(await persist(0, other.request)).toEqual(answers[1]);
    await expectFirstAnswer(one);
    await expectFirstAnswer(other);
  });
});
