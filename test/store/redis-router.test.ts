/** The router alone, over masters that answer as a test says: whom it asks, how often, and when it stops. */
import { afterEach, describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { RedisAwayError, RedisSetupError, RefusedError } from '../../src/store/redis/error.ts';
import type { Master } from '../../src/store/redis/master.ts';
import { openRouter, type Router } from '../../src/store/redis/router.ts';
import { bareScript, type Runner, type ScriptCall } from '../../src/store/redis/script.ts';
import { SLOTS, slotOf } from '../../src/store/redis/slot.ts';
import type { SlotMap, Topology } from '../../src/store/redis/topology.ts';
import { runningMs } from '../support/running-time.ts';

const SCRIPT = bareScript('return 1');
const LOGIN = { tls: false, username: '', password: '', db: 0 };
const HOSTS = ['a', 'b'];

/** The keys of the first half of the slots are on `a`, the others on `b`. */
const [ON_A, ON_B] = ['a', 'b'].map((_, half) => keysIn((slot) => Math.floor((slot * 2) / SLOTS) === half)) as [
  string[],
  string[],
];

function keysIn(isIt: (slot: number) => boolean): string[] {
  return Array.from({ length: 100 }, (_, number) => `k${number}`).filter((key) => isIt(slotOf(key)));
}

const callOf = (key = ''): ScriptCall => ({ script: SCRIPT, keys: [key], args: [] });
const addressOf = (host: string) => ({ host, port: 1, ...LOGIN });
const refused = (text: string) => new RefusedError(new Error(text));

describe('the router', () => {
  const routers: Router[] = [];
  afterEach(async () => {
    await Promise.all(routers.splice(0).map((router) => router.close()));
  });

  /** The questions, as `host key`, with `!` after ASKING and `*` in a batch. */
  let asked: string[];
  const closed: string[] = [];
  type Answer = (host: string, call: ScriptCall) => unknown;

  async function open(
    answer: Answer,
    { masters = HOSTS, unfit, isReplaced = false }: { masters?: string[]; unfit?: Error; isReplaced?: boolean } = {},
  ) {
    asked = [];
    const moved = new Map<number, number>();
    const state = { masters, unfit, moved, losers: new Map<string, () => void>(), warnings: [] as string[] };
    const map = (): SlotMap => ({
      masters: state.masters.map(addressOf),
      owners: new Int16Array(SLOTS).map((_, slot) => moved.get(slot) ?? Math.floor((slot * state.masters.length) / SLOTS)),
    });
    const topology: Topology = {
      lookUp: async () => ({ map: state.masters.length > 0 ? map() : undefined, failures: ['a: gone'] }),
      problem: 'set is away',
      isReplaced,
      close: async () => undefined,
    };
    const masterOn = (host: string): Master => {
      const run = async (call: ScriptCall) => {
        asked.push(`${host} ${call.keys[0]}${call.asking ? '!' : ''}`);
        const reply = answer(host, call);
        if (reply instanceof Error) throw reply;
        return reply;
      };
      const runAll = async (calls: readonly ScriptCall[]) => {
        asked.push(`${host} ${calls.map(({ keys }) => keys[0]).join()}*`);
        return calls.map((call) => answer(host, call));
      };
      const runner: Runner = { run, runAll };
      return {
        runners: { ...runner, acknowledged: runner },
        connection: undefined as unknown as Master['connection'],
        warnings: [`of ${host}`, 'nothing on disk'],
        close: async () => void closed.push(host),
      };
    };
    const router = await openRouter(
      topology,
      async ({ host }, onLost) => {
        if (state.unfit !== undefined) throw state.unfit;
        state.losers.set(host, onLost);
        return masterOn(host);
      },
      (text) => state.warnings.push(text),
    );
    routers.push(router);
    return { router, state };
  }

  it('asks the master of the slot, once', async () => {
    const { router, state } = await open((host) => host);
    expect(await router.runners.run(callOf(ON_A[0]))).toBe('a');
    expect(await router.runners.acknowledged.run(callOf(ON_B[0]))).toBe('b');
    expect(asked).toEqual([`a ${ON_A[0]}`, `b ${ON_B[0]}`]);
    expect(state.warnings).toEqual(['of a (a:1)', 'nothing on disk (a:1, b:1)', 'of b (b:1)']);
  });

  it('sends nothing again that may have been carried out', async () => {
    const { router } = await open(() => new StoreUnavailableError(new Error('Command timed out')));
    await expect(router.runners.run(callOf(ON_A[0]))).rejects.toThrow(StoreUnavailableError);
    await router.runners.runAll([callOf(ON_A[0]), callOf(ON_B[0])]);
    expect(asked).toEqual([`a ${ON_A[0]}`, `a ${ON_A[0]}*`, `b ${ON_B[0]}*`]);
    const failing = await open(() => new Error('a script failed in Redis'));
    await expect(failing.router.runners.run(callOf(ON_A[0]))).rejects.toThrow('a script failed in Redis');
    expect(asked).toHaveLength(1);
  });

  it('follows MOVED, and remembers it for the slot alone', async () => {
    const [key = '', other] = ON_A;
    const { router, state } = await open((host, { keys }) => {
      if (host !== 'a' || keys[0] !== key) return host;
      state.moved.set(slotOf(key), 1);
      return refused(`MOVED ${slotOf(key)} b:1`);
    });
    expect(await router.runners.run(callOf(key))).toBe('b');
    expect(await router.runners.run(callOf(key))).toBe('b');
    expect(await router.runners.run(callOf(other))).toBe('a');
    expect(asked).toEqual([`a ${key}`, `b ${key}`, `b ${key}`, `a ${other}`]);
  });

  it('follows MOVED to a master that nobody has named before', async () => {
    const [key = ''] = ON_A;
    const { router } = await open((host) => (host === 'a' ? refused(`MOVED ${slotOf(key)} c:1`) : host));
    expect(await router.runners.run(callOf(key))).toBe('c');
  });

  it('asks another master once after ASK, and remembers nothing', async () => {
    const [key = ''] = ON_A;
    const { router } = await open((host) => (host === 'a' ? refused(`ASK ${slotOf(key)} b:1`) : host));
    for (let round = 0; round < 2; round += 1) expect(await router.runners.run(callOf(key))).toBe('b');
    expect(asked).toEqual([`a ${key}`, `b ${key}!`, `a ${key}`, `b ${key}!`]);
  });

  it('goes back to the master of the slot if the other refuses after ASK', async () => {
    const [key = ''] = ON_A;
    let answers = 0;
    const { router } = await open((host) => {
      answers += 1;
      if (answers > 2) return host;
      return host === 'a' ? refused(`ASK ${slotOf(key)} b:1`) : refused('TRYAGAIN Multiple keys');
    });
    expect(await router.runners.run(callOf(key))).toBe('a');
    expect(asked).toEqual([`a ${key}`, `b ${key}!`, `a ${key}`]);
  });

  it.each([
    'TRYAGAIN Multiple keys',
    'CLUSTERDOWN The cluster is down',
    `MOVED ${slotOf(ON_A[0] ?? '')} a:1`,
    'READONLY',
    'LOADING',
  ])('gives up after 200 ms of %s', async (text) => {
    const { router } = await open(() => refused(text));
    const startedAt = runningMs();
    await expect(router.runners.run(callOf(ON_A[0]))).rejects.toThrow(StoreUnavailableError);
    expect(runningMs() - startedAt).toBeLessThan(400);
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.length).toBeLessThan(30);
  });

  it('has a batch judged by a master in one go each, and only what was refused again', async () => {
    const [first = '', second = '', third = ''] = ON_A;
    const [other = ''] = ON_B;
    let refusals = 1;
    const { router } = await open((host, { keys }) =>
      keys[0] === second && refusals-- > 0 ? refused('TRYAGAIN Multiple keys') : `${host} ${keys[0]}`,
    );
    const keys = [first, other, second, third];
    expect(await router.runners.acknowledged.runAll(keys.map(callOf))).toEqual([
      `a ${first}`,
      `b ${other}`,
      `a ${second}`,
      `a ${third}`,
    ]);
    expect(asked).toEqual([`a ${first},${second},${third}*`, `b ${other}*`, `a ${second}`]);
  });

  it('tells a batch of the part whose master is away, and has the others judged', async () => {
    const { router, state } = await open((host) => host);
    state.unfit = new RedisAwayError('away');
    state.losers.get('a')?.();
    const [lost, judged] = await router.runners.runAll([callOf(ON_A[0]), callOf(ON_B[0])]);
    expect([lost, judged]).toEqual([expect.any(StoreUnavailableError), 'b']);
  });

  it('opens a lost master again, and says once which one it must not use', async () => {
    const { router, state } = await open((host) => host);
    state.unfit = new RedisSetupError('may evict');
    state.losers.get('a')?.();
    for (let round = 0; round < 5; round += 1) {
      await expect(router.runners.run(callOf(ON_A[0]))).rejects.toThrow(StoreUnavailableError);
      await router.refresh();
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(state.warnings.slice(3)).toEqual(['Redis may evict (a:1)']);
    state.unfit = undefined;
    while ((await router.runners.run(callOf(ON_A[0])).catch(() => undefined)) !== 'a')
      await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('leaves a primary that was replaced at once', async () => {
    const { router, state } = await open((host) => host, { masters: ['a'], isReplaced: true });
    state.masters = ['b'];
    closed.length = 0;
    await router.refresh();
    expect(await router.runners.run(callOf(ON_A[0]))).toBe('b');
    expect(closed).toEqual(['a']);
    await expect(async () => {
      state.masters = [];
      await router.refresh();
    }).rejects.toThrow(StoreUnavailableError);
    expect(await router.runners.run(callOf(ON_A[0]))).toBe('b');
  });

  it('names a slot of each master', async () => {
    const { router } = await open((host) => host);
    expect(router.slotOfEach()).toEqual([0, SLOTS / 2]);
    expect([0, SLOTS - 1].map(router.nameOf)).toEqual(['a:1', 'b:1']);
  });

  it('is not opened over a master that must not be used, nor over none', async () => {
    const startedAt = runningMs();
    await expect(open((host) => host, { unfit: new RedisSetupError('may evict') })).rejects.toThrow('Redis may evict (a:1)');
    expect(runningMs() - startedAt).toBeLessThan(2000);
    await expect(open((host) => host, { masters: [] })).rejects.toThrow(
      'Redis set is away (a: gone): see that it runs, and check OTPD_REDIS_URL',
    );
  });
});
