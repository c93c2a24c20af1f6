/** Tests waiting for replicas over a fake connection: which calls share a WAIT, which calls fail, and which are never sent. */
import { ReplyError } from 'ioredis';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { createAcknowledgedRun } from '../../src/store/redis/acknowledged.ts';
import type { Connection } from '../../src/store/redis/connection.ts';
import { translate } from '../../src/store/redis/error.ts';
import { bareScript, type Runner } from '../../src/store/redis/script.ts';

const SCRIPT = bareScript('return 1');

type Replies = [error: Error | null, reply?: unknown][];
interface Sent {
  readonly commands: readonly string[];
  /** Answers each script and the WAIT, with the number of replicas that have the writes. */
  readonly answer: (replies: Replies, replicas: number) => void;
  /** Answers the whole pipeline, including the WAIT. */
  readonly reply: (replies: Replies | null) => void;
  /** Loses the connection. */
  readonly fail: (error: Error) => void;
}

let sent: Sent[];
let runner: Runner;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
  sent = [];
  const pipeline = () => {
    const commands: string[] = [];
    return {
      get length() {
        return commands.length;
      },
      asking: () => commands.push('asking'),
      eval: (_text: string, _keys: number, key: string) => commands.push(`text ${key}`),
      evalsha: (_digest: string, _keys: number, key: string) => commands.push(`digest ${key}`),
      wait: (replicas: number, ms: number) => commands.push(`wait ${replicas} ${ms}`),
      exec: () =>
        new Promise((resolve, fail) => {
          const answer = (replies: Replies, replicas: number) => resolve([...replies, [null, replicas]]);
          sent.push({ commands, answer, reply: resolve, fail });
        }),
    };
  };
  const connection = { redis: { pipeline }, answered: (answer: Promise<unknown>) => answer, translate };
  runner = createAcknowledgedRun(connection as unknown as Connection, 1);
});
afterEach(() => {
  vi.useRealTimers();
});

const run = (key: string, more: { readonly asking?: boolean } = {}) =>
  runner.run({ script: SCRIPT, keys: [key], args: [], ...more });
/** Returns the ends of calls so far; undefined for a call that has not ended. */
function watch(...calls: Promise<unknown>[]): () => readonly unknown[] {
  const ends: unknown[] = calls.map(() => undefined);
  for (const [place, call] of calls.entries())
    call.then(
      (reply) => (ends[place] = reply),
      (error: unknown) => (ends[place] = error),
    );
  return () => ends;
}
const unavailable = expect.any(StoreUnavailableError);
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

it('calls that arrive while a batch is in progress share one WAIT', async () => {
  const ends = watch(run('a'), run('b'), run('c'));
  await pass(0);
  sent[0]?.answer([[null, 'A']], 1);
  await pass(0);
  sent[1]?.answer(
    [
      [null, 'B'],
      [null, 'C'],
    ],
    2,
  );
  await pass(0);
  expect(sent.map(({ commands }) => commands)).toEqual([
    ['digest a', 'wait 1 100'],
    ['digest b', 'digest c', 'wait 1 100'],
  ]);
  expect(ends()).toEqual(['A', 'B', 'C']);
});

it('a batch that too few replicas have is unavailable, but for what Redis refused', async () => {
  const ends = watch(run('a'));
  await pass(0);
  const later = watch(run('b'), run('c'));
  sent[0]?.answer([[null, 'A']], 0);
  await pass(0);
  sent[1]?.answer([[null, 'B'], [new ReplyError('MOVED 1 b:1')]], 0);
  await pass(0);
  expect([...ends(), ...later()]).toEqual([unavailable, unavailable, expect.objectContaining({ code: 'MOVED' })]);
});

it('a long queue waits as long as it moves on', async () => {
  const first = watch(run('a'));
  await pass(0);
  const second = watch(run('b'));
  await pass(150);
  sent[0]?.answer([[null, 'A']], 1);
  await pass(150);
  expect([...first(), ...second()]).toEqual(['A', undefined]);
  sent[1]?.answer([[null, 'B']], 1);
  await pass(0);
  expect(second()).toEqual(['B']);
});

