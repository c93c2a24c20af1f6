/** Tests the session over fake runners: incomplete answers, and how long a master may be unreachable. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { type Layout, manySlotsLayout, oneSlotLayout } from '../../src/store/redis/layout.ts';
import { bareScript, type Runner, type ScriptCall, STATE_LOST } from '../../src/store/redis/script.ts';
import { createSession, type Session } from '../../src/store/redis/session.ts';

const SCRIPT = bareScript('return 1');
const FIVE_SECONDS = 5000;
const away = () => new StoreUnavailableError(new Error('away'));

let answer: (call: ScriptCall, place: number) => unknown;
let lost: number;
/** The calls so far: `plain`, or `acknowledged` if they wait for replicas. */
let asked: string[];
/** Called when the store is found lost. */
let whenLost: () => void;
/** The texts for an operator. */
let warnings: string[];
/** The store that is there now. */
let present: string;
let session: Session;
beforeEach(() => {
  session = sessionOn(oneSlotLayout('p:'));
});

function sessionOn(layout: Layout): Session {
  lost = 0;
  asked = [];
  warnings = [];
  present = 'one';
  whenLost = () => undefined;
  const runnerOf = (way: string): Runner => ({
    async run(call) {
      asked.push(way);
      const reply = answer(call, 0);
      if (reply instanceof Error) throw reply;
      return reply;
    },
    async runAll(calls) {
      asked.push(way);
      return calls.map(answer);
    },
  });
  return createSession(
    { ...runnerOf('plain'), acknowledged: runnerOf('acknowledged') },
    {
      layout,
      identify: async () => ({ storeId: present, isNew: false }),
      storeId: 'one',
      onWarning: (text) => warnings.push(text),
      onLost: () => {
        lost += 1;
        whenLost();
      },
      callerClock: false,
    },
  );
}
afterEach(() => {
  vi.useRealTimers();
});

const three = () => session.runAllAcknowledged(SCRIPT, Array(3).fill({ keys: [['c', 'f']], args: [] }), 0);

it('a batch returns the answers that arrived, and fails as a whole only if there is none', async () => {
  answer = (_, place) => (place === 1 ? 'judged' : away());
  expect(await three()).toEqual([expect.any(StoreUnavailableError), 'judged', expect.any(StoreUnavailableError)]);
  answer = away;
  await expect(three()).rejects.toThrow(StoreUnavailableError);
});

it('a batch of which a part met another store has found the state lost, and reports it once', async () => {
  answer = (_, place) => (place === 0 ? 'judged' : STATE_LOST);
  expect(await three()).toEqual(['judged', expect.any(StoreUnavailableError), expect.any(StoreUnavailableError)]);
  expect(lost).toBe(1);
  await expect(three()).rejects.toThrow(StoreUnavailableError);
});

it('one master of several may be unreachable for as long as a failover takes, but not all of them', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const isAway = new Set(['p:a']);
  answer = ({ keys: [key = ''] }) => (isAway.has(key) ? away() : null);
  const ping = () => session.ping(['p:a', 'p:b']);
  await ping();
  vi.advanceTimersByTime(FIVE_SECONDS - 1);
  await ping();
  vi.advanceTimersByTime(1);
  await expect(ping()).rejects.toThrow(StoreUnavailableError);
  // The time begins again after the master was reachable.
  isAway.clear();
  await ping();
  isAway.add('p:b');
  await ping();
  isAway.add('p:a');
  await expect(ping()).rejects.toThrow(StoreUnavailableError);
});

it('replicas are awaited for all durable writes, including a ping and the binding of an adopted store', async () => {
  answer = () => 1;
  await session.run(SCRIPT, [['c', 'f']], []);
  expect(asked).toEqual(['plain']);
  await session.runAcknowledged(SCRIPT, [['c', 'f']], []);
  await session.bind('key');
  await session.ping(['p:id']);
  await three();
  answer = () => STATE_LOST;
  await expect(session.runAcknowledged(SCRIPT, [['c', 'f']], [])).rejects.toThrow(StoreUnavailableError);
  answer = () => 1;
  await session.rejoin();
  expect(asked.slice(1)).toEqual(Array(6).fill('acknowledged'));
});

it('a ping that meets another store finds the state lost, and a caller that is notified of it gets nothing of it', async () => {
  answer = () => STATE_LOST;
  let ended: unknown;
  whenLost = () => {
    session.run(SCRIPT, [['c', 'f']], []).catch((error: unknown) => {
      ended = error;
    });
  };
  await expect(session.ping(['p:id'])).rejects.toThrow(StoreUnavailableError);
  expect([lost, asked, ended]).toEqual([1, ['acknowledged'], expect.any(StoreUnavailableError)]);
});

/** Has the store found lost by a ping. */
async function lose(): Promise<void> {
  answer = () => STATE_LOST;
  await expect(session.ping(['p:id'])).rejects.toThrow(StoreUnavailableError);
}

it('a store of another fingerprint key is not taken up, and the operator is told why', async () => {
  answer = () => 1;
  expect(await session.bind('key')).toBe(true);
  await lose();
  answer = () => 0;
  await expect(session.rejoin()).rejects.toThrow(StoreUnavailableError);
  expect(warnings).toEqual([expect.stringContaining('lost its state'), expect.stringContaining('another fingerprint key')]);
  await expect(session.run(SCRIPT, [['c', 'f']], [])).rejects.toThrow(StoreUnavailableError);
});

it('each loss is told, and once', async () => {
  for (const losses of [1, 2]) {
    await lose();
    answer = () => 1;
    await session.rejoin();
    expect(warnings).toEqual(Array(losses).fill(expect.stringContaining('lost its state')));
  }
});

it('in a Cluster a loss is one of the whole state where another store is there, and that store is then the own one', async () => {
  session = sessionOn(manySlotsLayout());
  const rejoined = async (storeId: string) => {
    await lose();
    present = storeId;
    answer = () => 1;
    await session.rejoin();
    return warnings.length;
  };
  expect([await rejoined('one'), await rejoined('two'), await rejoined('two')]).toEqual([0, 1, 1]);
});
