/** Credits from the view of a caller and of an operator: at the boundaries of the month and of the warnings. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sampleOf, scrape } from '../ops/scrape.ts';
import { type Answer, createTestClient, methods, type TestClient } from '../support/client.ts';
import { expectError } from '../support/expect-error.ts';
import { startServer, type TestServer } from '../support/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'otpd-credits-'));
const plans = join(folder, 'plans.json');
const auditLog = join(folder, 'audit.jsonl');
const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const NOVEMBER = Date.UTC(2026, 10, 15, 12);

let month = 0;
let now = NOVEMBER;
let server: TestServer;
let client: TestClient;
let apiKey: string;

beforeAll(async () => {
  writeFileSync(plans, JSON.stringify({ paid: { minute: 1000, month: 20 }, unlimited: {} }));
  const flags = { plans, auditLog, httpListen: '127.0.0.1:0', opsListen: '127.0.0.1:0', corsOrigins: '*' };
  server = await startServer({ clock: () => now, flags });
  client = createTestClient(server.address);
});
beforeEach(async () => {
  month += 1;
  now = Date.UTC(2026, 10 + month, 15, 12);
  apiKey = await server.createKey({ plan: 'paid' });
});
afterAll(async () => {
  client.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

const good = () => client.call(methods.token, { key }, { apiKey });
const bad = () => client.call(methods.token, {}, { apiKey });
const batch = (items: number, wrong = 0) =>
  client.call(methods.batchToken, { requests: [...Array(items - wrong).fill({ key }), ...Array(wrong).fill({})] }, { apiKey });
const usage = () => client.call(methods.getUsage, {}, { apiKey });
const monthOf = async () => (await usage()).response?.windows.at(-1);
const headerOf = ({ headers, trailers }: Answer<unknown>) => ({ ...headers, ...trailers })['x-otpd-usage'];
const linesOf = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const events = () => linesOf(readFileSync(auditLog, 'utf8')).filter(({ event }) => event === 'credits.warned');
const ownEvents = () => events().filter((event) => apiKey.includes(event.keyId));

describe('used credits', () => {
  test('are in a header from 80 % and from 95 % on, on success and on error', async () => {
    expect(headerOf(await batch(15))).toBeUndefined();
    expect(headerOf(await good())).toBe('month=80');
    expect(headerOf(await bad())).toBe('month=80');
    expect(headerOf(await batch(3))).toBe('month=95');
    const lacking = await server.createKey({ plan: 'paid', scopes: ['token'] });
    apiKey = lacking;
    await batch(20);
    expect(headerOf(await client.call(methods.verify, { key, code: '123456' }, { apiKey }))).toBe('month=95');
  });

  test('are in the answers of the other doors, where pages of other origins may read them', async () => {
    await batch(15);
    const ask = (path: string, body: unknown) =>
      fetch(server.httpUrl + path, {
        method: 'POST',
        headers: { 'x-api-key': apiKey, 'content-type': 'application/json', origin: 'https://app.example.com' },
        body: JSON.stringify(body),
      });
    const answers = [
      await ask('/otp.v1.OtpService/Token', { key: { secret: 'JBSWY3DPEHPK3PXP' } }),
      await ask('/v1/totpgenerator', { secret: 'JBSWY3DPEHPK3PXP' }),
      await ask('/otp.v1.OtpService/Token', {}),
    ];
    expect(answers.map(({ status, headers }) => [status, headers.get('x-otpd-usage')])).toEqual([
      [200, 'month=80'],
      [200, 'month=80'],
      [400, 'month=80'],
    ]);
    for (const { headers } of answers) expect(headers.get('access-control-expose-headers')).toContain('x-otpd-usage');
  });

  test('warn once at each share, in the log, the audit trail and a metric, despite refunds', async () => {
    const before = await scrape(server.opsUrl);
    await batch(15);
    await bad();
    for (let call = 0; call < 3; call += 1) await bad();
    await good();
    await batch(4, 4);
    await batch(4);
    await good();
    const common = { by: `key:${ownEvents()[0]?.keyId}`, month: new Date(now).toISOString().slice(0, 7) };
    expect(ownEvents()).toMatchObject([
      { ...common, threshold: 80 },
      { ...common, threshold: 95 },
    ]);
    const logged = linesOf(server.log.join('\n')).filter(({ msg, keyId: id }) => msg.includes('credits') && apiKey.includes(id));
    expect(logged).toMatchObject([
      { level: 40, plan: 'paid', threshold: 80, month: common.month },
      { level: 40, plan: 'paid', threshold: 95, month: common.month },
    ]);
    const after = await scrape(server.opsUrl);
    const grown = (threshold: string) =>
      sampleOf(after, 'otpd_credit_warnings_total', { threshold }) -
      sampleOf(before, 'otpd_credit_warnings_total', { threshold });
    expect([grown('80'), grown('95')]).toEqual([1, 1]);
    expect(`${after.text}${readFileSync(auditLog, 'utf8')}${server.log.join()}`).not.toContain(apiKey);
  });
});

describe('credits that are used up', () => {
  test('refuse until the first of the next month, and every detail says so', async () => {
    await batch(20);
    const end = Date.UTC(2026, 10 + month + 1);
    now = end - 90_400;
    const answer = await good();
    expectError(answer, 'RESOURCE_EXHAUSTED', 'CREDITS_EXHAUSTED');
    expect(answer.details.errorInfo?.metadata).toEqual({ window: 'month', limit: '20', plan: 'paid' });
    expect(answer.details.quotaFailure?.violations).toMatchObject([{ subject: 'plan:paid', quotaId: 'month', quotaValue: 20n }]);
    expect(answer.details.retryInfo?.retryDelay).toMatchObject({ seconds: 90n, nanos: 400_000_000 });
    expect(answer.trailers).toMatchObject({
      'retry-after': '91',
      'x-otpd-usage': 'month=95',
      'x-ratelimit-limit': '20',
      'x-ratelimit-remaining': '0',
    });
    now = end - 1;
    expect((await good()).code).toBe('RESOURCE_EXHAUSTED');
    now = end;
    const next = await good();
    expect([next.code, headerOf(next)]).toEqual(['OK', undefined]);
  });

  test('are those of calls that succeeded: failed ones and failed items cost nothing', async () => {
    for (let call = 0; call < 40; call += 1) expect((await bad()).code).toBe('INVALID_ARGUMENT');
    await batch(10, 4);
    expect((await monthOf())?.used).toBe(6n);
    const large = await batch(21);
    expectError(large, 'RESOURCE_EXHAUSTED', 'COST_OVER_LIMIT');
    expect(large.details.errorInfo?.metadata).toMatchObject({ window: 'month', cost: '21' });
    expectError(await batch(15), 'RESOURCE_EXHAUSTED', 'CREDITS_EXHAUSTED');
    expect((await monthOf())?.used).toBe(6n);
    expect((await batch(14)).code).toBe('OK');
  });

  test('are 429 on the other doors', async () => {
    await batch(20);
    const url = `${server.httpUrl}/otp.v1.OtpService/Token`;
    const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: '{"key":{"secret":"JBSWY3DPEHPK3PXP"}}' });
    expect([answer.status, await answer.json()]).toMatchObject([429, { code: 'resource_exhausted' }]);
  });
});

describe('GetUsage', () => {
  test('returns each window, shortest first, counts in the minute, and costs no credits', async () => {
    await batch(3);
    now += 10_000;
    const { response } = await usage();
    expect(response?.plan).toBe('paid');
    const told = response?.windows.map(({ window, limit, used, resetTime }) => [
      ...[window, limit, used],
      resetTime && timestampMs(resetTime),
    ]);
    expect(told).toEqual([
      ['minute', 1000n, 4n, now + 50_000],
      ['month', 20n, 3n, Date.UTC(2026, 10 + month + 1)],
    ]);
  });

  test('accepts a key with any scope, even without credits left', async () => {
    apiKey = await server.createKey({ plan: 'paid', scopes: ['verify'] });
    expect(await monthOf()).toMatchObject({ used: 0n, limit: 20n });
    expect((await monthOf())?.resetTime).toBeUndefined();
    apiKey = await server.createKey({ plan: 'paid' });
    await batch(20);
    expect((await good()).code).toBe('RESOURCE_EXHAUSTED');
    const answer = await usage();
    expect(answer.response?.windows.at(-1)?.used).toBe(20n);
    expect(headerOf(answer)).toBe('month=95');
  });

  test('is refused like any call without a key', async () => {
    expectError(await client.call(methods.getUsage, {}), 'UNAUTHENTICATED', 'API_KEY_MISSING');
  });

  test('of a plan without limits has no windows', async () => {
    const { response } = await client.call(methods.getUsage, {}, { apiKey: server.apiKey });
    expect(response).toMatchObject({ plan: 'unlimited', windows: [] });
  });
});

test('credits outlive the server', async () => {
  const first = await startServer({ clock: () => now, flags: { plans } });
  const paid = await first.createKey({ plan: 'paid' });
  const caller = createTestClient(first.address, paid);
  await caller.call(methods.batchToken, { requests: Array(17).fill({ key }) });
  await caller.call(methods.token, {});
  caller.close();
  await first.app.close();
  const second = await startServer({ clock: () => now, flags: { plans }, dataDir: first.dataDir });
  const again = createTestClient(second.address, paid);
  const { response } = await again.call(methods.getUsage, {});
  expect(response?.windows.at(-1)).toMatchObject({ window: 'month', used: 17n });
  expect(headerOf(await again.call(methods.token, { key }))).toBe('month=80');
  again.close();
  expect(second.log.filter((line) => line.includes('end of its credits'))).toEqual([]);
  await second.close();
  await first.close();
});
