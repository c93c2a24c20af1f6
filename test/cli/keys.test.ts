/** `otpd keys` on a new database, and beside a running server. */
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issueApiKey, rotateApiKey } from '../../src/auth/api-key.ts';
import { keyJson } from '../../src/cli/output/key-view.ts';
import { otpd } from './harness.ts';
import { makeFolder, startReal } from './real.ts';

const API_KEY = /^otpd_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}\n$/;
let folder: string;
let env: Record<string, string>;

beforeEach(() => {
  folder = makeFolder();
  env = { OTPD_DATA_DIR: join(folder, 'data') };
});
afterEach(() => rmSync(folder, { recursive: true }));

const keys = (...args: string[]) => otpd(['keys', ...args], { env });

async function create(...args: string[]): Promise<{ apiKey: string; key: { id: string } & Record<string, unknown> }> {
  return JSON.parse((await keys('create', '--name', 'billing', '--json', ...args)).out);
}

async function show(id: string): Promise<Record<string, unknown>> {
  return JSON.parse((await keys('show', id, '--json')).out);
}

describe('what is refused', () => {
  it.each([
    ['no name', ['create'], "required option '--name <name>' not specified"],
    ['an empty name', ['create', '--name', ''], 'name: must be 1 to 100 printable characters'],
    ['a name that would steer the terminal', ['create', '--name', '\x1b[2J'], 'name: must be'],
    [
      'an unknown plan',
      ['create', '--name', 'a', '--plan', 'gold'],
      '--plan names no plan: there are free, pro, ultra, unlimited',
    ],
    ['an unknown scope', ['create', '--name', 'a', '--scopes', 'verify,root'], 'It must be one or more of generate,token,verify'],
    [
      'a tenant that is no label',
      ['create', '--name', 'a', '--tenant', 'Acme Ltd'],
      'tenant: must be 1 to 63 of a-z, 0-9 and dashes',
    ],
    ['no scope', ['create', '--name', 'a', '--scopes', ''], 'It must be one or more of'],
    [
      'an expiry in the past',
      ['create', '--name', 'a', '--expires', '2020-01-31'],
      'error: --expires must be a moment in the future',
    ],
    ['an expiry on no day', ['create', '--name', 'a', '--expires', '2027-02-29'], "option '--expires <when>'"],
    ['an expiry of no unit', ['create', '--name', 'a', '--expires', '90'], "option '--expires <when>'"],
    ['an expiry after the end of time', ['create', '--name', 'a', '--expires', '9999999999w'], "option '--expires <when>'"],
    ['plans that are not there', ['create', '--name', 'a', '--plans', '/nonexistent.json'], '--plans: cannot be read (ENOENT)'],
    ['a grace of no unit', ['rotate', 'ID', '--grace', 'soon'], "option '--grace <duration>'"],
    ['a folder without a database', ['list'], 'set --data-dir/OTPD_DATA_DIR to the folder of the server'],
  ])('%s', async (_, args, complaint) => {
    const { code, out, err } = await keys(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(complaint);
    expect(err).not.toContain('\x1b');
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  it.each([['show'], ['rotate'], ['revoke']])('an id that is not known, without repeating it: %s', async (command) => {
    const { apiKey } = await create();
    const { code, out, err } = await keys(command, apiKey);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('there is no API key with this id: `otpd keys list` shows them');
    expect(err).not.toContain(apiKey);
  });

  it('plans with mistakes, all of them at once', async () => {
    const file = join(folder, 'plans.json');
    writeFileSync(file, '{"basic": {"minute": 0, "weekly": 5}}');
    const { code, err } = await otpd(['keys', 'create', '--name', 'a'], { env: { ...env, OTPD_PLANS: file } });
    expect(code).toBe(2);
    expect(err).toMatch(/^error: --plans: basic\.weekly .*; --plans: basic\.minute /);
  });

  it('an invalid database', async () => {
    await create();
    writeFileSync(join(folder, 'data', 'otpd.db'), 'rubbish'.repeat(1000));
    const { code, out, err } = await keys('list');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('otpd.db is damaged or no SQLite database');
  });

  it('a new secret for a key that is revoked', async () => {
    const { id } = (await create()).key;
    await keys('revoke', id);
    const { code, out, err } = await keys('rotate', id);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('is revoked; create a new one instead');
  });
});

describe('create', () => {
  it('prints the key alone on standard output, and what to know on standard error', async () => {
    const { code, out, err } = await keys('create', '--name', 'billing');
    expect(code).toBe(0);
    expect(out).toMatch(API_KEY);
    expect(err).toMatch(
      /^API key [0-9A-Za-z]{12} \(billing, plan ultra, generate,token,verify\) never expires\. It is shown only once:\n$/,
    );
    expect(statSync(join(folder, 'data', 'otpd.db')).mode & 0o777).toBe(0o600);
  });

  it('keeps the tenant, through a rotation too, and says it where it is not the default one', async () => {
    const { out, err } = await keys('create', '--name', 'billing', '--tenant', 'acme');
    const id = out.slice(5, 17);
    expect(err).toContain(`API key ${id} (billing, plan ultra, tenant acme, generate,token,verify) never expires.`);
    await keys('rotate', id);
    expect(await show(id)).toMatchObject({ tenant: 'acme' });
  });

  it.each([[], ['--json']])('warns of the scope export, and of no other: %j', async (...flags) => {
    const named = (scopes: string) => keys('create', '--name', 'a', '--scopes', scopes, ...flags);
    expect((await named('seal,export')).err).toMatch(
      /^warning: with the scope export this API key turns every sealed key of its tenant /,
    );
    expect((await named('generate,token,verify,seal')).err).not.toContain('warning');
  });

  it.each([
    ['90d', () => Date.now() + 90 * 86_400_000],
    ['2099-01-31', () => Date.UTC(2099, 0, 31)],
    ['2099-01-31T12:00:00+01:00', () => Date.UTC(2099, 0, 31, 11)],
  ])('takes an expiry of %s', async (expires, expected) => {
    const { key } = await create('--expires', expires, '--plan', 'pro', '--scopes', 'verify, token');
    expect(key).toMatchObject({ plan: 'pro', scopes: ['token', 'verify'], status: 'active' });
    expect(Math.abs(Date.parse(String(key['expireTime'])) - expected())).toBeLessThan(5000);
  });

  it("knows the operator's plans", async () => {
    const file = join(folder, 'plans.json');
    writeFileSync(file, '{"basic": {"minute": 5}}');
    expect((await create('--plans', file, '--plan', 'basic')).key).toMatchObject({ plan: 'basic' });
    expect((await keys('create', '--name', 'a', '--plans', file)).err).toContain('--plan names no plan: there are basic');
  });
});

describe('list and show', () => {
  it('stand in columns, oldest first, without a digest', async () => {
    const first = await create('--name', 'first');
    const second = await create('--name', 'a second one', '--tenant', 'acme', '--expires', '2099-01-31');
    await keys('revoke', first.key.id);
    const [headings, ...rows] = (await keys('list')).out.trimEnd().split('\n');
    expect(rows.map((row) => row.split(/ {2,}/).toSpliced(6, 1))).toEqual([
      [first.key.id, 'first', 'ultra', 'default', 'generate,token,verify', 'revoked', 'never', 'never'],
      [second.key.id, 'a second one', 'ultra', 'acme', 'generate,token,verify', 'active', '2099-01-31T00:00:00Z', 'never'],
    ]);
    expect(rows.map((row) => row.indexOf('ultra'))).toEqual([headings?.indexOf('PLAN'), headings?.indexOf('PLAN')]);
  });

  it('are a line of JSON a key with --json', async () => {
    await create();
    await create();
    const lines = (await keys('list', '--json')).out.trimEnd().split('\n');
    expect(lines.map((line) => Object.keys(JSON.parse(line)))).toEqual(
      Array(2).fill(['id', 'name', 'plan', 'tenant', 'scopes', 'status', 'createTime']),
    );
  });

  it('has a property a line', async () => {
    const { id } = (await create()).key;
    expect((await keys('show', id)).out).toMatch(new RegExp(`^id +${id}\nname +billing\nplan +ultra\ntenant +default\n`));
  });
});

describe('rotate and revoke', () => {
  it('prints a new secret, and says until when the old one works', async () => {
    const { apiKey, key } = await create();
    const before = Date.now();
    const { code, out, err } = await keys('rotate', key.id, '--grace', '7d');
    const after = Date.now();
    expect({ code, err }).toEqual({
      code: 0,
      err: `API key ${key.id} has a new secret; the old one works for another 7 d. It is shown only once:\n`,
    });
    expect(out).toMatch(API_KEY);
    expect(out.trim()).not.toBe(apiKey);
    const end = Date.parse(String((await show(key.id))['oldSecretExpireTime']));
    // Exact to the second.
    expect(end).toBeGreaterThan(before - 1000 + 7 * 86_400_000);
    expect(end).toBeLessThanOrEqual(after + 1000 + 7 * 86_400_000);
  });

  it('ends the old secret at once with a grace of zero', async () => {
    const { id } = (await create()).key;
    expect((await keys('rotate', id, '--grace', '0s')).err).toContain('the old one no longer works');
    expect(await show(id)).not.toHaveProperty('oldSecretExpireTime');
  });

  it('speaks of the old secret only while it works', () => {
    const { record } = rotateApiKey(issueApiKey({ name: 'a', plan: 'free', scopes: ['token'] }, 0).record, 1000, 0);
    expect(keyJson(record, 999)['oldSecretExpireTime']).toBe('1970-01-01T00:00:01Z');
    expect(keyJson(record, 1000)['oldSecretExpireTime']).toBeUndefined();
  });

  it('revokes once, and does not mind a second time', async () => {
    const { id } = (await create()).key;
    expect(await keys('revoke', id)).toEqual({ code: 0, out: `revoked ${id} (billing, plan ultra, never used)\n`, err: '' });
    const { revokeTime } = await show(id);
    expect(await keys('revoke', id)).toEqual({ code: 0, out: `${id} was already revoked\n`, err: '' });
    expect(await show(id)).toMatchObject({ status: 'revoked', revokeTime });
  });
});

describe('beside a running server', () => {
  it('takes effect within a second', async () => {
    await using server = await startReal();
    env = { OTPD_DATA_DIR: server.dataDir };
    const { apiKey, key } = await create('--plan', 'unlimited');
    const token = async () => (await otpd(['token', 'JBSWY3DPEHPK3PXP'], { env: { ...server.env, OTPD_API_KEY: apiKey } })).code;
    expect(await token()).toBe(0);
    await keys('revoke', key.id);
    await expect.poll(token, { timeout: 1000, interval: 50 }).toBe(2);
  });
});