it('a call that was not sent when nothing was acknowledged for 200 ms is never sent', async () => {
  const ends = watch(run('a'), run('b'));
  await pass(199);
  expect(ends()).toEqual([undefined, undefined]);
  await pass(2);
  expect(ends()).toEqual([unavailable, unavailable]);
  sent[0]?.answer([[null, 'A']], 1);
  const later = watch(run('c'));
  await pass(0);
  sent[1]?.answer([[null, 'C']], 1);
  await pass(0);
  expect(sent.map(({ commands }) => commands)).toEqual([
    ['digest a', 'wait 1 100'],
    ['digest c', 'wait 1 100'],
  ]);
  expect(later()).toEqual(['C']);
});

it('a script that Redis does not know is sent again by its text, and one for a slot that moves at once, behind ASKING', async () => {
  const ends = watch(run('a'), run('b', { asking: true }));
  await pass(0);
  sent[0]?.answer([[new ReplyError('NOSCRIPT No matching script')]], 1);
  await pass(0);
  sent[1]?.answer([[null], [null, 'B'], [null, 'A']], 1);
  await pass(0);
  expect(sent[1]?.commands).toEqual(['asking', 'text b', 'text a', 'wait 1 100']);
  expect(ends()).toEqual(['A', 'B']);
});

it('a WAIT that Redis refuses acknowledges nothing', async () => {
  const ends = watch(run('a'));
  await pass(0);
  sent[0]?.reply([[null, 'A'], [new ReplyError('NOPERM this user has no permissions to run the wait command')]]);
  await pass(0);
  expect(ends()).toEqual([expect.any(Error)]);
});

it.each([[null], [[]]])('no answer at all (%j) acknowledges nothing', async (replies) => {
  const ends = watch(run('a'));
  await pass(0);
  sent[0]?.reply(replies);
  await pass(0);
  expect(ends()).toEqual([expect.any(Error)]);
});

it('a lost connection fails the calls that were sent on it at once, and later calls are sent', async () => {
  const ends = watch(run('a'), run('b'));
  await pass(0);
  sent[0]?.fail(new Error('Connection is closed.'));
  await pass(0);
  expect(ends()).toEqual([unavailable, undefined]);
  sent[1]?.answer([[null, 'B']], 1);
  await pass(0);
  expect(ends()).toEqual([unavailable, 'B']);
});

it('a queue that moves on without replicas is not waited for longer', async () => {
  const ends = watch(run('a'));
  await pass(0);
  const later = watch(run('b'));
  await pass(150);
  sent[0]?.answer([[null, 'A']], 0);
  await pass(49);
  expect([...ends(), ...later()]).toEqual([unavailable, undefined]);
  await pass(2);
  expect(later()).toEqual([unavailable]);
});

it('an answer that has arrived when the time is over counts: events are handled first', async () => {
  const ends = watch(run('a'));
  await pass(0);
  vi.advanceTimersToNextTimer();
  expect(performance.now()).toBeGreaterThanOrEqual(200);
  sent[0]?.answer([[null, 'A']], 1);
  // Lets the promises between the answer and the call resolve.
  for (let step = 0; step < 20; step += 1) await Promise.resolve();
  await pass(1);
  expect(ends()).toEqual(['A']);
});

it('at most 500 calls share one WAIT', async () => {
  void run('first').catch(() => undefined);
  await pass(0);
  for (let n = 0; n < 501; n += 1) void run(`${n}`).catch(() => undefined);
  sent[0]?.answer([[null, 'A']], 1);
  await pass(0);
  sent[1]?.answer(
    Array.from({ length: 500 }, () => [null, 'A']),
    1,
  );
  await pass(0);
  expect(sent.map(({ commands }) => commands.length)).toEqual([2, 501, 2]);
});

it('a batch sends its script by its text first, and returns each result separately', async () => {
  const call = (key: string) => ({ script: SCRIPT, keys: [key], args: [] });
  const ends = watch(runner.runAll(['a', 'b', 'c'].map(call)));
  await pass(0);
  sent[0]?.answer([[new ReplyError('MOVED 1 b:1')]], 1);
  await pass(0);
  sent[1]?.answer(
    [
      [null, 'B'],
      [null, 'C'],
    ],
    1,
  );
  await pass(0);
  expect(sent.map(({ commands }) => commands[0])).toEqual(['text a', 'digest b']);
  expect(ends()).toEqual([[expect.objectContaining({ code: 'MOVED' }), 'B', 'C']]);
});

it('nothing is sent, not even a WAIT, once all waiting calls have given up', async () => {
  watch(run('a'), run('b'));
  await pass(201);
  sent[0]?.answer([[null, 'A']], 1);
  await pass(1);
  expect(sent).toHaveLength(1);
});
