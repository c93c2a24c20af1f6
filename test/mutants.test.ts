/** The mistakes of `npm run test:mutation`: their kinds and their places. */
import { describe, expect, it } from 'vitest';
import { mutantsOf } from '../scripts/mutation/mutants.ts';

/** Returns the code with each mistake in turn. */
function mutated(code: string): string[] {
  return mutantsOf(code).map(({ start, end, text }) => code.slice(0, start) + text + code.slice(end));
}

describe('the mutants', () => {
  it.each([
    ['a < b;', ['a <= b;', ';']],
    ['const c = a === 1;', ['const c = a !== 1;', 'const c = a === 2;']],
    ['const c = a ?? b;', ['const c = a && b;']],
    ['const c = !a && true;', ['const c = a && true;', 'const c = !a || true;', 'const c = !a && false;']],
    ['const c = a ? b : d;', ['const c = !(a) ? b : d;']],
    ['if (a) throw b;', ['if (!(a)) throw b;', 'if (a) ;']],
    ['const c = Math.min(a, b);', ['const c = Math.max(a, b);']],
    ['a += b;', ['a -= b;', ';']],
  ])('of %s', (code, mistakes) => {
    expect(mutated(code).sort()).toEqual([...mistakes].sort());
  });

  it('are none in types, comments and texts', () => {
    expect(mutated("// a < b\ntype A = 1 | true;\nexport const a: 1 = 'x + 1' as never;")).toEqual([]);
  });

  it('are in the Lua of a template, not in its comments and texts', () => {
    const code = "const script = `\nlocal a = b and c\n-- a and b\nlocal d = '- 1 and 2'\nif a <= 1 then return end`;";
    expect(mutated(code)).toEqual([code.replace('b and c', 'b or c'), code.replace('<=', '<'), code.replace('<= 1', '<= 7')]);
  });
});
