/** Makes the mutants of a file, each of which is the file with a small mistake. */
import { parseAst } from 'vitest/node';

/** A mistake, which replaces the text from `start` to `end`. */
export interface Mutant {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The part of a syntax tree node that this module reads. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly operator?: string;
  readonly value?: unknown;
  readonly left?: Node;
  readonly right?: Node;
  readonly test?: Node | null;
  readonly argument?: Node;
  readonly name?: string;
  readonly property?: Node;
}

const OPERATORS: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '**': '*',
  '&&': '||',
  '||': '&&',
  '??': '&&',
  '&': '|',
  '>>': '<<',
  '+=': '-=',
  '-=': '+=',
};
const METHODS: Readonly<Record<string, string>> = {
  min: 'max',
  max: 'min',
  every: 'some',
  some: 'every',
  ceil: 'floor',
  floor: 'ceil',
};
const LUA: readonly (readonly [RegExp, string])[] = [
  [/<=/g, '<'],
  [/>=/g, '>'],
  [/(?<![<>=~-])<(?!=)/g, '<='],
  [/(?<![<>=~-])>(?!=)/g, '>='],
  [/==/g, '~='],
  [/~=/g, '=='],
  [/\band\b/g, 'or'],
  [/\bor\b/g, 'and'],
  [/\bnot /g, ''],
  [/ \+ /g, ' - '],
  [/ - /g, ' + '],
  [/math\.min/g, 'math.max'],
  [/math\.max/g, 'math.min'],
  [/\btrue\b/g, 'false'],
  [/\bfalse\b/g, 'true'],
  [/(?<![\w.])[0-9]+\b/g, '7'],
];

/** Returns all mutants of a TypeScript file in the order of its text: operators, constants, conditions and dropped statements, also in its Lua. */
export function mutantsOf(code: string): Mutant[] {
  const mutants: Mutant[] = [];
  const add = (start: number, end: number, text: string) => mutants.push({ start, end, text });
  function visit(node: Node): void {
    mutate(node, code, add);
    // Types are erased, so a mistake in a type changes nothing in the program.
    for (const child of Object.values(node).flat())
      if (isNode(child) && !/^TS(?!As|NonNull|Satisfies)/.test(child.type)) visit(child);
  }
  visit(parseAst(code, { lang: 'ts' }) as unknown as Node);
  return mutants.sort((one, other) => one.start - other.start);
}

function mutate(node: Node, code: string, add: (start: number, end: number, text: string) => void): void {
  const { type, start, end, operator = '', left, right, test, argument, value } = node;
  const replacement = OPERATORS[operator];
  if (left && right && replacement !== undefined && type !== 'UnaryExpression') {
    const at = code.indexOf(operator, left.end);
    add(at, at + operator.length, replacement);
  }
  if (type === 'UnaryExpression' && operator === '!' && argument) add(start, argument.start, '');
  if (test && type !== 'SwitchCase') add(test.start, test.end, `!(${code.slice(test.start, test.end)})`);
  if (type === 'Literal' && typeof value === 'number') add(start, end, String(value + 1));
  if (type === 'Literal' && typeof value === 'boolean') add(start, end, String(!value));
  if (type === 'ExpressionStatement' || type === 'ThrowStatement') add(start, end, ';');
  const method = type === 'MemberExpression' ? METHODS[node.property?.name ?? ''] : undefined;
  if (method !== undefined && node.property) add(node.property.start, node.property.end, method);
  if (type === 'TemplateElement' && code.slice(start, end).includes('local ')) {
    const lua = code.slice(start, end).replaceAll(/--.*|'[^'\n]*'/g, (quiet) => ' '.repeat(quiet.length));
    for (const [pattern, text] of LUA)
      for (const { index, 0: found } of lua.matchAll(pattern)) add(start + index, start + index + found.length, text);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}
