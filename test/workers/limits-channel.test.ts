/** The counts that workers share, without processes: batches, their answers, and a primary that does not answer. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LimitAnswers, LimitBatch } from '../../src/cluster/messages.ts';
import { createRestarts } from '../../src/cluster/primary.ts';
import { createCounting, createSharedLimits, type SharedLimits } from '../../src/cluster/shared-limits.ts';
import { createLocalLimits } from '../../src/limits/local-counter.ts';
import type { ChargeResult, LimitStore, LimitWindow } from '../../src/ports/store.ts';

const START = 1_800_000_000_000;
const HOUR: LimitWindow = { name: 'hour', periodMs: 3_600_000, limit: 3, refundable: true };
const MINUTE: LimitWindow = { name: 'minute', periodMs: 60_000, limit: 2, refundable: false };
const BOTH = [MINUTE, HOUR];

let now: number;
let sent: LimitBatch[];
let silent: number;
let isAnswering: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  now = START;
  sent = [];
  silent = 0;
  isAnswering = true;
});
afterEach(() => vi.useRealTimers());

/** Makes the workers of a primary. */
function workers(count: number): SharedLimits[] {
  const primary = createLocalLimits();
  return Array.from({ length: count }, () => {
    const counting = createCounting(primary, () => now, fail);
    const shared: SharedLimits = createSharedLimits(
      (batch) => {
        // A copy, as the channel makes it.
        const copy = JSON.parse(JSON.stringify(batch)) as LimitBatch;
        sent.push(copy);
        if (isAnswering) counting(copy, shared.counted);
      },
      () => {
        silent += 1;
      },
    );
    return shared;
  });
}

function fail(error: unknown): never {
  throw error;
}

function silence(): never {
  throw new Error('the primary counts as silent');
}

test('the counts of one worker hold for the others, whatever their clocks say', async () => {
  const [one, other] = workers(2);
  const charges = [one, other, one].map((worker, place) => worker?.limits.charge('key', BOTH, 1, START - place * 100_000));
  await vi.advanceTimersByTimeAsync(1);
  const [first, second, third] = await Promise.all(charges);
  // The two charges of one turn of the first worker were sent together.
  expect([first, third, second].map((result) => result?.allowed)).toEqual([true, true, false]);
  expect([first, third, second].map((result) => result?.chargedAt)).toEqual([START, START, START]);
  expect(second).toMatchObject({ retryAfterMs: 60_000 });
  expect(third?.states).toEqual([
    { window: MINUTE, remaining: 0, resetMs: 60_000 },
    { window: HOUR, remaining: 1, resetMs: 3_600_000 },
  ]);
});

test('calls of one turn go in one batch, with each plan in it once', async () => {
  const [one] = workers(1);
  const charges = ['a', 'b', 'a'].map((subject, place) => one?.limits.charge(subject, BOTH, 1 + place, START));
  charges.push(one?.limits.charge('c', [HOUR], 1, START));
  await vi.advanceTimersByTimeAsync(1);
  await Promise.all(charges);
  expect(sent).toHaveLength(1);
  expect(sent[0]?.[0]).toEqual([BOTH, [HOUR]]);
  expect(sent[0]?.[1]).toEqual([
    ['a', 0, 1],
    ['b', 0, 2],
    ['a', 0, 3],
    ['c', 1, 1],
  ]);
});

test('a batch has the messages since the previous one, and nothing twice: a repeated refund would refund a call again', async () => {
  const shared = createSharedLimits((batch) => void sent.push(batch), silence);
  for (const subject of ['a', 'b']) {
    const plan = [HOUR];
    void shared.limits.charge(subject, plan, 1, START);
    void shared.limits.refund(subject, plan, START, 1, { rejected: false });
    void shared.limits.usage(subject, plan, START);
    await vi.advanceTimersByTimeAsync(1);
  }
  expect(sent).toHaveLength(2);
  for (const [place, subject] of ['a', 'b'].entries())
    expect(sent[place]).toEqual([[[HOUR]], [[subject, 0, 1]], [[subject, 0, START, 1, false]], [[subject, 0]]]);
});

