/** The queue to the writer, with fake writers: batches, patience and crashes. */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { judgeOrder } from '../../src/store/sqlite/orders.ts';
import { createQueue, type Queue } from '../../src/store/sqlite/queue.ts';
import { runningMs } from '../support/running-time.ts';
import { attempt, named } from './codes-fixtures.ts';

/** Answers each order with the size of its batch and the number of orders so far. Certain fingerprints make it misbehave. */
const WRITER = `
  const { parentPort } = require('node:worker_threads');
  let came = 0;
  parentPort.on('message', (batch) => {
    if (batch === 'close') return parentPort.close();
    came += batch.length;
    const [word] = batch.map(([order]) => order[1].fingerprint ?? 'key').filter((name) => name !== 'key');
    const results = batch.map(([order]) => (order[1].fingerprint === 'bug' ? new TypeError('a bug') : { failures: batch.length, expiresAt: came }));
    if (word === 'crash') throw new Error('crashed');
    if (word === 'exit') process.exit(1);
    if (word === 'outage') return setTimeout(() => parentPort.postMessage({ outage: new Error('disk I/O error') }), 300);
    if (word === 'late') return setTimeout(() => parentPort.postMessage({ results: ['late'] }), 300);
    if (word !== 'hang') setTimeout(() => parentPort.postMessage({ results }), word === 'slow' ? 1000 : 0);
  });`;

let queue: Queue;
let started: number;
let outages: number;

beforeEach(() => {
  started = 0;
  outages = 0;
  queue = createQueue(
    () => {
      started += 1;
      return new Worker(WRITER, { eval: true });
    },
    () => {
      outages += 1;
    },
  );
});
afterEach(() => queue.close());

const send = (word = 'key', patienceMs = 5000) => queue.send(['inspect', named(word), 0], patienceMs);
const batchesOf = async (count: number) =>
  (await Promise.all(Array.from({ length: count }, () => send()))).map((result) => result.failures);

describe('orders', () => {
  it('of one turn share a batch, and attempts that arrive during it form the next', async () => {
    const first = batchesOf(3);
    await setTimeout(1);
    expect([await batchesOf(5), await first]).toEqual([Array(5).fill(5), Array(3).fill(3)]);
    expect(started).toBe(1);
  });

  it('go by 256 at most', async () => {
    expect(new Set(await batchesOf(600))).toEqual(new Set([256, 88]));
  });

  it('of many attempts count as many, and are not divided', async () => {
    const orderOf = (size: number) => queue.send(['judge_all', 0, Array(size).fill(judgeOrder(attempt(), 0))], 5000);
    const sizes = await Promise.all([100, 100, 57, 199, 300, 1].map(orderOf));
    // The writer answers with the number of orders in its batch.
    expect(sizes.map((result) => (result as object as { failures: number }).failures)).toEqual([2, 2, 2, 2, 1, 1]);
  });

  it('are refused at once when ten thousand attempts wait in few of them', async () => {
    await send();
    const slow = send('slow');
    await setTimeout(20);
    const crowd = Promise.all(
      Array.from({ length: 100 }, () => queue.send(['judge_all', 0, Array(100).fill(judgeOrder(attempt(), 0))], 5000)),
    );
    await expect(send()).rejects.toThrow(StoreUnavailableError);
    await slow;
    await crowd;
    await expect(send()).resolves.toBeDefined();
  });

  it('are refused at once when ten thousand wait, and that is no outage', async () => {
    await send();
    const slow = send('slow');
    await setTimeout(20);
    const crowd = Promise.all(Array.from({ length: 10_000 }, () => send()));
    await expect(send()).rejects.toThrow(StoreUnavailableError);
    expect(outages).toBe(0);
    await slow;
    expect(await crowd).toHaveLength(10_000);
  });

  it('that have failed do not count as waiting', async () => {
    const hanging = send('hang', 50);
    await setTimeout(20);
    const crowd = Promise.allSettled(Array.from({ length: 10_000 }, () => send('key', 50)));
    await expect(hanging).rejects.toThrow(StoreUnavailableError);
    expect(new Set((await crowd).map(({ status }) => status))).toEqual(new Set(['rejected']));
    const next = send('key', 50);
    await expect(next).rejects.toMatchObject({ cause: new Error('the writer has not answered in time') });
  });

  it('that meet a bug get its error, alone', async () => {
    const [bug, other] = await Promise.allSettled([send('bug'), send()]);
    expect(bug).toEqual({ status: 'rejected', reason: new TypeError('a bug') });
    expect(other.status).toBe('fulfilled');
    expect(outages).toBe(0);
  });
});

