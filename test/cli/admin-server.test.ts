/** `otpd keys` and `otpd attempts` through a server: the same output and exit codes as on its store. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditedIn } from '../support/audit-lines.ts';
import { otpd } from './harness.ts';
import { makeFolder, type Real, startReal } from './real.ts';

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
let server: Real;
let folder: string;
let auditLog: string;
beforeAll(async () => {
  folder = makeFolder();
  auditLog = join(folder, 'audit.log');
  server = await startReal({ auditLog });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const onStore = (args: string[], stdin = '') => otpd(args, { env: { OTPD_DATA_DIR: server.dataDir }, stdin });
function byServer(args: string[], stdin = '', apiKey = server.env.OTPD_API_KEY) {
  return otpd(args, { env: { OTPD_ADMIN_ADDRESS: server.env.OTPD_ADDRESS, OTPD_API_KEY: apiKey }, stdin });
}
async function create(...args: string[]): Promise<{ apiKey: string; key: { id: string } }> {
  return JSON.parse((await byServer(['keys', 'create', '--name', 'shop', '--json', ...args])).out);
}

it('an invalid address is named by the setting of these commands', async () => {
  const { code, err } = await byServer(['keys', 'list', '--server', ':1']);
  expect({ code, err }).toEqual({
    code: 2,
    err: 'error: the address must be HOST:PORT, [IPV6]:PORT or unix:PATH: check --server/OTPD_ADMIN_ADDRESS\n',
  });
});

describe('keys', () => {
  it('are made as on the store, alone on standard output', async () => {
    const args = [
      'keys',
      'create',
      '--name',
      'shop',
      '--plan',
      'pro',
      '--scopes',
      'verify,token',
      '--tenant',
      'acme',
      '--expires',
      '90d',
    ];
    const [there, here] = [await byServer(args), await onStore(args)];
    const plain = ({ code, out, err }: typeof there) =>
      [code, out, err].join('\n').replaceAll(/otpd_\w+|key \w{12}|\d{4}-\S+/g, '?');
    expect(there.code).toBe(0);
    expect(plain(there)).toBe(plain(here));
  });

  it('are listed and shown as on the store', async () => {
    const { key } = await create('--scopes', 'token');
    for (const args of [['list'], ['list', '--json'], ['show', key.id], ['show', key.id, '--json']]) {
      const [there, here] = [await byServer(['keys', ...args]), await onStore(['keys', ...args])];
      expect(there).toEqual(here);
      expect(there.out).toContain(key.id);
    }
  });

  it('are rotated and revoked, and the store knows it', async () => {
    const { key, apiKey } = await create();
    const rotated = await byServer(['keys', 'rotate', key.id, '--grace', '7d']);
    expect(rotated.out).toMatch(new RegExp(`^otpd_${key.id}_`));
    expect(rotated.out.trim()).not.toBe(apiKey);
    expect(rotated.err).toBe(`API key ${key.id} has a new secret; the old one works for another 7 d. It is shown only once:\n`);
    expect(JSON.parse((await onStore(['keys', 'show', key.id, '--json'])).out)).toHaveProperty('oldSecretExpireTime');
    expect((await byServer(['keys', 'revoke', key.id])).out).toBe(`revoked ${key.id} (shop, plan ultra, never used)\n`);
    expect((await byServer(['keys', 'revoke', key.id])).out).toBe(`${key.id} was already revoked\n`);
    expect((await onStore(['keys', 'show', key.id, '--json'])).out).toContain('"status":"revoked"');
  });

  it.each([['show'], ['rotate'], ['revoke']])('that do not exist are reported as on the store: %s', async (command) => {
    for (const id of ['000000000000', 'otpd_x']) {
      const [there, here] = [await byServer(['keys', command, id]), await onStore(['keys', command, id])];
      expect(there).toEqual(here);
      expect(there.code).toBe(2);
    }
  });

  it('that end are not rotated, and the last admin key is not revoked, by either way', async () => {
    const { key } = await create();
    await byServer(['keys', 'revoke', key.id]);
    expect((await byServer(['keys', 'rotate', key.id])).err).toContain('is revoked; create a new one instead');
    const own = server.env.OTPD_API_KEY.slice(5, 17);
    const [there, here] = [await byServer(['keys', 'revoke', own]), await onStore(['keys', 'revoke', own])];
    expect([there.code, here.code]).toEqual([2, 2]);
    expect(there.err).toMatch(/LAST_ADMIN_KEY, request /);
    expect(here.err).toContain('nobody could administer the server by its API without this key');
  });

  it('are refused to a key without the scope admin', async () => {
    const { apiKey } = await create('--scopes', 'verify');
    const { code, out, err } = await byServer(['keys', 'list'], '', apiKey);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('SCOPE_MISSING');
  });

  it('are of the server that the flag names, of the store that a flag names, and never of both', async () => {
    const { env } = server;
    const flag = await otpd(['keys', 'list', '--server', env.OTPD_ADDRESS], { env: { OTPD_API_KEY: env.OTPD_API_KEY } });
    expect(flag.code).toBe(0);
    const store = await otpd(['keys', 'list', '--data-dir', server.dataDir], { env: { OTPD_ADMIN_ADDRESS: '127.0.0.1:1' } });
    expect(store).toEqual(flag);
    const both = await otpd(['keys', 'list', '--server', env.OTPD_ADDRESS, '--data-dir', server.dataDir], { env });
    expect(both.err).toContain('--server excludes --data-dir and --redis-url');
    const away = await otpd(['keys', 'list', '--server', 'otpd.example.com'], { env });
    expect(away.err).toContain('the API key would travel in the clear');
  });
});

describe('usage', () => {
  it('of another key is shown to an admin key alone', async () => {
    const { key, apiKey } = await create('--plan', 'pro', '--scopes', 'verify');
    await otpd(['verify', '-', '000000'], { env: { ...server.env, OTPD_API_KEY: apiKey }, stdin: `${SECRET}9\n` });
    const { out, code } = await byServer(['usage', key.id]);
    expect(code).toBe(0);
    expect(out).toMatch(/^plan pro\nminute +\S+ +1 of 30 /);
    const flag = await otpd(['usage', key.id, '--server', server.env.OTPD_ADDRESS], {
      env: { OTPD_API_KEY: server.env.OTPD_API_KEY },
    });
    expect(flag.out).toBe(out);
    expect((await byServer(['usage', key.id], '', apiKey)).err).toContain('SCOPE_MISSING');
  });
});

describe('attempts', () => {
  it('are shown and cleared by a server', async () => {
    for (let guess = 0; guess < 6; guess += 1) await otpd(['verify', '-', '000000'], { env: server.env, stdin: `${SECRET}\n` });
    const [there, here] = [await byServer(['attempts', 'show'], SECRET), await onStore(['attempts', 'show'], SECRET)];
    expect(there.out.replace(/locked for [^,]+, /, '')).toBe(here.out.replace(/locked for [^,]+, /, ''));
    expect(JSON.parse((await byServer(['attempts', 'show', '--json'], SECRET)).out)).toMatchObject({ failures: 5, locked: true });
    expect((await byServer(['attempts', 'unlock'], SECRET)).out).toBe('unlocked; 5 wrong codes in a row before\n');
    expect((await onStore(['attempts', 'show'], SECRET)).out).toMatch(/^open; 0 wrong codes/);
    expect((await byServer(['attempts', 'reset'], SECRET)).out).toBe(
      'unlocked; 0 wrong codes in a row before\nno used step that a reset forgets\n',
    );
  });

  it('show the used steps as on the store, and set a HOTP to a counter', async () => {
    const other = 'KRSXG5DTMVRXEZLUKRSXG5DTMVRXEZLU';
    const hotp = ['--type', 'hotp', '--counter', '7'];
    const code = (await otpd(['token', '-', ...hotp], { env: server.env, stdin: other })).out.trim();
    expect((await otpd(['verify', '-', code, ...hotp], { env: server.env, stdin: other })).code).toBe(0);
    const show = ['attempts', 'show', '--type', 'hotp', '--json'];
    const [there, here] = [await byServer(show, other), await onStore(show, other)];
    expect(there).toEqual(here);
    expect(JSON.parse(there.out)).toMatchObject({ lastStep: 7, tracks: [{ type: 'hotp', firstStep: 7, lastStep: 7 }] });
    expect(await byServer(['attempts', 'reset', ...hotp], other)).toEqual({
      code: 0,
      out: 'unlocked; 0 wrong codes in a row before\nHOTP: used counter 7 is forgotten, codes are accepted from now on\n',
      err: '',
    });
    expect((await otpd(['verify', '-', code, ...hotp], { env: server.env, stdin: other })).code).toBe(0);
  });

  it('of a set of recovery codes by its name are as on the store', async () => {
    const made = JSON.parse((await otpd(['recovery-codes', 'generate', '--json'], { env: server.env })).out);
    const verify = (code: string) => otpd(['recovery-codes', 'verify', made.set.blob, code], { env: server.env });
    expect((await verify(made.codes[0])).code).toBe(0);
    expect((await verify('0000-0000-0000-0000')).code).toBe(1);
    const set = String(auditedIn(auditLog).findLast(({ event }) => event === 'recovery.refused')?.['set']);
    for (const args of [['show'], ['show', '--json']]) {
      const shown = ['attempts', ...args, '--recovery-set', set];
      expect(await byServer(shown)).toEqual(await onStore(shown));
    }
    expect((await byServer(['attempts', 'show', '--recovery-set', set])).out).toMatch(
      /^open; 1 wrong code .*; 1 recovery code used\n$/,
    );
    expect((await byServer(['attempts', 'unlock', '--recovery-set', set])).out).toBe('unlocked; 1 wrong code in a row before\n');
    expect((await onStore(['attempts', 'show', '--recovery-set', set])).out).toContain('0 wrong codes in a row');
  });
});

it('an unreachable server is reported with the setting that names it', async () => {
  const env = { OTPD_API_KEY: server.env.OTPD_API_KEY };
  expect(await otpd(['keys', 'list', '--server', '127.0.0.1:1'], { env })).toEqual({
    code: 2,
    out: '',
    err: 'error: cannot reach otpd at 127.0.0.1:1: is it running? start it with `otpd serve` or set --server/OTPD_ADMIN_ADDRESS\n',
  });
});