test('a primary that answers is not silent, although at every look something new is on its way', async () => {
  const shared = createSharedLimits((batch) => void sent.push(batch), silence);
  const charge = () => void shared.limits.charge('a', [HOUR], 1, START);
  charge();
  for (let look = 0; look < 20; look += 1) {
    await vi.advanceTimersByTimeAsync(900);
    charge();
    await vi.advanceTimersByTimeAsync(1);
    shared.counted([[[START, 0, 0, 2, 10]], []]);
    await vi.advanceTimersByTimeAsync(99);
  }
  expect(sent).toHaveLength(21);
});

test('answers are taken in the order of what was asked', async () => {
  const shared = createSharedLimits(
    (batch) => void sent.push(batch),
    () => undefined,
  );
  const first = shared.limits.charge('a', [HOUR], 1, START);
  await vi.advanceTimersByTimeAsync(1);
  const second = shared.limits.charge('b', [HOUR], 1, START);
  await vi.advanceTimersByTimeAsync(1);
  expect(sent).toHaveLength(2);
  shared.counted([[[START + 1, 0, 0, 2, 10]], []]);
  shared.counted([[[START + 2, 20, 1, 0, 20]], []]);
  expect(await first).toMatchObject({ allowed: true, chargedAt: START + 1, states: [{ remaining: 2, resetMs: 10 }] });
  expect(await second).toMatchObject({ allowed: false, chargedAt: START + 2, retryAfterMs: 20, refusing: HOUR });
});

