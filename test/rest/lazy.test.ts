/** A server without REST calls has not loaded the REST APIs or their libraries. */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, test } from 'vitest';

const LIBRARIES = ['graphql', 'yaml', 'csv-stringify/sync', 'fast-xml-builder', 'negotiator'];
const STATIC_IMPORT = /^(?:import|export)\b(?! type\b)[^;]*?\bfrom '([^']+)'/gm;

/** Returns everything that a file loads: paths of the project, and names of packages. */
function loadedWith(file: string, loaded = new Set<string>()): Set<string> {
  if (loaded.has(file)) return loaded;
  loaded.add(file);
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(STATIC_IMPORT)) {
    if (name.startsWith('.')) loadedWith(posix.join(posix.dirname(file), name), loaded);
    else loaded.add(name);
  }
  return loaded;
}

const mappings = ['gentlent', 'toolkit-api', 'two-fa-otp-live', 'api-verve'].map((name) => `src/http/rest/${name}.ts`);

test('nothing of them is loaded with the doors', () => {
  const loaded = loadedWith('src/http/rest/apis.ts', loadedWith('src/http/server.ts', loadedWith('src/app/doors.ts')));
  expect(loaded).toContain('src/http/rest/serve.ts');
  expect([...mappings, ...LIBRARIES].filter((name) => loaded.has(name))).toEqual([]);
});

test('a start loads no library of pictures or of formats, and node:http without fetch and WebSocket', () => {
  const started = [
    'src/cli/commands/serve.ts',
    'src/app/doors.ts',
    'src/http/server.ts',
    'src/http/rest/apis.ts',
    'src/http/documents.ts',
  ];
  const ops = ['src/observability/metrics.ts', 'src/ops/server.ts'];
  const loaded = [...started, ...ops].reduce((all, file) => loadedWith(file, all), new Set<string>());
  expect(loaded).toContain('src/observability/metrics.ts');
  expect(loaded).toContain('src/otp/qr.ts');
  // `import` reads the exports one by one, and some of them load further modules.
  expect(['qrcode', 'node:http', 'node:https', ...LIBRARIES].filter((name) => loaded.has(name))).toEqual([]);
});

test('GraphQL is not loaded with the rest of its API', () => {
  const loaded = loadedWith('src/http/rest/api-verve.ts');
  expect(LIBRARIES.filter((name) => loaded.has(name))).toEqual(LIBRARIES.slice(1));
});
