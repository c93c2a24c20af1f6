/** Turns: other events are handled between two steps of work, all work is done, and no work is done for a call that has ended. */
import { describe, expect, it } from 'vitest';
import { CallFailure } from '../../src/rpc/failure.ts';
import { createTurns, MAX_WAITING } from '../../src/rpc/work-queue.ts';

const HERE = { ended: false };

/** Work with `count` steps after the first, each of which records its name. */
function* work<T>(name: T, count: number, done: T[]): Generator<void, T> {
  for (let i = 0; i < count; i++) {
    yield;
    done.push(name);
  }
  return name;
}

function* failing(message: string, isLate: boolean): Generator<void, never> {
  if (isLate) yield;
  throw new Error(message);
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  it('return at once a result or an error that needs no further turn', () => {
    const turns = createTurns();
    expect(turns.run(work('a', 0, []), HERE)).toBe('a');
    expect(() => turns.run(failing('at once', false), HERE)).toThrow('at once');
  });

  it('take one step each, in order', async () => {
    const turns = createTurns();
    const done: string[] = [];
    const results = Promise.all(['a', 'b', 'c'].map((name) => turns.run(work(name, 3, done), HERE)));
    expect(done).toEqual([]);
    for (let count = 1; count <= 9; count++) {
      await nextTurn();
      expect(done).toHaveLength(count);
    }
    expect(done.join('')).toBe('aaabbbccc');
    expect(await results).toEqual(['a', 'b', 'c']);
  });

  it('continue after a step has failed', async () => {
    const turns = createTurns();
    const failed = turns.run(failing('late', true), HERE);
    const other = turns.run(work('b', 1, []), HERE);
    await expect(failed).rejects.toThrow('late');
    expect(await other).toBe('b');
  });

  it('are not spent on a call that has ended, before or while its work is done', async () => {
    const turns = createTurns();
    const done: string[] = [];
    const [before, meanwhile] = [{ ended: false }, { ended: false }];
    const dropped = Promise.allSettled([before, meanwhile].map((asker, i) => turns.run(work('ab'[i] ?? '', 3, done), asker)));
    const last = turns.run(work('c', 1, done), HERE);
    before.ended = true;
    await nextTurn();
    meanwhile.ended = true;
    await nextTurn();
    expect(done.join('')).toBe('bc');
    expect(await last).toBe('c');
    const reason = expect.any(CallFailure);
    expect(await dropped).toEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ]);
  });
});

describe('a crowd', () => {
  it('is refused beyond what can be done in time, but makes room where calls have ended', async () => {
    const turns = createTurns();
    const done: number[] = [];
    const left = { ended: false };
    const dropped = Promise.allSettled([turns.run(work(-1, 1, done), left)]);
    const waiting = Array.from({ length: MAX_WAITING - 1 }, (_, i) => turns.run(work(i, 1, done), HERE));
    await expect(turns.run(work(-2, 1, done), HERE)).rejects.toMatchObject({ reason: 'deadline_exceeded' });
    left.ended = true;
    const last = turns.run(work(-3, 1, done), HERE);
    expect(await Promise.all(waiting)).toHaveLength(MAX_WAITING - 1);
    expect(await last).toBe(-3);
    expect(done).toHaveLength(MAX_WAITING);
    expect((await dropped)[0]?.status).toBe('rejected');
  });

  it('that has ended to the last call leaves one step a turn to those behind it', async () => {
    const turns = createTurns();
    const done: string[] = [];
    const left = { ended: false };
    const dropped = Promise.allSettled(Array.from({ length: MAX_WAITING }, () => turns.run(work('x', 1, done), left)));
    left.ended = true;
    const results = ['a', 'b'].map((name) => turns.run(work(name, 2, done), HERE));
    for (let count = 1; count <= 4; count++) {
      await nextTurn();
      expect(done).toHaveLength(count);
    }
    expect(await Promise.all(results)).toEqual(['a', 'b']);
    expect((await dropped).every(({ status }) => status === 'rejected')).toBe(true);
  });
});
