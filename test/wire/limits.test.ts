/** The limits of a plan from the view of a caller, at the boundaries of their windows. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, createTestClient, methods, type TestClient } from '../support/client.ts';
import { expectError } from '../support/expect-error.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { openWatch } from '../support/watch.ts';

const folder = mkdtempSync(join(tmpdir(), 'otpd-plans-'));
const plans = join(folder, 'plans.json');
const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const START = Date.parse('2026-01-01T00:00:00Z');

let now = START;
let server: TestServer;
let client: TestClient;
let apiKey: string;

beforeAll(async () => {
  writeFileSync(plans, JSON.stringify({ tiny: { minute: 3, hour: 5, streams: 2 }, hourly: { hour: 2 }, unlimited: {} }));
  server = await startServer({ clock: () => now, flags: { plans } });
  client = createTestClient(server.address);
});
beforeEach(async () => {
  now += 86_400_000;
  apiKey = await server.createKey({ plan: 'tiny' });
});
afterAll(async () => {
  client.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

const good = () => client.call(methods.token, { key }, { apiKey });
const bad = () => client.call(methods.token, {}, { apiKey });

function limitsOf({ headers, trailers }: Answer<unknown>): unknown[] {
  const all = { ...headers, ...trailers };
  return ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'].map((name) => all[name]);
}

describe('what is left', () => {
  test('is sent on success and on error, in whole seconds, for the window nearest to exhaustion', async () => {
    expect(limitsOf(await good())).toEqual(['3', '2', '60']);
    now += 1_500;
    expect(limitsOf(await bad())).toEqual(['3', '1', '59']);
    now += 58_499;
    expect(limitsOf(await good())).toEqual(['3', '0', '1']);
  });

  test('is not sent on a plan without limits', async () => {
    const unlimited = await client.call(methods.token, { key }, { apiKey: server.apiKey });
    expect(limitsOf(unlimited)).toEqual([undefined, undefined, undefined]);
  });

  test('is sent to a caller without the scope, who is charged', async () => {
    apiKey = await server.createKey({ plan: 'tiny', scopes: ['verify'] });
    const answer = await good();
    expectError(answer, 'PERMISSION_DENIED', 'SCOPE_MISSING');
    expect(limitsOf(answer)).toEqual(['3', '2', '60']);
  });
});

describe('over the limit', () => {
  test('every detail and every trailer says the same', async () => {
    for (let call = 0; call < 3; call += 1) await good();
    now += 10_400;
    const answer = await good();
    expectError(answer, 'RESOURCE_EXHAUSTED', 'RATE_LIMITED');
    expect(answer.details.errorInfo?.metadata).toEqual({ window: 'minute', limit: '3', plan: 'tiny' });
    expect(answer.details.quotaFailure?.violations).toMatchObject([{ subject: 'plan:tiny', quotaId: 'minute', quotaValue: 3n }]);
    expect(answer.details.retryInfo?.retryDelay).toMatchObject({ seconds: 49n, nanos: 600_000_000 });
    expect(answer.trailers).toMatchObject({ 'grpc-retry-pushback-ms': '49600', 'retry-after': '50' });
    expect(limitsOf(answer)).toEqual(['3', '0', '50']);
  });

  test('a call is refused until the last millisecond of the window, and admitted at the next', async () => {
    for (let call = 0; call < 3; call += 1) await good();
    now += 59_999;
    expect((await good()).trailers['grpc-retry-pushback-ms']).toBe('1');
    now += 1;
    expect((await good()).code).toBe('OK');
  });

  test('the boundary of a window is no gap for twice the limit', async () => {
    now = Math.ceil(now / 60_000) * 60_000 - 1;
    for (let call = 0; call < 3; call += 1) expect((await good()).code).toBe('OK');
    now += 1;
    expect((await good()).code).toBe('RESOURCE_EXHAUSTED');
  });

  test('a refused call consumes nothing', async () => {
    for (let call = 0; call < 3; call += 1) await good();
    for (let call = 0; call < 20; call += 1) expect((await good()).code).toBe('RESOURCE_EXHAUSTED');
    now += 60_000;
    expect((await good()).code).toBe('OK');
    expect(limitsOf(await good())).toEqual(['5', '0', '3540']);
  });

  test('parallel calls are not admitted beyond the limit', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, good));
    expect(answers.filter(({ code }) => code === 'OK')).toHaveLength(3);
  });

  test('one key does not use up the limit of another', async () => {
    for (let call = 0; call < 4; call += 1) await good();
    const other = await server.createKey({ plan: 'tiny' });
    expect((await client.call(methods.token, { key }, { apiKey: other })).code).toBe('OK');
  });
});

describe('a cost over the limit', () => {
  test('is final: no detail and no trailer has a time to try again', async () => {
    const store = createMemoryStore();
    const { limits } = store;
    // No method costs as much yet: this store charges four for a call that costs one.
    const costly = {
      ...limits,
      charge: (...[subject, windows, cost, at]: Parameters<typeof limits.charge>) =>
        limits.charge(subject, windows, 4 * cost, at),
    };
    const strict = await startServer({ clock: () => now, flags: { plans }, store: { ...store, limits: costly } });
    const caller = createTestClient(strict.address, await strict.createKey({ plan: 'tiny' }));
    try {
      for (let call = 0; call < 3; call += 1) {
        const answer = await caller.call(methods.token, { key });
        expectError(answer, 'RESOURCE_EXHAUSTED', 'COST_OVER_LIMIT');
        expect(answer.details.errorInfo?.metadata).toEqual({ window: 'minute', limit: '3', cost: '1', plan: 'tiny' });
        expect(answer.details.quotaFailure?.violations).toMatchObject([
          { subject: 'plan:tiny', quotaId: 'minute', quotaValue: 3n },
        ]);
        expect(answer.details.retryInfo).toBeUndefined();
        expect(answer.trailers).toMatchObject({ 'grpc-retry-pushback-ms': '-1' });
        expect(answer.trailers).not.toHaveProperty('retry-after');
        expect(limitsOf(answer)).toEqual(['3', '3', '0']);
      }
    } finally {
      caller.close();
      await strict.close();
    }
  });
});

describe('a call that fails', () => {
  test('is refunded to the hour', async () => {
    apiKey = await server.createKey({ plan: 'hourly' });
    for (let call = 0; call < 10; call += 1) expect((await bad()).code).toBe('INVALID_ARGUMENT');
    expect(limitsOf(await good())).toEqual(['2', '1', '3600']);
    expect((await good()).code).toBe('OK');
    expectError(await good(), 'RESOURCE_EXHAUSTED', 'RATE_LIMITED');
  });

  test('is not refunded to the minute', async () => {
    for (let call = 0; call < 3; call += 1) expect((await bad()).code).toBe('INVALID_ARGUMENT');
    const answer = await good();
    expectError(answer, 'RESOURCE_EXHAUSTED', 'RATE_LIMITED');
    expect(answer.details.errorInfo?.metadata['window']).toBe('minute');
  });
});

describe('streams', () => {
  test('count as one call when they open, and are bounded; a closed one makes room', async () => {
    const first = openWatch(client, apiKey, { key });
    const second = openWatch(client, apiKey, { key });
    expect([await first.first, await second.first].map((response) => response?.token?.code)).toEqual([
      expect.stringMatching(/^\d{6}$/),
      expect.stringMatching(/^\d{6}$/),
    ]);
    const { code, details, trailers } = await openWatch(client, apiKey, { key }).ended;
    expectError({ code, details, trailers, message: details.inner?.message ?? '' }, 'RESOURCE_EXHAUSTED', 'TOO_MANY_STREAMS');
    expect(details.errorInfo?.metadata).toEqual({ limit: '2' });
    expect(trailers['x-ratelimit-remaining']).toBe('0');
    now += 60_000;
    first.call.cancel();
    await first.ended;
    await expect.poll(async () => (await openWatch(client, apiKey, { key }).first)?.token?.digits, { timeout: 2000 }).toBe(6);
    second.call.cancel();
  });
});
