/** Where HTTP is served: by default, if the default address is taken, if it is off, and beyond loopback. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { InvalidInputError } from '../../src/otp/error.ts';
import { MAIN } from '../chaos/instance.ts';
import { otpd } from '../cli/harness.ts';
import { startServer } from '../support/server.ts';

let taken: Server | undefined;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-http-'));
});
afterEach(() => {
  taken?.close();
  rmSync(folder, { recursive: true });
});

/** Occupies an address. */
async function take(port = 0): Promise<string> {
  taken = createServer().listen(port, '127.0.0.1');
  await once(taken, 'listening');
  return `127.0.0.1:${(taken.address() as AddressInfo).port}`;
}

test('port 0 takes any free one, which the start prints', async () => {
  const server = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
  expect(server.httpUrl).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
  const answer = await fetch(`${server.httpUrl}/otp.v1.OtpService/Token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': server.apiKey },
    body: '{"key":{"secret":"JBSWY3DPEHPK3PXP"}}',
  });
  expect([answer.status, await answer.json()]).toEqual([200, { token: expect.objectContaining({ digits: 6 }) }]);
  await server.close();
});

test('an address that was asked for and is taken prevents the start, and says which flag to set', async () => {
  const address = await take();
  const { code, err } = await otpd(['serve', '--listen', '127.0.0.1:0', '--http-listen', address, '--data-dir', folder]);
  expect([code, err]).toEqual([
    2,
    `error: cannot listen on ${address}: it is in use, or no address of this machine; set --http-listen\n`,
  ]);
});

test.each(['1', '2'])(
  'the default address that is taken prevents nothing, and a single warning says so: %s workers',
  async (workers) => {
    // Another program may have the address already.
    await take(50_080).catch(() => undefined);
    const child = spawn(
      process.execPath,
      [MAIN, 'serve', '--listen', '127.0.0.1:0', '--ops-listen', 'off', '--data-dir', folder, '--workers', workers],
      {
        env: { PATH: process.env['PATH'] },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const [out, err] = [text(child.stdout), text(child.stderr)];
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await out).toMatch(/^otpd listens on 127\.0\.0\.1:\d+; data in/);
    expect(await out).not.toContain('HTTP is served');
    const warnings = (await err).split('\n').filter((line) => line.includes('"level":40'));
    expect(warnings).toEqual([expect.stringMatching(/"address":"127\.0\.0\.1:50080".*choose another with --http-listen/)]);
  },
);

test.each(['1', '2'])('every worker serves it: %s', async (workers) => {
  const args = ['serve', '--listen', '127.0.0.1:0', '--http-listen', '127.0.0.1:0', '--data-dir', folder, '--workers', workers];
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], OTPD_SHUTDOWN_GRACE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  const err = text(child.stderr);
  await expect.poll(() => out, { timeout: 20_000 }).toContain('Stop the server');
  const url = /HTTP is served at (\S+)/.exec(out)?.[1];
  // Connections are assigned in rotation.
  for (let n = 0; n < 4; n += 1) {
    const headers = { 'content-type': 'application/json', 'x-request-id': `call-${n}`, connection: 'close' };
    expect((await fetch(`${url}/otp.v1.OtpService/Token`, { method: 'POST', headers, body: '{}' })).status).toBe(401);
  }
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  const lines = (await err).split('\n').filter((line) => line.includes('"msg":"call"'));
  const served = new Set(lines.map((line) => JSON.parse(line).worker));
  expect([lines.length, served.size]).toEqual([4, Number(workers)]);
});

describe('settings', () => {
  const load = (flags: Record<string, string | boolean>, env = {}) => loadConfig(flags as never, env);
  const mistakes = (flags: Record<string, string | boolean>): readonly string[] => {
    try {
      load(flags);
      return [];
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      return error.violations.map(({ field, description }) => `${field}: ${description}`);
    }
  };

  test('the default is on loopback, without a setting', () => {
    expect(load({}).http).toEqual({ host: '127.0.0.1', port: 50080, isDefault: true });
    expect(load({ httpListen: '127.0.0.1:50080' }).http).toEqual({ host: '127.0.0.1', port: 50080, isDefault: false });
    expect(load({}, { OTPD_HTTP_LISTEN: '[::1]:0' }).http).toEqual({ host: '::1', port: 0, isDefault: false });
    expect(load({ httpListen: 'off' }).http).toBeUndefined();
  });

  test('beyond loopback it needs TLS, or --insecure', () => {
    expect(mistakes({ httpListen: '0.0.0.0:80' })).toEqual([
      expect.stringMatching(/^--http-listen: beyond loopback without TLS/),
    ]);
    expect(mistakes({ httpListen: '0.0.0.0:80', insecure: true })).toEqual([]);
  });

  test('what is no address is a mistake', () => {
    expect(mistakes({ httpListen: 'OFF' })).toEqual([expect.stringMatching(/^--http-listen: not an address/)]);
  });

  test.each([
    ['https://app.example.com', []],
    ['https://a.example, http://localhost:5173', []],
    ['*', []],
    ['*,https://a.example', ['has * beside others']],
    ['app.example.com', ['entry 1 is not an origin']],
    ['https://a.example/', ['entry 1 is not an origin']],
    ['https://a.example,null', ['entry 2 is not an origin']],
    ['https://*.example.com', []],
    ['', ['entry 1 is not an origin']],
    ['HTTPS://A.example,https://a.example:443', ['entry 1 is not an origin', 'entry 2 is not an origin']],
  ])('the origins %s', (corsOrigins, expected) => {
    expect(mistakes({ corsOrigins })).toEqual(expected.map((words) => expect.stringContaining(words)));
  });
});
