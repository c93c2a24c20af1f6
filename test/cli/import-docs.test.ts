/** Runs every command of docs/import-export.md unchanged, except for the HTTP address, in the order of the page and in one folder. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderQr } from '../../src/otp/qr.ts';
import { execute } from '../clients/runner.ts';
import { startServer, type TestServer } from '../support/server.ts';
import vectors from '../vectors/migration.json' with { type: 'json' };

const BLOCK = /^```sh\n(?<command>[\s\S]*?)^```\n(?:\n```text\n(?<answer>[\s\S]*?)^```\n)?/gm;
const EXAMPLES = [...readFileSync('docs/import-export.md', 'utf8').matchAll(BLOCK)].map(({ groups = {} }) => groups);
const folder = mkdtempSync(join(tmpdir(), 'otpd-docs-'));
let server: TestServer;

beforeAll(async () => {
  server = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
  for (const [i, name] of ['the first of two parts', 'the second of two parts'].entries()) {
    const uri = vectors.read.find((vector) => vector.name === name)?.uri ?? '';
    const { data } = renderQr(uri, { format: 'png', errorCorrection: 'M', scale: 4, quietZone: 4 });
    writeFileSync(join(folder, `screenshot-${i + 1}.png`), data);
  }
  copyFileSync('test/vectors/backups/aegis.json', join(folder, 'aegis.json'));
  writeFileSync(join(folder, 'uris.txt'), 'otpauth://totp/ACME:alice?secret=JBSWY3DPEHPK3PXP\n');
  writeFileSync(join(folder, 'otpd'), `#!/bin/sh\nexec ${process.execPath} ${resolve('src/main.ts')} "$@"\n`, { mode: 0o700 });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

test('there are commands', () => {
  expect(EXAMPLES.length).toBeGreaterThanOrEqual(8);
});

test.each(EXAMPLES)('$command', async ({ command = '', answer }) => {
  const env = { OTPD_ADDRESS: server.address, OTPD_API_KEY: server.apiKey, PATH: `${folder}:${process.env['PATH']}` };
  const line = command.replace('http://127.0.0.1:50080', server.httpUrl);
  const { exitCode, stdout, stderr } = await execute('bash', ['-c', `cd ${folder}\n${line}`], 60_000, env);
  expect(exitCode, stderr).toBe(0);
  if (answer === undefined) expect(stderr).toBe('');
  else expect(`${stdout}${stderr}`).toMatch(patternOf(answer));
});

/** Returns the answer as a pattern: `…` stands for any text in a line. */
function patternOf(answer: string): RegExp {
  return new RegExp(`^${answer.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('…', '.*')}$`);
}
