/** Shutdown: no call waits for long, and every call gets a status. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { expectError } from '../support/expect-error.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { openConnection, openStream } from '../support/raw.ts';
import { runningMs } from '../support/running-time.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { openWatch } from '../support/watch.ts';

const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;

let server: TestServer;
const clients: TestClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.close();
});

function connect(): TestClient {
  const client = createTestClient(server.address, server.apiKey);
  clients.push(client);
  return client;
}

test('1,000 calls in flight end with OK or UNAVAILABLE, streams with the reason, all within 5 s', async () => {
  server = await startServer();
  const callers = Array.from({ length: 10 }, connect);
  const watches = callers.map((caller) => openWatch(caller, server.apiKey, { key }));
  await Promise.all(watches.map(({ first }) => first));
  const calls = callers.flatMap((caller) =>
    Array.from({ length: 100 }, () => caller.call(methods.token, { key }, { deadlineMs: 10_000 })),
  );
  const firstAnswer = Promise.race(calls);
  await firstAnswer;
  const started = runningMs();
  const closed = server.close();
  const codes = (await Promise.all(calls)).map(({ code }) => code);
  const ends = await Promise.all(watches.map(({ ended }) => ended));
  await closed;
  expect(runningMs() - started).toBeLessThan(5000);
  expect(codes.filter((code) => code !== 'OK' && code !== 'UNAVAILABLE')).toEqual([]);
  expect(codes.filter((code) => code === 'OK').length).toBeGreaterThan(0);
  for (const { code, details, trailers } of ends)
    expectError({ code, details, trailers, message: details.inner?.message ?? '' }, 'UNAVAILABLE', 'SHUTTING_DOWN');
  expect((await connect().call(methods.token, { key }, { deadlineMs: 2000 })).code).toBe('UNAVAILABLE');
}, 20_000);

test('a call in flight is waited for, and answered', async () => {
  const memory = createMemoryStore();
  const { promise: isInFlight, resolve: tellInFlight } = Promise.withResolvers<void>();
  const findMany = (ids: readonly string[]) => {
    tellInFlight();
    return sleep(500).then(() => memory.keys.findMany(ids));
  };
  server = await startServer({ store: { ...memory, keys: { ...memory.keys, findMany } } });
  const call = connect().call(methods.token, { key });
  await isInFlight;
  const ended: string[] = [];
  const closed = server.close().then(() => ended.push('server'));
  expect((await call.finally(() => ended.push('call'))).code).toBe('OK');
  await closed;
  expect(ended).toEqual(['call', 'server']);
});

test('a caller that never sends its body does not hold up the end', async () => {
  server = await startServer({ flags: { shutdownGrace: '0.5' } });
  const connection = await openConnection(server.address);
  const gone = new Promise((resolve) => connection.once('close', resolve));
  openStream(connection, '/otp.v1.OtpService/Token', { 'x-api-key': server.apiKey });
  openStream(connection, '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo');
  await sleep(100);
  const started = runningMs();
  await server.close();
  await gone;
  expect(runningMs() - started).toBeLessThan(2000);
});

test('closing twice, and before anything was called, is one close', async () => {
  server = await startServer();
  await Promise.all([server.app.close(), server.app.close()]);
});

describe('a real process', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s ends it with exit code 0, its streams with a reason, and its log with "stopped"',
    async (signal) => {
      server = await startServer();
      const dataDir = mkdtempSync(join(tmpdir(), 'otpd-process-'));
      const child = spawn(
        process.execPath,
        ['src/main.ts', 'serve', '--listen', '127.0.0.1:0', '--data-dir', dataDir, '--shutdown-grace', '1'],
        {
          stdio: ['ignore', 'pipe', 'pipe'],
          env: { PATH: process.env['PATH'] },
        },
      );
      const output = collect(child);
      const exited = new Promise<[number | null, string | null]>((resolve) =>
        child.on('exit', (code, by) => resolve([code, by])),
      );
      await expect.poll(output, { timeout: 8000 }).toMatch(/listens on 127\.0\.0\.1:\d+.*Stop the server/s);
      const [, address = ''] = /listens on (\S+?);/.exec(output()) ?? [];
      const apiKey = readFileSync(join(dataDir, 'first-api-key'), 'utf8').trim();
      const client = createTestClient(address, apiKey);
      clients.push(client);
      const watch = openWatch(client, apiKey, { key });
      expect((await watch.first)?.token?.code).toMatch(/^\d{6}$/);
      const stuck = await openConnection(address);
      openStream(stuck, '/otp.v1.OtpService/Token', { 'x-api-key': apiKey });
      openStream(stuck, '/grpc.health.v1.Health/Watch');
      await sleep(100);
      const started = runningMs();
      child.kill(signal);
      expect((await watch.ended).details.errorInfo?.reason).toBe('ERROR_REASON_SHUTTING_DOWN');
      expect(await exited).toEqual([0, null]);
      expect(runningMs() - started).toBeLessThan(4000);
      stuck.destroy();
      expect(output()).toContain('"msg":"stopped"');
      rmSync(dataDir, { recursive: true });
    },
    20_000,
  );
});

/** Returns all output of the process so far. */
function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}
