/** Look-ups of unknown keys: combined, bounded in total, and shared among networks. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { createKeyLookups, type KeyLookups } from '../../src/auth/key-lookups.ts';
import { type ApiKeyRecord, type KeyStore, StoreUnavailableError } from '../../src/ports/store.ts';
import { issue } from './fixtures.ts';

const { record } = issue();
const recordOf = (id: string): ApiKeyRecord => ({ ...record, id });

/** Makes a store that answers each query on request. An id that begins with a digit has no key. */
function heldStore() {
  const questions: {
    readonly ids: readonly string[];
    readonly answer: () => Promise<void>;
    readonly fail: () => Promise<void>;
  }[] = [];
  const findMany: KeyStore['findMany'] = (ids) =>
    new Promise((resolve, reject) => {
      questions.push({
        ids,
        answer() {
          resolve(ids.filter((id) => !/^\d/.test(id)).map(recordOf));
          return settled();
        },
        fail() {
          reject(new StoreUnavailableError(new Error('away')));
          return settled();
        },
      });
    });
  return { questions, findMany };
}

/** Waits until the answers are processed and the next query is sent. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
}

/** Asks for `count` ids. Their outcomes are in the order of their arrival. */
function flood(lookups: KeyLookups, network: string, count: number, outcomes: string[] = []): string[] {
  for (let place = 0; place < count; place += 1) {
    const id = `${network}/${place}`;
    lookups.find(id, network).then(
      (found) => outcomes.push(`${id} ${found === undefined ? 'unknown' : 'found'}`),
      (error: unknown) => outcomes.push(`${id} ${error instanceof StoreUnavailableError ? 'refused' : error}`),
    );
  }
  return outcomes;
}

describe('look-ups', () => {
  it('of one turn of the event loop are one question, and find what there is', async () => {
    const { questions, findMany } = heldStore();
    const lookups = createKeyLookups({ findMany });
    const [known, unknown] = [lookups.find('known', 'a'), lookups.find('0', 'b')];
    await settled();
    expect(questions.map(({ ids }) => ids)).toEqual([['known', '0']]);
    await questions[0]?.answer();
    expect([(await known)?.id, await unknown]).toEqual(['known', undefined]);
  });

  it('are asked four questions at a time, of 500 ids at most, the full ones at once', async () => {
    const { questions, findMany } = heldStore();
    const lookups = createKeyLookups({ findMany });
    flood(lookups, 'a', 1_700);
    expect(questions.map(({ ids }) => ids.length)).toEqual([500, 500, 500]);
    await settled();
    expect(questions.map(({ ids }) => ids.length)).toEqual([500, 500, 500, 200]);
    flood(lookups, 'a', 600);
    await settled();
    expect(questions).toHaveLength(4);
    await questions[2]?.answer();
    expect(questions.map(({ ids }) => ids.length)).toEqual([500, 500, 500, 200, 500]);
    await questions[0]?.answer();
    expect(questions.at(-1)?.ids).toHaveLength(100);
  });

  it('that the store cannot answer fail, and the next ones are asked', async () => {
    const { questions, findMany } = heldStore();
    const lookups = createKeyLookups({ findMany });
    const first = flood(lookups, 'a', 2);
    await settled();
    const second = flood(lookups, 'b', 1);
    await questions[0]?.fail();
    expect(first).toEqual(['a/0 refused', 'a/1 refused']);
    await questions[1]?.answer();
    expect(second).toEqual(['b/0 found']);
  });

  it('are 50,000 a second at most', async () => {
    let asked = 0;
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const lookups = createKeyLookups({
      async findMany(ids) {
        asked += ids.length;
        return [];
      },
    });
    for (; now < 1000; now += 1, vi.advanceTimersByTime(1)) {
      flood(lookups, 'a', 200);
      for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    }
    expect(asked).toBeGreaterThan(45_000);
    expect(asked).toBeLessThan(53_000);
    vi.useRealTimers();
    clock.mockRestore();
  });
});

/** Makes look-ups without an answer yet, so that further look-ups wait. */
async function busyLookups() {
  const { questions, findMany } = heldStore();
  const lookups = createKeyLookups({ findMany });
  for (let question = 0; question < 4; question += 1) {
    flood(lookups, 'busy', 1);
    await settled();
  }
  expect(questions).toHaveLength(4);
  return { questions, lookups };
}

describe('networks', () => {
  it('take turns: the single look-up of a network is in the next query, however many another has waiting', async () => {
    const { questions, lookups } = await busyLookups();
    flood(lookups, 'stranger', 1_000);
    const good = flood(lookups, 'good', 1);
    await questions[0]?.answer();
    expect(questions[4]?.ids).toContain('good/0');
    await questions[4]?.answer();
    expect(good).toEqual(['good/0 found']);
  });

  it('share a query evenly, and continue where the last one ended', async () => {
    const { questions, lookups } = await busyLookups();
    for (const network of ['a', 'b', 'c']) flood(lookups, network, 400);
    const count = (question: number, network: string) =>
      questions[question]?.ids.filter((id) => id.startsWith(`${network}/`)).length;
    await questions[0]?.answer();
    expect(['a', 'b', 'c'].map((network) => count(4, network))).toEqual([167, 167, 166]);
    await questions[1]?.answer();
    expect(['a', 'b', 'c'].map((network) => count(5, network))).toEqual([167, 166, 167]);
  });

  it('may each have their part of 2,048 waiting, and are refused more at once', async () => {
    const { lookups } = await busyLookups();
    const stranger = flood(lookups, 'stranger', 2_050);
    await settled();
    expect(stranger).toEqual(['stranger/2048 refused', 'stranger/2049 refused']);
    const good = flood(lookups, 'good', 1_100);
    await settled();
    expect(good).toHaveLength(1_100 - 1_024);
    // With a second network, the first has more than its share waiting.
    const more = flood(lookups, 'stranger', 1);
    const third = flood(lookups, 'third', 600);
    await settled();
    expect([more, third]).toEqual([['stranger/0 refused'], []]);
  });

  it('are bounded in number, and so is all that waits', async () => {
    const { questions, lookups } = await busyLookups();
    const outcomes: string[] = [];
    let asked = 0;
    for (let network = 1; network <= 2_200; network += 1) {
      const oneTooMany = Math.floor(2_048 / network) + 1;
      flood(lookups, `n${network}`, oneTooMany, outcomes);
      asked += oneTooMany;
    }
    await settled();
    expect(questions).toHaveLength(4);
    expect(outcomes).toHaveLength(2_200);
    expect(outcomes.every((outcome) => outcome.endsWith('refused'))).toBe(true);
    expect(asked - outcomes.length).toBeLessThan(17_000);
  });
});
