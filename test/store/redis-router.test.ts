/** Tests the router over fake masters: which master it asks, how often, and when it gives up. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { RedisAwayError, RedisSetupError, RefusedError } from '../../src/store/redis/error.ts';
import type { Master } from '../../src/store/redis/master.ts';
import { openRouter, type Router } from '../../src/store/redis/router.ts';
import { bareScript, type Runner, type ScriptCall } from '../../src/store/redis/script.ts';
import { SLOTS, slotOf } from '../../src/store/redis/slot.ts';
import type { SlotMap, Topology } from '../../src/store/redis/topology.ts';
import { runningMs } from '../support/running-time.ts';
import { until } from '../support/until.ts';

const SCRIPT = bareScript('return 1');
const LOGIN = { tls: false, username: '', password: '', db: 0 };
const HOSTS = ['a', 'b'];

/** The keys of the first half of the slots are on `a`, and the other keys on `b`. */
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
    vi.useRealTimers();
    await Promise.all(routers.splice(0).map((router) => router.close()));
  });

  /** The calls so far as `host key`, with `!` after ASKING, `*` in a batch, and `+` if they wait for replicas. */
  let asked: string[];
  /** The warnings for an operator. */
  let warnings: string[];
  const closed: string[] = [];
  type Answer = (host: string, call: ScriptCall) => unknown;

  async function open(
    answer: Answer,
    {
      masters = HOSTS,
      unfit,
      isReplaced = false,
      moved = new Map(),
    }: { masters?: string[]; unfit?: Error; isReplaced?: boolean; moved?: Map<number, number> } = {},
  ) {
    asked = [];
    warnings = [];
    const state = { masters, unfit, moved, losers: new Map<string, () => void>(), looks: 0 };
    const map = (): SlotMap => ({
      masters: state.masters.map(addressOf),
      owners: new Int16Array(SLOTS).map((_, slot) => moved.get(slot) ?? Math.floor((slot * state.masters.length) / SLOTS)),
    });
    const topology: Topology = {
      lookUp: async () => {
        state.looks += 1;
        return { map: state.masters.length > 0 ? map() : undefined, failures: ['a: gone'] };
      },
      problem: 'set is away',
      isReplaced,
      close: async () => void closed.push('topology'),
    };
    const masterOn = (host: string): Master => {
      const runnerOf = (mark: string): Runner => ({
        async run(call) {
          asked.push(`${host} ${call.keys[0]}${call.asking ? '!' : ''}${mark}`);
          const reply = answer(host, call);
          if (reply instanceof Error) throw reply;
          return reply;
        },
        async runAll(calls) {
          asked.push(`${host} ${calls.map(({ keys }) => keys[0]).join()}*${mark}`);
          return calls.map((call) => answer(host, call));
        },
      });
      return {
        runners: { ...runnerOf(''), acknowledged: runnerOf('+') },
        connection: undefined as unknown as Master['connection'],
        warnings: [`of ${host}`, 'nothing on disk'],
        close: async () => void closed.push(host),
      };
    };
    const router = await openRouter(
      topology,
      async ({ host, port }, onLost) => {
        if (state.unfit !== undefined) throw state.unfit;
        state.losers.set(host, onLost);
        return masterOn(port === 1 ? host : `${host}:${port}`);
      },
      (text) => warnings.push(text),
    );
    routers.push(router);
    return { router, state };
  }

  it('asks the master of the slot, once', async () => {
    const { router } = await open((host) => host);
    expect(await router.runners.run(callOf(ON_A[0]))).toBe('a');
    expect(await router.runners.acknowledged.run(callOf(ON_B[0]))).toBe('b');
    expect(asked).toEqual([`a ${ON_A[0]}`, `b ${ON_B[0]}+`]);
    expect(warnings).toEqual(['of a (a:1)', 'nothing on disk (a:1, b:1)', 'of b (b:1)']);
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

  it('follows MOVED to an unknown master', async () => {
    const [key = ''] = ON_A;
    const { router } = await open((host) => (host === 'a' ? refused(`MOVED ${slotOf(key)} c:1`) : host));
    expect(await router.runners.run(callOf(key))).toBe('c');
  });

  it('learns nothing of MOVED for another slot than it has asked for', async () => {
    const [key = '', other = ''] = ON_A;
    let refusals = 1;
    const { router } = await open((host) => (refusals-- > 0 ? refused(`MOVED ${slotOf(other)} b:1`) : host));
    expect(await router.runners.run(callOf(key))).toBe('a');
    expect(await router.runners.run(callOf(other))).toBe('a');
  });

  it('follows MOVED without a host to another port of the answering master', async () => {
    const [key = ''] = ON_B;
    const { router } = await open((host) => (host === 'b' ? refused(`MOVED ${slotOf(key)} :2`) : host));
    expect(await router.runners.run(callOf(key))).toBe('b:2');
  });

  it.each(['READONLY', 'CLUSTERDOWN The cluster is down', 'MASTERDOWN'])('looks where the masters are after %s', async (text) => {
    const { router, state } = await open((host) => (host === 'a' ? refused(text) : host), { masters: ['a'], isReplaced: true });
    state.masters = ['b'];
    while ((await router.runners.run(callOf(ON_A[0])).catch(() => undefined)) !== 'b')
      await new Promise((resolve) => setTimeout(resolve, 10));
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
    vi.useFakeTimers({ toFake: ['performance'] });
    const { router } = await open(() => {
      vi.advanceTimersByTime(10);
      return refused(text);
    });
    await expect(router.runners.run(callOf(ON_A[0]))).rejects.toThrow(StoreUnavailableError);
    expect(asked).toHaveLength(20);
  });

  it('sends a batch to each master at once, and sends again only the refused part', async () => {
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
    expect(asked).toEqual([`a ${first},${second},${third}*+`, `b ${other}*+`, `a ${second}+`]);
  });

  it('asks nothing more of a batch once its time is over', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const keys = ON_A.slice(0, 5);
    const { router } = await open(() => {
      vi.advanceTimersByTime(10);
      return refused('TRYAGAIN Multiple keys');
    });
    const replies = await router.runners.runAll(keys.map(callOf));
    expect(replies).toEqual(keys.map(() => expect.any(RefusedError)));
    expect(asked[0]).toBe(`a ${keys.join()}*`);
    expect(new Set(asked.slice(1))).toEqual(new Set([`a ${keys[0]}`]));
  });

  it('returns an error for the part of a batch whose master is unreachable, and judges the others', async () => {
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
    expect(warnings.slice(3)).toEqual(['Redis may evict (a:1)']);
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

  it('drops a master of a Cluster without slots after the time for its answers', async () => {
    const { router, state } = await open((host) => host);
    state.masters = ['b'];
    closed.length = 0;
    await router.refresh();
    expect(await router.runners.run(callOf(ON_A[0]))).toBe('b');
    expect(closed).toEqual([]);
    await until('the master is closed', () => closed.includes('a'));
    expect(closed).toEqual(['a']);
  });

  it('looks where the master of a slot is that had none', async () => {
    const [key = ''] = ON_A;
    const { router, state } = await open((host) => host);
    state.moved.set(slotOf(key), -1);
    await router.refresh();
    expect(() => router.slotOfEach()).toThrow(StoreUnavailableError);
    await expect(router.runners.run(callOf(key))).rejects.toThrow(StoreUnavailableError);
    state.moved.clear();
    while ((await router.runners.run(callOf(key)).catch(() => undefined)) !== 'a')
      await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('has a look of several callers made once, and none after it is closed', async () => {
    const { router, state } = await open((host) => host);
    await Promise.all([router.refresh(), router.refresh(), router.refresh()]);
    expect(state.looks).toBe(2);
    await router.refresh();
    expect(state.looks).toBe(3);
    await new Promise((resolve) => setTimeout(resolve, 110));
    await router.close();
    state.losers.get('a')?.();
    expect(state.looks).toBe(3);
  });

  it('opens a new master before anybody asks it', async () => {
    const { router, state } = await open((host) => host);
    state.masters = ['a', 'b', 'c'];
    await router.refresh();
    expect([...state.losers.keys()]).toEqual(['a', 'b', 'c']);
  });

  it('counts a master once, however many of its slots have moved to it', async () => {
    const [first = '', second = ''] = ON_A;
    const { router } = await open((host, { keys }) => (host === 'a' ? refused(`MOVED ${slotOf(keys[0] ?? '')} c:1`) : host));
    for (const key of [first, second]) expect(await router.runners.run(callOf(key))).toBe('c');
    expect(router.slotOfEach()).toHaveLength(3);
  });

  it('names a slot of each master', async () => {
    const { router } = await open((host) => host);
    expect(router.slotOfEach()).toEqual([0, SLOTS / 2]);
    expect([0, SLOTS - 1].map(router.nameOf)).toEqual(['a:1', 'b:1']);
  });

  it('is not opened over a master that must not be used, nor over none', async () => {
    closed.length = 0;
    const startedAt = runningMs();
    await expect(open((host) => host, { unfit: new RedisSetupError('may evict') })).rejects.toThrow('Redis may evict (a:1)');
    expect(runningMs() - startedAt).toBeLessThan(2000);
    expect(closed).toEqual(['topology']);
    expect(warnings).toEqual([]);
    await expect(open((host) => host, { masters: [] })).rejects.toThrow(
      'Redis set is away (a: gone): see that it runs, and check OTPD_REDIS_URL',
    );
  });

  it('is opened over a Cluster once each slot has a master', async () => {
    const moved = new Map([[7, -1]]);
    const opening = open((host) => host, { moved });
    setImmediate(() => moved.clear());
    const { router, state } = await opening;
    expect(state.looks).toBeGreaterThan(1);
    expect(router.nameOf(7)).toBe('a:1');
  });
});