describe('the primary answers a worker', () => {
  const CHARGE: LimitBatch = [[[HOUR]], [['key', 0, 1]], [], []];
  const REFUND: LimitBatch = [[[HOUR]], [], [['key', 0, START, 1, false]], []];
  const ALLOWED: ChargeResult = { allowed: true, chargedAt: START, states: [], retryAfterMs: 0, refusing: undefined };

  test('in the order of its batches, however long a charge takes', async () => {
    const held = Promise.withResolvers<ChargeResult>();
    const slow: LimitStore = { charge: () => held.promise, refund: async () => undefined, usage: () => [] };
    const told: LimitAnswers[] = [];
    const counting = createCounting(slow, () => now, fail);
    for (const batch of [CHARGE, REFUND, CHARGE, REFUND]) counting(batch, (answers) => void told.push(answers));
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual([]);
    held.resolve(ALLOWED);
    await vi.advanceTimersByTimeAsync(1);
    expect(told.map(([outcomes]) => outcomes.length)).toEqual([1, 0, 1, 0]);
  });

  test('so that a charge does not wait for a refund in its batch', async () => {
    const shared = createSharedLimits((batch) => void sent.push(batch), silence);
    const charged = vi.fn();
    void (shared.limits.charge('key', [HOUR], 1, START) as Promise<ChargeResult>).then(charged);
    await vi.advanceTimersByTimeAsync(1);
    void shared.limits.refund('key', [HOUR], START, 1, { rejected: false });
    await vi.advanceTimersByTimeAsync(1);
    // Both at once, as from a channel that was not read for a moment.
    const counting = createCounting(createLocalLimits(), () => now, fail);
    for (const batch of sent) counting(batch, shared.counted);
    await vi.advanceTimersByTimeAsync(1);
    expect(charged).toHaveBeenCalledWith(expect.objectContaining({ allowed: true, chargedAt: START }));
  });

  test('even if a batch cannot be counted: its charges fail, and the next has its own answer', async () => {
    const failures: unknown[] = [];
    const charge = vi.fn<LimitStore['charge']>().mockRejectedValueOnce(new Error('broken')).mockReturnValue(ALLOWED);
    const broken: LimitStore = { charge, refund: async () => undefined, usage: () => [] };
    const counting = createCounting(
      broken,
      () => now,
      (error) => void failures.push(error),
    );
    const shared: SharedLimits = createSharedLimits((batch) => counting(batch, shared.counted), silence);
    const charges: Promise<PromiseSettledResult<ChargeResult>[]>[] = [];
    for (const subject of ['one', 'other']) {
      charges.push(Promise.allSettled([shared.limits.charge(subject, [HOUR], 1, START)]));
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(await charges[0]).toMatchObject([{ status: 'rejected', reason: { name: 'StoreUnavailableError' } }]);
    expect(await charges[1]).toMatchObject([{ status: 'fulfilled', value: { allowed: true } }]);
    expect(failures).toEqual([new Error('broken')]);
  });
});

test('a call is refunded to the refundable windows, in whichever worker it failed', async () => {
  const [one, other] = workers(2);
  const charge = async (worker?: SharedLimits) => {
    const charging = worker?.limits.charge('key', [HOUR], 1, START);
    await vi.advanceTimersByTimeAsync(1);
    return charging;
  };
  for (let call = 0; call < 3; call += 1) expect((await charge(one))?.allowed).toBe(true);
  expect((await charge(other))?.allowed).toBe(false);
  void other?.limits.refund('key', [HOUR], START, 1, { rejected: false });
  expect((await charge(other))?.allowed).toBe(true);
  expect((await charge(one))?.allowed).toBe(false);
});

test('costs, and their refunded parts, are the same in all workers', async () => {
  const [one, other] = workers(2);
  const left = async (worker: SharedLimits | undefined, cost: number) => {
    const charging = worker?.limits.charge('key', BOTH, cost, START);
    await vi.advanceTimersByTimeAsync(1);
    const result = await charging;
    return [result?.retryAfterMs, result?.refusing?.name, ...(result?.states ?? []).map(({ remaining }) => remaining)];
  };
  expect(await left(one, 2)).toEqual([0, undefined, 0, 1]);
  expect(await left(other, 2)).toEqual([3_600_000, 'hour', 0, 1]);
  // The JSON of the channel has no infinity.
  expect(await left(other, 3)).toEqual([Infinity, 'minute', 0, 1]);
  void other?.limits.refund('key', BOTH, START, 2, { rejected: false });
  expect(await left(one, 3)).toEqual([Infinity, 'minute', 0, 3]);
  expect(await left(other, 2)).toEqual([60_000, 'minute', 0, 3]);
  void one?.limits.refund('key', BOTH, START, 1, { rejected: true });
  expect(await left(other, 1)).toEqual([0, undefined, 0, 2]);
});

test('the usage, and a due warning, pass through the channel', async () => {
  const [one, other] = workers(2);
  const month: LimitWindow = { name: 'month', periodMs: 31 * 24 * 3_600_000, limit: 10, refundable: true };
  const windows = [HOUR, month];
  const charging = one?.limits.charge('key', [month], 8, START);
  await vi.advanceTimersByTimeAsync(1);
  expect((await charging)?.warnings).toEqual([80]);
  void one?.limits.charge('key', windows, 1, START);
  const asked = [one?.limits.usage('key', windows, START), other?.limits.usage('nobody', windows, START)];
  await vi.advanceTimersByTimeAsync(1);
  expect(await asked[0]).toEqual([
    { window: HOUR, used: 1, resetTime: START + 3_600_000 },
    { window: month, used: 9, resetTime: Date.UTC(2027, 1) },
  ]);
  expect(await asked[1]).toEqual(windows.map((window) => ({ window, used: 0, resetTime: undefined })));
});

test('a primary that does not answer is given up after seconds, one without questions is not', async () => {
  const [one] = workers(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(silent).toBe(0);
  const answered = one?.limits.charge('key', BOTH, 1, START);
  await vi.advanceTimersByTimeAsync(60_000);
  await answered;
  expect(silent).toBe(0);
  isAnswering = false;
  void one?.limits.charge('key', BOTH, 1, START);
  await vi.advanceTimersByTimeAsync(3900);
  expect(silent).toBe(0);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(silent).toBe(1);
});

test('a process is started again at once, then later each time, and at once after a long life', () => {
  const pauseAfter = createRestarts();
  expect([0, 0, 0, 0, 0, 0, 0, 0, 0].map((lived) => pauseAfter(lived))).toEqual([
    0, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000,
  ]);
  expect([10_000, 0, 9999].map((lived) => pauseAfter(lived))).toEqual([0, 200, 400]);
});
