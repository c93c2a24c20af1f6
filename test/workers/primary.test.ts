/** The primary over workers that are told by the test when they end: whom it counts as ready, whom it starts again, and how it stops. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FromPrimary, FromWorker } from '../../src/cluster/messages.ts';
import { startWorkers, WorkerFailedError, type WorkersOptions } from '../../src/cluster/primary.ts';
import type { End, WorkerProcess } from '../../src/cluster/worker-process.ts';

interface FakeWorker {
  readonly say: (message: FromWorker) => void;
  readonly end: (end?: End) => void;
  readonly told: FromPrimary[];
  killed: number;
}
const { started } = vi.hoisted(() => ({ started: [] as FakeWorker[] }));

vi.mock('../../src/cluster/worker-process.ts', () => ({
  startWorker(onMessage: (message: FromWorker, worker: WorkerProcess) => void): WorkerProcess {
    const { promise: ended, resolve } = Promise.withResolvers<End>();
    const fake: FakeWorker = {
      say: (message) => onMessage(message, handle),
      end: (end = {}) => resolve(end),
      told: [],
      killed: 0,
    };
    const handle: WorkerProcess = {
      ...{ id: started.push(fake), ended },
      tell: (message) => void fake.told.push(message),
      kill: () => {
        fake.killed += 1;
      },
    };
    return handle;
  },
}));
/** A pause of any length ends only if it is broken off. */
vi.mock('node:timers/promises', () => ({
  setTimeout(ms: number, value: unknown, options?: { signal?: AbortSignal }) {
    if (ms === 0) return Promise.resolve(value);
    return new Promise((_, reject) => options?.signal?.addEventListener('abort', () => reject(new Error('aborted'))));
  },
}));

const ADDRESSES = { grpc: 'a' } as never;
let errors: unknown[];

function start(count: number) {
  const logger = {
    error: (fields: unknown, text: string) => void errors.push([text, fields]),
  } as unknown as WorkersOptions['logger'];
  const graceMs = 1000;
  return startWorkers({ count, graceMs, logger, clock: Date.now, limits: undefined as never });
}
const at = (place: number): FakeWorker => started[place] ?? expect.fail(`no worker ${place}`);
/** Lets everything happen that waits for nothing else. */
const settle = () => new Promise(setImmediate);

beforeEach(() => {
  started.length = 0;
  errors = [];
});
afterEach(() => vi.useRealTimers());

test('all are ready once each is, and no more once any stops to be or ends', async () => {
  const workers = start(2);
  for (const worker of started) worker.say(['listening', ADDRESSES]);
  expect(await workers.listening).toBe(ADDRESSES);
  at(0).say(['ready', true]);
  expect(workers.areReady()).toBe(false);
  at(1).say(['ready', true]);
  expect(workers.areReady()).toBe(true);
  at(0).say(['ready', false]);
  expect(workers.areReady()).toBe(false);
  at(0).say(['ready', true]);
  at(1).end();
  await settle();
  expect(workers.areReady()).toBe(false);
  at(2).say(['ready', true]);
  expect(workers.areReady()).toBe(true);
});

test('a worker that ends before it ever listened is not replaced', async () => {
  const workers = start(1);
  at(0).say(['failed', 'taken']);
  at(0).end({ code: 2 });
  const error = await workers.listening.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(WorkerFailedError);
  expect(error).toMatchObject({ failure: 'taken' });
  await settle();
  expect(started).toHaveLength(1);
});

test('a worker that ends again and again is replaced later, and a stop does not wait for that', async () => {
  const workers = start(1);
  at(0).say(['listening', ADDRESSES]);
  at(0).end({ code: 1 });
  await settle();
  at(1).end({ code: 1 });
  await settle();
  expect(started).toHaveLength(2);
  expect(errors).toMatchObject([
    ['a worker has ended: another takes its place', { worker: 1, code: 1, pauseMs: 0 }],
    ['a worker has ended: another takes its place', { worker: 2, code: 1, pauseMs: 200 }],
  ]);
  await workers.stop();
  expect(started).toHaveLength(2);
});

test('a stop reaches each worker, kills the workers that do not end in time, and replaces no worker', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const workers = start(2);
  for (const worker of started) worker.say(['listening', ADDRESSES]);
  const stopping = workers.stop();
  expect(started.map(({ told }) => told)).toEqual([[['stop']], [['stop']]]);
  at(0).end({ code: 0 });
  await settle();
  vi.advanceTimersByTime(5999);
  expect(started.map(({ killed }) => killed)).toEqual([0, 0]);
  vi.advanceTimersByTime(1);
  expect(started.map(({ killed }) => killed)).toEqual([0, 1]);
  at(1).end({ signal: 'SIGKILL' });
  await stopping;
  expect(started).toHaveLength(2);
  expect(errors).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
