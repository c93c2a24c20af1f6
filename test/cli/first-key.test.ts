/** The first start: the place of the first API key, and what others on the machine can read. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ensureFirstKey } from '../../src/cli/commands/first-key.ts';
import { shellWord } from '../../src/cli/output/text.ts';
import { DEFAULT_PLANS } from '../../src/limits/plans.ts';
import { allKeys } from '../support/all-keys.ts';
import { makeAuthority } from '../support/certificates.ts';
import { createTestClient, methods } from '../support/client.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { otpd } from './harness.ts';
import { makeFolder } from './real.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const API_KEY = /otpd_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}/;
const LISTENS = /(?:listens|is ready) on ([^\s;]+)/;
/** The lines to paste: exported variables, and the command. */
const TO_PASTE = /(?:^ {2}export OTPD_\w+=.*\n)+^ {2}npx otpd .*$/m;
const PATIENT = { timeout: 60_000 };

// Several processes in a row, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });
const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;

let folder: string;
let dataDir: string;

beforeEach(() => {
  folder = makeFolder();
  // A name that a shell would split into several words.
  dataDir = join(folder, "my otpd's data");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Starts `otpd serve` on a terminal or with pipes, and stops it after `use`. Resolves to all its output. */
async function serve(
  use: (address: string, output: () => string) => Promise<void>,
  { terminal = false, env = {} } = {},
): Promise<string> {
  const line = [process.execPath, MAIN, 'serve', '--listen', '127.0.0.1:0', '--data-dir', dataDir];
  const onTerminal = ['script', '-qec', `exec ${line.map(shellWord).join(' ')}`, '/dev/null'];
  const [command = '', ...args] = terminal ? onTerminal : line;
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'], OTPD_HTTP_LISTEN: 'off', OTPD_OPS_LISTEN: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  try {
    await expect.poll(() => said, PATIENT).toMatch(/Stop the server|API keys exist|There is no API key/);
    await use(LISTENS.exec(said)?.[1] ?? '', () => said);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
  return said;
}

/** Runs lines in a shell as a person would who copied them, in the folder of the checkout. */
async function paste(lines: string): Promise<string> {
  const child = spawn('sh', ['-c', lines], { cwd: ROOT, env: process.env, stdio: ['ignore', 'pipe', 'ignore'] });
  return text(child.stdout);
}

async function tokenWith(apiKey: string, address: string): Promise<string> {
  const client = createTestClient(address, apiKey);
  const { code } = await client.call(methods.token, { key });
  client.close();
  return code;
}

const keyFile = () => join(dataDir, 'first-api-key');
const warnings = (said: string) => said.split('\n').filter((line) => line.includes('"level":40'));

describe('where standard output is no terminal', () => {
  test('the key is in a file for its owner alone, and only its path and commands to paste are printed', async () => {
    const said = await serve(async (address, output) => {
      const apiKey = readFileSync(keyFile(), 'utf8');
      expect(apiKey).toMatch(new RegExp(`^${API_KEY.source}\n$`));
      expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
      expect(await tokenWith(apiKey.trim(), address)).toBe('OK');
      expect(output()).toContain(`\n  API key  ${keyFile()}\n`);
      expect(await paste(TO_PASTE.exec(output())?.[0] ?? '')).toContain('otpauth://totp/ACME:alice%40example.com?');
    });
    expect(said).not.toMatch(API_KEY);
    expect(warnings(said)).toEqual([]);
  });

  test('with workers there is one, from their primary', async () => {
    const said = await serve(
      async (address) => expect(await tokenWith(readFileSync(keyFile(), 'utf8').trim(), address)).toBe('OK'),
      { env: { OTPD_WORKERS: '2' } },
    );
    expect(said).not.toMatch(API_KEY);
    expect(said.split('your first API key')).toHaveLength(2);
  });

  test('a later start leaves the file alone, and makes none', async () => {
    await serve(async () => undefined);
    rmSync(keyFile());
    expect(await serve(async () => undefined)).toContain('API keys exist already');
    expect(existsSync(keyFile())).toBe(false);
  });

  test('a file of an earlier store is replaced, with any mode', async () => {
    mkdirSync(dataDir, { mode: 0o700 });
    writeFileSync(keyFile(), 'old', { mode: 0o644 });
    await serve(async (address) => expect(await tokenWith(readFileSync(keyFile(), 'utf8').trim(), address)).toBe('OK'));
    expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
  });

  test('of several that start at once, one writes the key that works', async () => {
    await Promise.all([1, 2, 3].map(() => serve(async () => undefined)));
    const { out } = await otpd(['keys', 'list', '--json'], { env: { OTPD_DATA_DIR: dataDir } });
    const ids = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).id);
    expect(ids).toEqual([readFileSync(keyFile(), 'utf8').split('_')[1]]);
  });

  test('a key whose file cannot be written is revoked, and the lines say how to make one', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { keys } = createMemoryStore();
    const options = { plans: DEFAULT_PLANS, dataDir: join(folder, 'file', 'data'), isTerminal: false, now: Date.now() };
    const lines = (await ensureFirstKey(keys, options)).introduce({ address: '127.0.0.1:50051', tls: false, http: undefined });
    expect(lines).toEqual([expect.stringMatching(/first-api-key cannot be written: .*`otpd keys create`\.$/)]);
    expect(await allKeys(keys)).toMatchObject([{ revokedAt: options.now }]);
  });
});

