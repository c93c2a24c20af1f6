/** Imports go only downward (docs/architecture.md), and never in a circle. */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { circles, layeringViolations } from './support/layers.ts';

const sources = new Map(
  globSync(['src/**/*.ts', 'clients/typescript/src/**/*.ts']).map((path) => [
    path.replaceAll('\\', '/'),
    readFileSync(path, 'utf8'),
  ]),
);

test('the sources keep their layers', () => {
  expect(sources.size).toBeGreaterThan(50);
  expect(layeringViolations(sources)).toEqual([]);
});

test('the bench, the scripts, the page and the tests import in no circle', () => {
  const others = globSync(['{bench,scripts,test}/**/*.ts', 'web/src/**/*.{ts,tsx}']);
  expect(others.length).toBeGreaterThan(300);
  expect(circles(new Map(others.map((path) => [path, readFileSync(path, 'utf8')])))).toEqual([]);
});

test.each([
  [
    'an upward import',
    'src/otp/x.ts',
    "import { a } from '../limits/plans.ts';",
    'src/otp/x.ts may not import src/limits/plans.ts',
  ],
  ['an upward import of a type', 'src/store/x.ts', "import type { A } from '../service/token.ts';", 'may not import'],
  ['an upward export', 'src/limits/x.ts', "export { a } from '../store/open.ts';", 'may not import'],
  ['an upward import at run time', 'src/service/x.ts', "await import('../grpc/server.ts');", 'may not import'],
  [
    'an import over several lines',
    'src/otp/x.ts',
    "import {\n  a,\n  b,\n} from '../app/app.ts';",
    'may not import src/app/app.ts',
  ],
  ['the composition in a part', 'src/grpc/x.ts', "import '../config/config.ts';", 'may not import'],
  ['the command line in the composition', 'src/app/x.ts', "import { a } from '../cli/io.ts';", 'may not import'],
  ['a store in a handler', 'src/service/x.ts', "import { a } from '../store/open.ts';", 'may not import'],
  [
    'the client in the server',
    'src/service/x.ts',
    "import { a } from '../../clients/typescript/src/index.ts';",
    'may not import',
  ],
  ['the inside of the client', 'src/cli/x.ts', "import { a } from '../../clients/typescript/src/retry.ts';", 'may not import'],
  ['the server in the client', 'clients/typescript/src/x.ts', "import { a } from '../../../src/otp/uri.ts';", 'may not import'],
  [
    'generated code of the server in the client',
    'clients/typescript/src/x.ts',
    "import { A } from '../../../gen/ts/otp/v1/key_pb.ts';",
    'knows generated code',
  ],
  ['grpc-js in a handler', 'src/service/x.ts', "import { status } from '@grpc/grpc-js';", 'knows gRPC'],
  ['grpc-js in limits', 'src/limits/x.ts', "import type { Metadata } from '@grpc/grpc-js';", 'knows gRPC'],
  ['grpc-js elsewhere in the command line', 'src/cli/verify.ts', "import { status } from '@grpc/grpc-js';", 'knows gRPC'],
  ['generated code in limits', 'src/limits/x.ts', "import { A } from '../../gen/ts/otp/v1/key_pb.ts';", 'knows generated code'],
])('%s is found', (_, path, text, words) => {
  const found = layeringViolations(new Map([...sources, [path, text]]));
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(words);
});

test('a cycle is found, and named', () => {
  const cycle = new Map([
    ['src/otp/a.ts', "import './b.ts';"],
    ['src/otp/b.ts', "import './c.ts';"],
    ['src/otp/c.ts', "import './b.ts';"],
  ]);
  expect(layeringViolations(cycle)).toEqual(['cycle: src/otp/b.ts > src/otp/c.ts > src/otp/b.ts']);
});

test('a comment imports nothing, and a folder without a layer is not let pass', () => {
  expect(layeringViolations(new Map([['src/otp/a.ts', "/* from '../cli/io.ts' */\n// import '../app/app.ts'"]]))).toEqual([]);
  expect(() => layeringViolations(new Map([['src/new/a.ts', "import '../app/app.ts';"]]))).toThrow('belongs to no layer');
});
