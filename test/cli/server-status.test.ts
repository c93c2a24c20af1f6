/** `otpd server-status`: the status for people and programs, and the exit codes for health checks. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { otpd } from './harness.ts';

let server: TestServer;
let isAway = false;
let env: Readonly<Record<string, string>>;
beforeAll(async () => {
  const real = createMemoryStore();
  const ping = () => (isAway ? Promise.reject(new StoreUnavailableError('away')) : real.ping());
  server = await startServer({ store: { ...real, ping } });
  env = { OTPD_ADDRESS: server.address, OTPD_API_KEY: server.apiKey };
});
afterAll(() => server.close());

const status = (args: string[] = [], surroundings: Record<string, string> = env) =>
  otpd(['server-status', ...args], { env: surroundings });

it('shows the store, the limits and the codes of the last hour', async () => {
  expect(await status()).toEqual({
    code: 0,
    out: 'store      reachable\nlimits     counted for all processes\nlast hour  no code was checked\n',
    err: '',
  });
  await otpd(['verify', 'JBSWY3DPEHPK3PXP', 'abc'], { env });
  expect((await status()).out).toContain('last hour  1 malformed\n');
  const { out } = await status(['--json', '--server', server.address], { OTPD_API_KEY: server.apiKey });
  expect(JSON.parse(out)).toEqual({
    storeReachable: true,
    limitsLocal: false,
    outcomes: [{ outcome: 'malformed', count: '1' }],
  });
});

it('is refused to another key, whose --check fails', async () => {
  const apiKey = await server.createKey({ scopes: ['verify'] });
  const refused = { OTPD_ADMIN_ADDRESS: server.address, OTPD_API_KEY: apiKey };
  expect(await status([], refused)).toMatchObject({ code: 2, out: '', err: expect.stringContaining('SCOPE_MISSING') });
  expect(await status(['--check'], refused)).toMatchObject({ code: 1, err: expect.stringContaining('SCOPE_MISSING') });
});

it('reports an unreachable store, and fails then only with --check', async () => {
  isAway = true;
  const named = ['--server', server.address];
  try {
    await expect
      .poll(async () => (await status()).out, { timeout: 10_000 })
      .toMatch(/^store {6}unreachable: no code is accepted\n/);
    expect((await status()).code).toBe(0);
    expect(await status(['--check', ...named])).toMatchObject({ code: 1, out: expect.stringContaining('unreachable'), err: '' });
  } finally {
    isAway = false;
  }
  await expect.poll(async () => (await status(['--check', ...named])).code, { timeout: 10_000 }).toBe(0);
});

it('without an API key says that the status needs one', async () => {
  expect(await status([], {})).toMatchObject({ code: 2, err: expect.stringContaining('no API key: set OTPD_API_KEY') });
});

it('--check fails where no server is', async () => {
  const nobody = { OTPD_ADDRESS: '127.0.0.1:1', OTPD_API_KEY: server.apiKey };
  expect(await status(['--check'], nobody)).toMatchObject({ code: 1, err: expect.stringContaining('cannot reach otpd') });
  expect(await status([], nobody)).toMatchObject({ code: 2 });
});
