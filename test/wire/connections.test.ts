/** The bound on connections: a connection beyond it is closed at once, and no other call suffers. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeAuthority, makeCertificate } from '../support/certificates.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { startServer, type TestServer } from '../support/server.ts';

const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const folder = mkdtempSync(join(tmpdir(), 'otpd-connections-'));
const { cert: tlsCert, key: tlsKey } = makeCertificate(folder, 'server', makeAuthority(folder, 'ours'));

afterAll(() => rmSync(folder, { recursive: true }));

/** Connects; `closed` resolves when the server has closed the connection. */
function open({ port }: TestServer): { socket: Socket; closed: Promise<unknown> } {
  const socket = connect(port, '127.0.0.1');
  // A reset is as good an end as any.
  socket.on('error', () => undefined).resume();
  return { socket, closed: once(socket, 'close') };
}

function clientOf({ address, apiKey }: TestServer): TestClient {
  return createTestClient(address, apiKey, undefined, { 'grpc.use_local_subchannel_pool': 1 });
}

/** Returns the number of refused connections in the log, which has a line per second. */
function refused({ log }: TestServer): number {
  const lines = log.filter((line) => line.includes('"msg":"connections refused'));
  return lines.reduce((sum, line) => sum + Number(JSON.parse(line).refused), 0);
}

test.each([
  ['plaintext', {}],
  ['TLS', { tlsCert, tlsKey }],
])('over %s, connections beyond the most are closed, until one of the others ends', async (_, tls) => {
  await using stack = new AsyncDisposableStack();
  const server = await startServer({ flags: { maxConnections: '3', ...tls } });
  stack.defer(() => server.close());
  const kept = [1, 2, 3].map(() => open(server));
  stack.defer(() => kept.forEach(({ socket }) => void socket.destroy()));
  await Promise.all(kept.map(({ socket }) => once(socket, 'connect')));
  await Promise.all([1, 2, 3, 4, 5].map(() => open(server).closed));
  expect(kept.map(({ socket }) => socket.closed)).toEqual([false, false, false]);
  await expect.poll(() => refused(server), { timeout: 10_000 }).toBe(5);

  kept[0]?.socket.destroy();
  // The server notices it a moment later.
  await expect
    .poll(
      async () => {
        const { socket, closed } = open(server);
        stack.defer(() => void socket.destroy());
        return Promise.race([closed.then(() => 'closed'), new Promise((resolve) => setTimeout(resolve, 200, 'open'))]);
      },
      { timeout: 5000 },
    )
    .toBe('open');
});

test('a flood of connections costs a caller who has one nothing, and one who has none an UNAVAILABLE', async () => {
  await using stack = new AsyncDisposableStack();
  const server = await startServer({ flags: { maxConnections: '10' } });
  stack.defer(() => server.close());
  const [inside, outside] = [clientOf(server), clientOf(server)];
  stack.defer(() => [inside, outside].forEach((client) => void client.close()));
  expect((await inside.call(methods.token, { key })).code).toBe('OK');

  const flood = Array.from({ length: 500 }, () => open(server));
  stack.defer(() => flood.forEach(({ socket }) => void socket.destroy()));
  await Promise.all(flood.map(({ socket }) => once(socket, 'connect')));
  expect((await inside.call(methods.token, { key })).code).toBe('OK');
  expect((await outside.call(methods.token, { key })).code).toBe('UNAVAILABLE');
  await expect.poll(() => flood.filter(({ socket }) => !socket.closed).length, { timeout: 10_000 }).toBe(9);

  for (const { socket } of flood) socket.destroy();
  await expect.poll(async () => (await outside.call(methods.token, { key })).code, { timeout: 10_000 }).toBe('OK');
  expect((await inside.call(methods.token, { key })).code).toBe('OK');
});
