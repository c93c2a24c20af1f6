/** A log that cannot be written: every call still gets its answer, and the server neither ends nor fills its memory. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createLog, standardError } from '../../src/observability/log.ts';
import { createTestClient, methods } from '../support/client.ts';
import { startServer } from '../support/server.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** The Linux device that is always full. */
const FULL = '/dev/full';
const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;

test('a server whose log is on a full disk starts, answers and stops', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'otpd-test-'));
  const full = openSync(FULL, 'w');
  const args = [MAIN, 'serve', '--listen', '127.0.0.1:0', '--data-dir', dataDir];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', full], env: { PATH: process.env['PATH'] } });
  closeSync(full);
  const ended = once(child, 'exit');
  try {
    let said = '';
    child.stdout?.on('data', (chunk) => (said += chunk));
    const found = (pattern: RegExp) => pattern.exec(said)?.[1] ?? '';
    await expect.poll(() => found(/(Stop the server)/), { timeout: 20_000 }).not.toBe('');
    const apiKey = readFileSync(join(dataDir, 'first-api-key'), 'utf8').trim();
    const client = createTestClient(found(/listens on (\S+);/), apiKey);
    expect(await client.call(methods.token, { key })).toMatchObject({ code: 'OK' });
    // Longer than a line may wait for others.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await client.call(methods.token, {})).toMatchObject({ code: 'INVALID_ARGUMENT' });
    client.close();
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
    await ended;
    rmSync(dataDir, { recursive: true });
  }
});

test('what waits for a full disk is bounded', () => {
  const full = openSync(FULL, 'w');
  const stream = standardError(full);
  let lost = 0;
  stream.on('drop', (text: string) => (lost += text.length));
  for (let line = 0; line < 40; line += 1) stream.write('x'.repeat(100_000));
  closeSync(full);
  expect(lost).toBe(3_000_000);
});

test('a call whose line cannot be taken is answered', async () => {
  const taken: string[] = [];
  const log = createLog('info', { write: () => undefined });
  const soon = (line: string) => {
    taken.push(line);
    throw new Error('no room');
  };
  const server = await startServer({ log: { ...log, calls: { now: soon, soon, flush: () => undefined } } });
  const client = createTestClient(server.address, server.apiKey);
  expect(await client.call(methods.token, { key }, { deadlineMs: 2000 })).toMatchObject({ code: 'OK' });
  expect(taken).toHaveLength(1);
  client.close();
  await server.close();
});
