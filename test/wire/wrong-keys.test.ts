/** A stranger with well-formed wrong keys from one address, beside valid keys from that address that the process has never seen. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ensureRingFile, ringFile } from '../../src/app/ring-file.ts';
import { databaseFile } from '../../src/store/open.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { issue } from '../auth/fixtures.ts';
import { createInstance } from '../chaos/instance.ts';
import { createTestClient, methods } from '../support/client.ts';
import { type RedisServer, redisSuite, startRedis } from '../support/redis.ts';
import { runningMs } from '../support/running-time.ts';

const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const GOOD = 10;
const FLOOD_MS = 10_000;
/** How much longer an unseen key may take than a remembered key, in ms: both wait for a flooded server. */
const LONGER_MS = 2_000;
/** How long callers keep trying, in ms. */
const PATIENCE_MS = 8_000;

interface Told {
  readonly told: Readonly<Record<string, number>>;
  readonly perSecond: number;
}

/** Starts the stranger as a process; resolves once it has begun. */
async function flood(address: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'wrong-keys.ts'), address, String(FLOOD_MS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return {
    told: lines.next().then(({ value }) => JSON.parse(value ?? '{}') as Told),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

/** Starts the server as a process, on a store with the good keys. */
async function serve(folder: string, redis?: RedisServer) {
  writeFileSync(join(folder, 'shared.key'), 'ab'.repeat(32));
  ensureRingFile(ringFile(folder), Date.now());
  const store = redis
    ? await openRedisStore({ url: redis.url, onWarning: () => undefined })
    : openSqliteStore({ file: databaseFile(folder) });
  const good = Array.from({ length: 2 * GOOD }, () => issue({ plan: 'unlimited' }, Date.now()));
  for (const { record } of good) await store.keys.insert(record);
  await store.close();
  const shared = redis && { OTPD_REDIS_URL: redis.url, OTPD_FINGERPRINT_KEY_FILE: join(folder, 'shared.key') };
  const instance = await createInstance({ OTPD_DATA_DIR: folder, OTPD_LOG_LEVEL: 'silent', ...shared }, 0, 16);
  await instance.start();
  return { instance, good: good.map(({ apiKey }) => apiKey) };
}

/** Calls with a key on a new connection until it is admitted. Resolves to the time in ms, and to all earlier answers. */
async function admitted(address: string, apiKey: string): Promise<{ ms: number; told: string[] }> {
  const client = createTestClient(address, apiKey, undefined, { 'grpc.use_local_subchannel_pool': 1 });
  const told: string[] = [];
  const started = runningMs();
  while (runningMs() - started < PATIENCE_MS) {
    const { code, details } = await client.call(methods.token, { key }, { deadlineMs: PATIENCE_MS });
    if (code === 'OK') break;
    told.push(details.errorInfo?.reason ?? code);
    await sleep(100);
  }
  client.close();
  return { ms: runningMs() - started, told };
}

async function expectAllLetIn(redis?: RedisServer): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'otpd-flood-'));
  parts.defer(() => rmSync(folder, { recursive: true }));
  const { instance, good } = await serve(folder, redis);
  parts.defer(() => instance.close());
  const [remembered, unseen] = [good.slice(0, GOOD), good.slice(GOOD)];
  for (const apiKey of remembered) expect((await admitted(instance.address, apiKey)).told).toEqual([]);
  const stranger = parts.use(await flood(instance.address));
  await sleep(1_500);
  const all = await Promise.all([...remembered, ...unseen].map((apiKey) => admitted(instance.address, apiKey)));
  const [ofRemembered, ofUnseen] = [all.slice(0, GOOD), all.slice(GOOD)];
  const slowest = Math.max(...ofRemembered.map(({ ms }) => ms));
  expect(slowest).toBeLessThan(PATIENCE_MS);
  for (const { ms, told } of ofUnseen) {
    expect(ms).toBeLessThan(slowest + LONGER_MS);
    expect(told.filter((reason) => reason !== 'ERROR_REASON_STORE_UNAVAILABLE')).toEqual([]);
  }
  const { told, perSecond } = await stranger.told;
  expect(perSecond).toBeGreaterThan(500);
  // All except the first hundred are throttled, and none is admitted.
  expect(told['16']).toBe(100);
  expect(told['8']).toBeGreaterThan(1_000);
  expect(told['0']).toBeUndefined();
}

test('all of them are admitted, with SQLite', () => expectAllLetIn(), 40_000);

redisSuite('with Redis', () => {
  test('all of them are admitted', async () => {
    await using redis = Object.assign(await startRedis(), {
      async [Symbol.asyncDispose]() {
        await redis.stop();
      },
    });
    await expectAllLetIn(redis);
  }, 40_000);
});