test.each(['1', '2'])('a failed start leaves no key that was not shown: %s workers', async (workers) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const env = { OTPD_WORKERS: workers, OTPD_HTTP_LISTEN: 'off', OTPD_OPS_LISTEN: 'off' };
  const child = spawn(process.execPath, [MAIN, 'serve', '--listen', `127.0.0.1:${port}`, '--data-dir', dataDir], {
    env,
    stdio: 'ignore',
  });
  expect(await once(child, 'exit')).toEqual([2, null]);
  taken.close();
  expect(existsSync(keyFile())).toBe(false);
  const said = await serve(
    async (address) => expect(await tokenWith(readFileSync(keyFile(), 'utf8').trim(), address)).toBe('OK'),
    { env },
  );
  expect(said).toContain(`\n  API key  ${keyFile()}\n`);
});

test('a link to the page hands the key over on a terminal alone, in the part of it that no browser sends', async () => {
  const env = { OTPD_HTTP_LISTEN: '127.0.0.1:0' };
  const [, url = '', key] =
    /^ {2}(http:\S+\/)#key=(\S+)\r?$/m.exec(await serve(async () => undefined, { terminal: true, env })) ?? [];
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  expect(key).toMatch(API_KEY);
  rmSync(dataDir, { recursive: true });
  expect(await serve(async () => undefined, { env })).toMatch(/^ {2}http:\/\/127\.0\.0\.1:\d+\/$/m);
  rmSync(dataDir, { recursive: true });
  const without = await serve(async () => undefined, { terminal: true, env: { ...env, OTPD_NO_PAGE: '1' } });
  expect(without).not.toMatch(/in a browser|#key/);
});

test('on a terminal the key is shown, and kept in no file', async () => {
  const said = await serve(
    async (address, output) => expect(await tokenWith(API_KEY.exec(output())?.[0] ?? '', address)).toBe('OK'),
    { terminal: true },
  );
  expect(said).toContain('shown this once');
  const key = API_KEY.exec(said)?.[0] ?? '';
  // The key is in the environment of a shell, and not in an argument of a command, which others would see.
  for (const line of said.split('\n').filter((one) => one.includes(key)))
    expect(line).toMatch(/^ {2}(API key {2}\S+|export OTPD_API_KEY=\S+)\r?$/);
  expect(existsSync(keyFile())).toBe(false);
});

describe('what others can read', () => {
  test.each(['1', '2'])('is reported once, with the command that changes it: %s workers', async (workers) => {
    await serve(async () => undefined);
    chmodSync(dataDir, 0o755);
    chmodSync(join(dataDir, 'fingerprint.key'), 0o640);
    chmodSync(keyFile(), 0o604);
    const { cert, key: tlsKey } = makeAuthority(folder, 'tls');
    chmodSync(tlsKey, 0o644);
    const env = { OTPD_WORKERS: workers, OTPD_TLS_CERT: cert, OTPD_TLS_KEY: tlsKey };
    const [warning = '', ...others] = warnings(await serve(async () => undefined, { env }));
    expect(others).toEqual([]);
    const command = /`(chmod go-rwx .*)`/.exec(JSON.parse(warning).msg)?.[1] ?? '';
    for (const path of [dataDir, join(dataDir, 'fingerprint.key'), keyFile(), tlsKey]) expect(command).toContain(shellWord(path));
    const [code] = await once(spawn('sh', ['-c', command]), 'exit');
    expect(code).toBe(0);
    expect(warnings(await serve(async () => undefined, { env }))).toEqual([]);
  });
});