describe('patience', () => {
  it('ends for an order that waits, which is then never carried out', async () => {
    await send();
    const slow = send('slow');
    await setTimeout(20);
    await expect(send('key', 50)).rejects.toThrow(StoreUnavailableError);
    expect(outages).toBe(1);
    expect((await slow).expiresAt).toBe(2);
    expect((await send()).expiresAt).toBe(3);
  });

  it('ends for an order that the writer does not answer', async () => {
    const begun = performance.now();
    await expect(send('hang', 100)).rejects.toMatchObject({ cause: new Error('the writer has not answered in time') });
    expect(performance.now() - begun).toBeGreaterThan(90);
    expect(outages).toBe(1);
  });

  it('is for the writer: none is used up while this thread sends it nothing', async () => {
    await send();
    const crowd = Array.from({ length: 1000 }, () => send('key', 200));
    const [first] = crowd;
    // The writer has finished the first batch, and waits for the next.
    first?.then(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400));
    expect(await Promise.all(crowd)).toHaveLength(1000);
    expect(outages).toBe(0);
  });

  it.each(['outage', 'late'])('does not begin again after a batch that was not carried out (%s)', async (word) => {
    await send();
    const failing = send(word);
    await setTimeout(20);
    const begun = runningMs();
    const [hanging] = await Promise.allSettled([send('hang', 400), failing]);
    expect(hanging.status).toBe('rejected');
    // 280 ms for the earlier batch, and the 120 ms that remain.
    expect(runningMs() - begun).toBeLessThan(600);
  });
});

describe('a writer', () => {
  it.each(['crash', 'exit'])('that ends (%s) fails all that waits for it, and is started again after a pause', async (word) => {
    await send();
    const clock = vi.spyOn(process, 'hrtime');
    const [seconds, nanoseconds] = process.hrtime();
    const setClock = (ms: number) => clock.mockReturnValue([seconds, nanoseconds + ms * 1e6]);
    setClock(0);
    const given = Promise.allSettled([send(word), send()]);
    await setImmediate();
    for (const result of [...(await Promise.allSettled([send()])), ...(await given)]) {
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailableError) });
    }
    setClock(199);
    await expect(send()).rejects.toThrow(StoreUnavailableError);
    expect(started).toBe(1);
    setClock(201);
    expect((await send()).expiresAt).toBe(1);
    expect(started).toBe(2);
    expect(outages).toBeGreaterThan(0);
    clock.mockRestore();
  });

  it('that cannot be started fails what waits for it', async () => {
    const broken = createQueue(
      () => new Worker(new URL('./no-such-writer.ts', import.meta.url)),
      () => undefined,
    );
    await expect(broken.send(['inspect', named('key'), 0], 5000)).rejects.toThrow(StoreUnavailableError);
    await broken.close();
  });

  it('that meets an outage fails its batch, and continues', async () => {
    const results = await Promise.allSettled([send('outage'), send()]);
    for (const result of results) expect(result).toMatchObject({ reason: { cause: new Error('disk I/O error') } });
    expect(outages).toBe(1);
    expect((await send()).expiresAt).toBe(3);
  });
});

describe('closing', () => {
  it('waits for earlier orders, and refuses later ones', async () => {
    const before = send();
    const closing = queue.close();
    await expect(send()).rejects.toThrow(StoreUnavailableError);
    await closing;
    expect((await before).failures).toBe(1);
    await queue.close();
  });

  it('waits a second, and not for ever, for a writer that hangs', async () => {
    const hanging = send('hang', 50);
    await setTimeout(10);
    await queue.close();
    await expect(hanging).rejects.toThrow(StoreUnavailableError);
  });
});
