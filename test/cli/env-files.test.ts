/** Secrets from files that the environment names. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FROM_FILES, withFiles } from '../../src/cli/input/env-files.ts';
import { otpd } from './harness.ts';
import { makeFolder, type Real, startReal } from './real.ts';

const SECRET = 'JBSWY3DPEHPK3PXP';
let server: Real;
let folder: string;
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  server = await startReal();
  folder = makeFolder();
  writeFileSync(path('api-key'), `${server.env.OTPD_API_KEY}\n`);
  writeFileSync(path('secret'), `\n ${SECRET}\r\n`);
  writeFileSync(path('empty'), '\n');
  writeFileSync(path('long'), 'A'.repeat(20_000));
  mkdirSync(path('folder'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await server[Symbol.asyncDispose]();
});

const token = (env: Readonly<Record<string, string>>) =>
  otpd(['token'], { env: { OTPD_ADDRESS: server.env.OTPD_ADDRESS, ...env } });

it('are the API key and the secret, without the spaces and line breaks around them', async () => {
  const { code, out, err } = await token({ OTPD_API_KEY_FILE: path('api-key'), OTPD_SECRET_FILE: path('secret') });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^\d{6}\n$/);
});

it('are every secret setting too, the URL of Redis among them', async () => {
  expect(FROM_FILES).toContain('OTPD_REDIS_URL');
  writeFileSync(path('redis-url'), 'redis://user:hidden@127.0.0.1:1\n');
  const env = { OTPD_REDIS_URL_FILE: path('redis-url') };
  for (const args of [
    ['keys', 'list'],
    ['serve', '--fingerprint-key-file', path('none')],
  ]) {
    const { code, err } = await otpd(args, { env });
    expect(code).toBe(2);
    expect(err).toMatch(args[0] === 'keys' ? /Redis at 127\.0\.0\.1:1 cannot be/ : /--fingerprint-key-file: no such file/);
    expect(err).not.toContain('hidden');
  }
});

describe('are refused', () => {
  it.each([
    ['a file that is not there', 'none', 'cannot be read: there is no such file or folder (OTPD_API_KEY_FILE)'],
    ['a folder', 'folder', 'cannot be read: it is a folder (OTPD_API_KEY_FILE)'],
    ['an empty file', 'empty', 'is empty: it should hold OTPD_API_KEY (OTPD_API_KEY_FILE)'],
    ['a file that is too long', 'long', 'is too long for OTPD_API_KEY (OTPD_API_KEY_FILE)'],
  ])('%s', async (_, name, complaint) => {
    const { code, out, err } = await token({ OTPD_API_KEY_FILE: path(name), OTPD_SECRET: SECRET });
    expect({ code, out, err }).toEqual({ code: 2, out: '', err: `error: ${path(name)} ${complaint}\n` });
  });

  it('beside the variable itself', async () => {
    const { code, err } = await token({ OTPD_API_KEY_FILE: path('api-key'), OTPD_API_KEY: 'another', OTPD_SECRET: SECRET });
    expect({ code, err }).toEqual({
      code: 2,
      err: 'error: OTPD_API_KEY and OTPD_API_KEY_FILE are both set: unset one of them\n',
    });
  });
});

it('are not read by a command that needs none, and a variable that is not set stays so', async () => {
  expect((await otpd(['version'], { env: { OTPD_API_KEY_FILE: path('none') } })).code).toBe(0);
  expect(withFiles({ OTPD_API_KEY_FILE: '' })['OTPD_API_KEY']).toBeUndefined();
});
