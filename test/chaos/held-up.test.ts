/** A process that is blocked, by a crowd or by other processes, does not count an answer as missing that only waits to be read. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Attempt } from '../../src/ports/codes.ts';
import type { Store } from '../../src/ports/store.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { redisSuite, startRedis } from '../support/redis.ts';

/** Longer than a store waits. */
const HELD_UP_MS = 400;
/** More calls than a batch has. */
const CROWD = 1000;

const attempt: Attempt = {
  fingerprint: 'key',
  former: 'former',
  period: 30,
  step: 1,
  drift: 0,
  claim: true,
  afterStep: undefined,
  matchableMs: 60_000,
  request: undefined,
};

function holdUp(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, HELD_UP_MS);
}

const isDone = (): boolean => true;
const isNotDone = (): boolean => false;

async function expectAllAnswered({ codes, ping }: Store): Promise<void> {
  await ping();
  // Before the calls are sent, while the answers arrive, and between some answers and the sending of the other calls.
  for (const moment of ['at once', 'a moment later', 'with the first answer']) {
    const judged = Array.from({ length: CROWD }, () => codes.judge({ ...attempt, fingerprint: moment }, Date.now()));
    if (moment === 'a moment later') await new Promise((resolve) => setImmediate(resolve));
    if (moment === 'with the first answer') await judged[0];
    holdUp();
    const outcomes = (await Promise.all(judged)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'replayed')).toHaveLength(CROWD - 1);
  }
}

describe('a crowd in a process that is blocked', () => {
  test('is answered from SQLite', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'otpd-held-up-'));
    const store = openSqliteStore({ file: join(folder, 'otpd.db') });
    await expectAllAnswered(store).finally(() => store.close());
    rmSync(folder, { recursive: true });
  });
});

redisSuite('a crowd in a process that is held up', () => {
  test.each([0, 1])('is answered from Redis, with %i replicas to wait for', async (waitReplicas) => {
    await using parts = new AsyncDisposableStack();
    const start = async (...settings: string[]) => parts.adopt(await startRedis(settings), (one) => one.stop());
    const redis = await start('--repl-diskless-sync-delay', '0');
    const replica = await start();
    replica.cli('replicaof', '127.0.0.1', String(redis.port));
    await expect.poll(() => redis.cli('info', 'replication'), { timeout: 5000 }).toContain('state=online');
    const store = await openRedisStore({ url: redis.url, waitReplicas, onWarning: () => undefined });
    parts.defer(() => store.close());
    // A new replica takes a moment until its first acknowledgement.
    await expect.poll(() => store.ping().then(isDone, isNotDone), { timeout: 5000 }).toBe(true);
    await expectAllAnswered(store);
  });
});
