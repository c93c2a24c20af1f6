/** The table of ids against a `Map`, with so few places that ids push each other aside. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIdTable } from '../../src/util/id-table.ts';
import { NONE } from '../../src/util/lru-slots.ts';

const CAPACITY = 12;
/** Ids of keys, and other texts: too short, too long, beyond Latin-1. */
const ids = fc.constantFrom(
  ...Array.from({ length: 18 }, (_, place) => `Aa0Zz9-key${String(place).padStart(2, '0')}`),
  ...['', 'a', 'aa', 'abcdefghijkl€', 'abcdefghijk€', 'abcdefghijk\u00ac', 'x'.repeat(100)],
);
const steps = fc.array(fc.tuple(fc.constantFrom('add', 'add', 'remove', 'renew'), ids), { maxLength: 200 });

describe('a table of ids', () => {
  it('finds what a Map would, in its order, and gives no row to two', () => {
    fc.assert(
      fc.property(steps, (moves) => {
        const table = createIdTable(CAPACITY);
        const model = new Map<string, number>();
        for (const [move, id] of moves) {
          const row = model.get(id);
          if (row === undefined && move === 'add' && model.size < CAPACITY) model.set(id, table.add(id));
          if (row === undefined || move === 'add') continue;
          model.delete(id);
          if (move === 'remove') table.remove(row);
          else table.rows.renew(row);
          if (move === 'renew') model.set(id, row);
          expect(table.rows.oldest).toBe([...model.values()][0] ?? NONE);
        }
        expect(new Set(model.values()).size).toBe(table.rows.size);
        const known = fc.sample(ids, 50);
        expect(known.map(table.find)).toEqual(known.map((id) => model.get(id) ?? NONE));
      }),
      { numRuns: 500 },
    );
  });

  it('gives back the id of a key', () => {
    const table = createIdTable(CAPACITY);
    const rows = ['0123456789Az', 'zA9876543210', 'ÿ\u0000ÿ\u0000ÿ\u0000ÿ\u0000ÿ\u0000ÿ\u0000'].map(
      (id) => [id, table.add(id)] as const,
    );
    for (const [id, row] of rows) expect(table.idOf(row)).toBe(id);
  });

  it('takes no more than it has room for, and the oldest leaves first', () => {
    const table = createIdTable(2);
    const [one, two] = [table.add('one'), table.add('two')];
    expect(() => table.add('three')).toThrow(RangeError);
    table.rows.renew(one);
    expect(table.rows.oldest).toBe(two);
    table.remove(two);
    expect([table.add('three'), table.rows.given]).toEqual([two, 2]);
  });
});
