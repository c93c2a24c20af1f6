/** The last uses that are not stored yet: their order, and that none is lost. */
import { describe, expect, it } from 'vitest';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import { createKeyUses } from '../../src/auth/last-used.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { clockAt, issue, START } from './fixtures.ts';

const idOf = (place: number): string => String(place).padStart(12, '0');

function usesOf(keys: number): ReturnType<typeof createKeyUses> {
  const uses = createKeyUses();
  for (let place = 0; place < keys; place += 1) uses.note(idOf(place), START + place);
  return uses;
}

describe('the keys whose use is to be written', () => {
  it('have their turn in the order of their first use, with the time of their last', () => {
    const uses = usesOf(4_500);
    uses.note(idOf(1), START + 9_000);
    const turn = [...uses.take()];
    expect(turn).toHaveLength(2_000);
    expect(turn.slice(0, 3)).toEqual([
      [idOf(0), START],
      [idOf(1), START + 9_000],
      [idOf(2), START + 2],
    ]);
    uses.note(idOf(0), START + 9_001);
    expect([...uses.take()][0]).toEqual([idOf(2_000), START + 2_000]);
    expect([...uses.takeAll()].at(-1)).toEqual([idOf(0), START + 9_001]);
    expect(uses.take().size).toBe(0);
  });

  it('are put back if they could not be written, except for keys that were used since', () => {
    const uses = usesOf(2);
    const taken = uses.take();
    uses.note(idOf(1), START + 9);
    uses.putBack(taken);
    expect(uses.takeAll()).toEqual(
      new Map([
        [idOf(1), START + 9],
        [idOf(0), START],
      ]),
    );
  });

  it('are bounded: beyond 100,000 the longest wait is forgotten', () => {
    const uses = usesOf(100_001);
    const all = uses.takeAll();
    expect([all.size, all.has(idOf(0)), all.has(idOf(1))]).toEqual([100_000, false, true]);
  });
});

it('an authenticator has 2,000 written at a time, and the rest as it closes', async () => {
  const store = createMemoryStore();
  const touched: number[] = [];
  const touch = async (uses: ReadonlyMap<string, number>) => void touched.push(uses.size);
  const authenticator = createAuthenticator({ keys: { ...store.keys, touch }, clock: clockAt(START) });
  for (let key = 0; key < 2_500; key += 1) {
    const { record, apiKey } = issue();
    await store.keys.insert(record);
    await authenticator.authenticate(apiKey, '192.0.2.1:5000');
  }
  await authenticator.flush();
  await authenticator.close();
  await authenticator.flush();
  expect(touched).toEqual([2_000, 500]);
});
