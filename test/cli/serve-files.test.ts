/** A start with invalid files: one line that names the setting, no stack, exit code 2. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { otpd } from './harness.ts';
import { makeFolder } from './real.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = makeFolder();
  file = join(folder, 'file');
  writeFileSync(file, 'rubbish');
  mkdirSync(join(folder, 'folder'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function refusal(...flags: string[]): Promise<string> {
  const place = ['--data-dir', join(folder, 'data'), '--listen', '127.0.0.1:0', '--log-level', 'silent'];
  const { code, out, err } = await otpd(['serve', ...place, ...flags]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^error: .*\n$/);
  return err;
}

describe('a start is refused in one line', () => {
  it.each(['file', 'folder'])('with a %s for the TLS files', async (name) => {
    const path = join(folder, name);
    expect(await refusal('--tls-cert', path, '--tls-key', path)).toMatch(
      /^error: --tls-cert: cannot be used with --tls-key and --tls-client-ca \((ERR_OSSL_\w+|EISDIR)\): use PEM files/,
    );
  });

  it.each([
    ['file', 'the file must be a JSON object of plans by name, such as {"free": {"minute": 5}}'],
    ['folder', 'cannot be read (EISDIR): correct the path or its mode'],
    ['plans', 'free.minute must be a whole number from 1 to 1000000000'],
  ])('with a %s for the plans', async (name, complaint) => {
    writeFileSync(join(folder, 'plans'), '{"free": {"minute": "x"}}');
    expect(await refusal('--plans', join(folder, name))).toBe(`error: --plans: ${complaint}\n`);
  });
});
