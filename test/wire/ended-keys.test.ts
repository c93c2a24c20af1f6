/** A stream does not outlive its key: it ends within a second of the end of its key, and releases all its permits. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { parseApiKey, revokeApiKey, rotateApiKey } from '../../src/auth/api-key.ts';
import { databaseFile } from '../../src/store/open.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { expectError } from '../support/expect-error.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { redisSuite, startRedis } from '../support/redis.ts';
import { runningMs } from '../support/running-time.ts';
import { startServer } from '../support/server.ts';
import { openWatch, type Watch } from '../support/watch.ts';
import { wireForEach } from '../support/wire.ts';

const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' }, periodSeconds: 1 } as const;

const wire = wireForEach();

const idOf = (apiKey: string): string => parseApiKey(apiKey)?.id ?? '';
const call = (apiKey: string) => wire.client.call(methods.token, { key }, { apiKey });
const revoke = (apiKey: string) => wire.server.app.store.keys.update(idOf(apiKey), (record) => revokeApiKey(record, Date.now()));

async function rotate(apiKey: string, graceMs: number): Promise<string> {
  let rotated = '';
  await wire.server.app.store.keys.update(idOf(apiKey), (record) => {
    const issued = rotateApiKey(record, graceMs, Date.now());
    rotated = issued.apiKey;
    return issued.record;
  });
  return rotated;
}

async function open(apiKey: string, from: TestClient = wire.client): Promise<Watch> {
  const watch = openWatch(from, apiKey, { key });
  expect(await watch.first).toBeDefined();
  return watch;
}

/** Expects that the stream ends with the error of a new call, at most a second after `since`, in ms since the epoch. */
async function expectEnded({ ended }: Watch, since: number): Promise<void> {
  const dueAt = runningMs() + since - Date.now();
  const { code, details, trailers } = await ended;
  expect(runningMs() - dueAt).toBeLessThan(1000);
  expectError({ code, details, trailers, message: details.inner?.message ?? '' }, 'UNAUTHENTICATED', 'API_KEY_INVALID');
}

async function expectOpen(watch: Watch): Promise<void> {
  const before = watch.responses.length;
  await expect.poll(() => watch.responses.length, { timeout: 2500 }).toBeGreaterThan(before);
}

describe('a stream ends within a second', () => {
  test('of the revocation of its key, and of no other', async () => {
    const [apiKey, other] = [await wire.server.createKey(), await wire.server.createKey()];
    const [watch, bystander] = [await open(apiKey), await open(other)];
    await revoke(apiKey);
    await expectEnded(watch, Date.now());
    expectError(await call(apiKey), 'UNAUTHENTICATED', 'API_KEY_INVALID');
    await expectOpen(bystander);
    bystander.call.cancel();
  });

  test('of a rotation without a grace period; a stream with the new secret continues', async () => {
    const old = await wire.server.createKey();
    const watch = await open(old);
    const renewed = await rotate(old, 0);
    await expectEnded(watch, Date.now());
    expectError(await call(old), 'UNAUTHENTICATED', 'API_KEY_INVALID');
    const newer = await open(renewed);
    await expectOpen(newer);
    newer.call.cancel();
  });

  test('of the end of a grace, not before', async () => {
    const old = await wire.server.createKey();
    const watch = await open(old);
    const rotatedAt = Date.now();
    const renewed = await rotate(old, 2000);
    let ended = 0;
    void watch.ended.then(() => {
      ended = Date.now();
    });
    // Every process knows a new secret within half a second.
    await sleep(600);
    const newer = await open(renewed);
    await expectEnded(watch, rotatedAt + 2000);
    expect(ended).toBeGreaterThanOrEqual(rotatedAt + 2000);
    await expectOpen(newer);
    newer.call.cancel();
  });

  test('of its expiry', async () => {
    const expiresAt = Date.now() + 1500;
    const apiKey = await wire.server.createKey({ expiresAt });
    await expectEnded(await open(apiKey), expiresAt);
    expectError(await call(apiKey), 'UNAUTHENTICATED', 'API_KEY_INVALID');
  });

  test('of the removal of its key from the database', async () => {
    const apiKey = await wire.server.createKey();
    const watch = await open(apiKey);
    const database = new DatabaseSync(databaseFile(wire.server.dataDir));
    database.exec(`DELETE FROM api_key_secret WHERE key_id = '${idOf(apiKey)}'`);
    database.exec(`DELETE FROM api_key WHERE id = '${idOf(apiKey)}'`);
    database.close();
    // Any change of a key changes the version.
    await wire.server.createKey();
    await expectEnded(watch, Date.now());
  });
});

test('a stream that ended holds no place of its key any more', async () => {
  await using parts = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'otpd-plans-'));
  parts.defer(() => rmSync(folder, { recursive: true }));
  const plans = join(folder, 'plans.json');
  writeFileSync(plans, JSON.stringify({ few: { streams: 2 }, unlimited: {} }));
  await wire.restart({ flags: { plans } });
  const apiKey = await wire.server.createKey({ plan: 'few' });
  const watches = [await open(apiKey), await open(apiKey)];
  expect((await openWatch(wire.client, apiKey, { key }).ended).code).toBe('RESOURCE_EXHAUSTED');
  const renewed = await rotate(apiKey, 0);
  for (const watch of watches) await expectEnded(watch, Date.now());
  const again = [await open(renewed), await open(renewed)];
  expect((await openWatch(wire.client, renewed, { key }).ended).code).toBe('RESOURCE_EXHAUSTED');
  for (const watch of again) watch.call.cancel();
});

test('a stream that its caller has left is watched no more', async () => {
  await using parts = new AsyncDisposableStack();
  const memory = createMemoryStore();
  let questions = 0;
  const version = () => {
    questions += 1;
    return memory.keys.version();
  };
  const quiet = parts.adopt(await startServer({ store: { ...memory, keys: { ...memory.keys, version } } }), (one) => one.close());
  const caller = parts.adopt(createTestClient(quiet.address), (one) => one.close());
  const watches = [await open(quiet.apiKey, caller), await open(quiet.apiKey, caller)];
  const before = questions;
  await expect.poll(() => questions, { timeout: 2000 }).toBeGreaterThan(before + 1);
  for (const watch of watches) {
    watch.call.cancel();
    await watch.ended;
  }
  await sleep(300);
  const left = questions;
  await sleep(1000);
  expect(questions).toBe(left);
});

redisSuite('over a Redis that was emptied', () => {
  test('streams end within a second, and new calls are refused', async () => {
    await using parts = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), 'otpd-ended-'));
    parts.defer(() => rmSync(folder, { recursive: true }));
    const fingerprintKeyFile = join(folder, 'fingerprint.key');
    writeFileSync(fingerprintKeyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
    const redis = parts.adopt(await startRedis(), (one) => one.stop());
    const shared = parts.adopt(await startServer({ flags: { redisUrl: redis.url, fingerprintKeyFile } }), (one) => one.close());
    const caller = parts.adopt(createTestClient(shared.address), (one) => one.close());
    const watch = await open(shared.apiKey, caller);
    redis.cli('flushall');
    const emptied = runningMs();
    expect((await watch.ended).code).toMatch(/^(UNAUTHENTICATED|UNAVAILABLE)$/);
    expect(runningMs() - emptied).toBeLessThan(1000);
    await expect
      .poll(async () => (await caller.call(methods.token, { key }, { apiKey: shared.apiKey })).code, { timeout: 3000 })
      .toBe('UNAUTHENTICATED');
  });
});
