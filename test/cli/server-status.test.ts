/** `otpd server-status`: the status for people and programs, and the exit codes that health checks go by. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  server = await startServer({ flags: { opsListen: '127.0.0.1:0' }, store: { ...real, ping } });
  env = { OTPD_ADDRESS: server.address, OTPD_API_KEY: server.apiKey };
});
afterAll(() => server.close());

const status = (args: string[] = [], surroundings: Record<string, string> = env) =>
  otpd(['server-status', ...args], { env: surroundings });
const door = () => new URL(server.opsUrl).host;
const check = (address: string = door(), ...args: string[]) => status(['--check', ...args], { OTPD_OPS_LISTEN: address });

describe('with an admin API key', () => {
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

  it('tells a store that is away, and only --check fails then', async () => {
    isAway = true;
    const named = ['--server', server.address];
    try {
      await expect.poll(async () => (await status()).out, { timeout: 10_000 }).toMatch(/^store {6}away: no code is accepted\n/);
      expect((await status()).code).toBe(0);
      expect(await status(['--check', ...named])).toMatchObject({ code: 1, out: expect.stringContaining('away'), err: '' });
      expect(await check()).toEqual({ code: 1, out: 'not ready: starting, stopping, or the store cannot be reached\n', err: '' });
      expect(await check(door(), '--json')).toEqual({ code: 1, out: '{"ready":false}\n', err: '' });
    } finally {
      isAway = false;
    }
    await expect.poll(async () => (await status(['--check', ...named])).code, { timeout: 10_000 }).toBe(0);
  });
});

describe('--check without an API key', () => {
  it('asks the operations door, where the flag or the environment of the server says that it is', async () => {
    expect(await check()).toEqual({ code: 0, out: 'ready\n', err: '' });
    expect(await check(`0.0.0.0:${new URL(server.opsUrl).port}`)).toMatchObject({ code: 0 });
    expect(await status(['--check', '--json', '--ops-address', door()], {})).toEqual({
      code: 0,
      out: '{"ready":true}\n',
      err: '',
    });
  });

  it('fails for a door that nobody serves, that does not answer, or that is none', async () => {
    expect(await check('127.0.0.1:1')).toEqual({
      code: 1,
      out: '',
      err: 'error: cannot ask the operations door at 127.0.0.1:1: is it running, with its operations door on?\n',
    });
    const other = createServer((request, response) => {
      if (request.headers.host?.startsWith('localhost')) return;
      response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    expect(await check(`127.0.0.1:${port}`)).toMatchObject({ code: 1, err: expect.stringContaining('is no operations door') });
    const silent = await check(`localhost:${port}`, '--timeout', '0.2');
    expect(silent).toMatchObject({ code: 1, err: expect.stringContaining('it does not answer in time') });
    other.closeAllConnections();
    other.close();
  });

  it.each([
    ['off', 'the operations door has no address to ask (OTPD_OPS_LISTEN is off)'],
    ['127.0.0.1:0', 'the operations door has no address to ask'],
    ['9464', '--ops-address/OTPD_OPS_LISTEN must be host:port'],
  ])('says of %s that it cannot be asked, which is no answer', async (address, complaint) => {
    expect(await check(address)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(complaint) });
  });

  it('takes no address of the door where it asks none', async () => {
    for (const args of [
      ['--ops-address', door()],
      ['--check', '--ops-address', door(), '--server', server.address],
    ])
      expect(await status(args)).toMatchObject({ code: 2, err: expect.stringContaining('--ops-address is for --check') });
  });
});

it('without an API key says that the status needs one', async () => {
  expect(await status([], {})).toMatchObject({ code: 2, err: expect.stringContaining('no API key: set OTPD_API_KEY') });
});
