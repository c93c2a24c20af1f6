/** `otpd usage`: bars for people, JSON for programs. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { issueApiKey } from '../../src/auth/api-key.ts';
import { databaseFile } from '../../src/store/open.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { otpd } from './harness.ts';
import { makeFolder, type Real, startReal } from './real.ts';

let folder: string;
let server: Real;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  folder = makeFolder();
  const plans = join(folder, 'plans.json');
  writeFileSync(plans, '{"paid": {"minute": 1000, "month": 10}, "unlimited": {}}');
  server = await startReal({ plans });
  const store = openSqliteStore({ file: databaseFile(server.dataDir) });
  const { apiKey, record } = issueApiKey({ name: 'paid', plan: 'paid', scopes: ['token'] }, Date.now());
  await store.keys.insert(record);
  await store.close();
  env = { ...server.env, OTPD_API_KEY: apiKey };
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

it('shows a bar for each window, and nothing that is not counted', async () => {
  const { code, out } = await otpd(['usage'], { env });
  const [plan, minute, month, end] = out.split('\n');
  expect([code, plan, end]).toEqual([0, 'plan paid', '']);
  expect(minute).toMatch(/^minute {2}█░{19} {2}1 of 1,000 {2}less from \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ on$/);
  expect(month).toMatch(/^month {3}░{20} {2}0 of 10$/);
  for (let call = 0; call < 8; call += 1) await otpd(['token', 'JBSWY3DPEHPK3PXP'], { env });
  expect((await otpd(['usage'], { env })).out).toMatch(/month {3}█{16}░{4} {2}8 of 10 ! +until \d{4}-\d\d-01T00:00:00Z\n$/);
});

it('prints JSON on one line', async () => {
  const { out } = await otpd(['usage', '--json'], { env });
  expect(out.trim().split('\n')).toHaveLength(1);
  expect(JSON.parse(out)).toMatchObject({
    plan: 'paid',
    windows: [
      { window: 'minute', limit: '1000' },
      { window: 'month', limit: '10' },
    ],
  });
});

it('says of a plan without limits that it has none', async () => {
  expect((await otpd(['usage'], { env: server.env })).out).toBe('plan unlimited (without limits)\n');
});

it('fails as all commands do', async () => {
  const { code, err } = await otpd(['usage'], { env: { OTPD_ADDRESS: server.env.OTPD_ADDRESS, OTPD_API_KEY: 'otpd_wrong' } });
  expect(code).toBe(2);
  expect(err).toContain('API_KEY_INVALID');
});
