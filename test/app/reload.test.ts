/** Configuration files that change while the server runs: their effect, and that an invalid file changes nothing except the log. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { startServer, type TestServer } from '../support/server.ts';

const PATIENT = { timeout: 10_000 };
const SECRET = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const folder = mkdtempSync(join(tmpdir(), 'otpd-reload-'));
const plans = join(folder, 'plans.json');
const logLevelFile = join(folder, 'log-level');

let server: TestServer;
let client: TestClient;
beforeAll(async () => {
  writeFileSync(plans, '{"first": {"hour": 1000}, "unlimited": {}}');
  writeFileSync(logLevelFile, 'info\n');
  server = await startServer({ flags: { plans, logLevelFile } });
  client = createTestClient(server.address);
});
afterAll(async () => {
  client.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

const logged = (message: string) => server.log.map((line) => JSON.parse(line)).filter(({ msg }) => msg === message);

/** Replaces a file as an editor or a mounted configuration does. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

test('a change of the plans holds for the next call, and a broken file leaves the old ones in force', async () => {
  const apiKey = await server.createKey({ plan: 'first' });
  const limit = async () => (await client.call(methods.token, { key: SECRET }, { apiKey })).headers['x-ratelimit-limit'];
  expect(await limit()).toBe('1000');
  replace(plans, '{"first": {"hour": 2000}, "unlimited": {}}');
  await expect.poll(limit, PATIENT).toBe('2000');
  expect(logged('plans read again')).toEqual([expect.objectContaining({ plans: ['first', 'unlimited'] })]);

  writeFileSync(plans, '{"first": {"hour": "many"}, "secret-word"');
  const warnings = () => logged('plans not usable: the old ones stay in force');
  await expect.poll(warnings, PATIENT).toHaveLength(1);
  writeFileSync(plans, '{"first": {"hour": 0}}');
  await expect.poll(warnings, PATIENT).toHaveLength(2);
  expect(warnings()[1].problem).toMatch(/first\.hour must be a whole number from 1/);
  expect(server.log.join('')).not.toContain('secret-word');
  expect(await limit()).toBe('2000');

  writeFileSync(plans, '{"first": {"hour": 3000}, "unlimited": {}}');
  await expect.poll(limit, PATIENT).toBe('3000');
  expect(warnings()).toHaveLength(2);
});

test('a plans file that is gone leaves the old ones in force', async () => {
  const text = '{"first": {"hour": 4000}, "unlimited": {}}';
  rmSync(plans);
  await expect.poll(() => logged('plans not usable: the old ones stay in force').at(-1)?.problem, PATIENT).toContain('ENOENT');
  expect((await client.call(methods.token, { key: SECRET }, { apiKey: server.apiKey })).code).toBe('OK');
  replace(plans, text);
  await expect.poll(() => server.app.plans().get('first')?.windows[0]?.limit, PATIENT).toBe(4000);
});

test('SIGHUP has the files read at once', () => {
  writeFileSync(plans, '{"first": {"hour": 5000}, "unlimited": {}}');
  process.emit('SIGHUP');
  expect(server.app.plans().get('first')?.windows[0]?.limit).toBe(5000);
});

test('the level of the log follows its file', async () => {
  const call = () => client.call(methods.token, { key: SECRET }, { apiKey: server.apiKey });
  const expectLogged = async () => {
    const before = logged('call').length;
    await call();
    await expect.poll(() => logged('call').length).toBe(before + 1);
  };
  const expectUnlogged = async () => {
    const before = logged('call').length;
    await call();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(logged('call')).toHaveLength(before);
  };
  await expectLogged();
  replace(logLevelFile, 'error\n');
  await expect
    .poll(() => logged('log level changed'), PATIENT)
    .toEqual([expect.objectContaining({ level: 50, logLevel: 'error' })]);
  await expectUnlogged();
  replace(logLevelFile, 'loud');
  process.emit('SIGHUP');
  await expectUnlogged();
  replace(logLevelFile, 'info');
  process.emit('SIGHUP');
  await expectLogged();
});

test('a file that cannot be used at the start prevents it', async () => {
  const start = (text: string) => {
    const file = join(folder, 'other-level');
    writeFileSync(file, text);
    return startServer({ flags: { logLevelFile: file } });
  };
  await expect(start('loud')).rejects.toThrow('--log-level-file: does not hold a level');
  await expect(startServer({ flags: { logLevelFile: join(folder, 'missing') } })).rejects.toThrow(
    '--log-level-file: no such file',
  );
});
