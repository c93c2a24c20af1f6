/** The metrics that the primary gathers, without processes: which workers it asks, and workers that start, end, or do not answer. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createGathering, type Gathering } from '../../src/cluster/gathering.ts';
import type { FromPrimary } from '../../src/cluster/messages.ts';
import type { WorkerProcess } from '../../src/cluster/worker-process.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { MetricValues } from '../../src/observability/metrics-page.ts';

interface TestWorker extends WorkerProcess {
  readonly asked: FromPrimary[];
}

let gathering: Gathering;
let silent: number[];

beforeEach(() => {
  vi.useFakeTimers();
  silent = [];
  gathering = createGathering(({ id }) => void silent.push(id));
});
afterEach(() => vi.useRealTimers());

function startWorker(id: number): TestWorker {
  const asked: FromPrimary[] = [];
  const worker = {
    id,
    asked,
    tell: (message: FromPrimary) => void asked.push(message),
    kill: () => undefined,
    ended: new Promise<never>(() => undefined),
  };
  gathering.started(worker);
  return worker;
}

const values: readonly MetricValues[] = await Promise.all(
  ['a', 'b'].map((version) => {
    const metrics = createMetrics('sqlite', version);
    metrics.close();
    return metrics.values();
  }),
);
const [A, B] = values as [MetricValues, MetricValues];

test('all that serve calls are asked, once however many scrape at a time', async () => {
  const [one, other] = [startWorker(1), startWorker(2)];
  const scrapes = [gathering.gather(), gathering.gather()];
  gathering.told(other, B);
  const late = startWorker(3);
  gathering.told(one, A);
  expect(await Promise.all(scrapes)).toEqual([
    [A, B],
    [A, B],
  ]);
  expect([one, other, late].map(({ asked }) => asked)).toEqual([[['metrics']], [['metrics']], []]);
  const next = gathering.gather();
  for (const worker of [one, other, late]) gathering.told(worker, B);
  expect(await next).toEqual([B, B, B]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a worker that ends while it is asked is left out, and is asked no more', async () => {
  const [one, other] = [startWorker(1), startWorker(2)];
  const scrape = gathering.gather();
  gathering.told(one, A);
  gathering.ended(other);
  expect((await scrape).flat()).toEqual(A);
  const next = gathering.gather();
  gathering.told(one, B);
  expect(await next).toEqual([B]);
  expect(other.asked).toHaveLength(1);
  expect(silent).toEqual([]);
});

test('while a worker is silent there are no sums, and its late answer goes to the next question', async () => {
  const [one, other] = [startWorker(1), startWorker(2)];
  const scrape = gathering.gather();
  const failing = expect(scrape).rejects.toThrow('a worker does not tell its metrics');
  gathering.told(one, A);
  await vi.advanceTimersByTimeAsync(4999);
  expect(silent).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  await failing;
  expect(silent).toEqual([2]);
  // Its question is open, so its channel gets no second question.
  const next = gathering.gather();
  gathering.told(one, A);
  gathering.told(other, B);
  expect(await next).toEqual([A, B]);
  expect(other.asked).toHaveLength(1);
  const last = gathering.gather();
  expect(other.asked).toHaveLength(2);
  for (const worker of [one, other]) gathering.told(worker, A);
  expect(await last).toEqual([A, A]);
});

test('there are no sums where a worker cannot read its metrics, or none serves calls', async () => {
  await expect(gathering.gather()).rejects.toThrow('no worker serves calls');
  const worker = startWorker(1);
  const scrape = gathering.gather();
  const failing = expect(scrape).rejects.toThrow('a worker cannot read its metrics');
  gathering.told(worker, null);
  await failing;
  const next = gathering.gather();
  gathering.told(worker, A);
  expect(await next).toEqual([A]);
});
