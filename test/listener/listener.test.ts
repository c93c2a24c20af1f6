/** The listener without a door: whose calls it counts, and that nothing remains of a closed connection. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { createListener, type Listener } from '../../src/listener/listener.ts';

const MOST_STRANGE_CALLS = 200;
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
/** States of a connection in /proc/net/tcp. */
const [ESTABLISHED, SYN_SENT] = ['01', '02'];
const closers: (() => unknown)[] = [];

afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

/** Starts a listener on all addresses of this machine. */
async function start(isProxy?: (address: string) => boolean): Promise<{ listener: Listener; port: number }> {
  const options = {
    tls: undefined,
    bounds: { maxConnections: 100, maxConnectionsPerAddress: 100 },
    protocols: ['h2'] as const,
    // Reads the socket, since its end would not be noticed otherwise.
    onConnection: (socket: Socket) => void socket.resume(),
    onRefused: () => undefined,
    onTlsProblem: () => undefined,
  };
  const listener = createListener(options, isProxy);
  closers.push(() => listener.close());
  return { listener, port: await listener.listen('0.0.0.0', 0) };
}

/** Opens a connection that has sent its first bytes, from `localPort` if it is set. */
async function open(listener: Listener, port: number, host = '127.0.0.1', localPort?: number): Promise<Socket> {
  const before = listener.open();
  const socket = connect({ host, port, localAddress: '127.0.0.1', ...(localPort !== undefined && { localPort }) });
  closers.push(() => socket.destroy());
  await once(socket, 'connect');
  socket.on('error', () => undefined).resume();
  socket.write(PREFACE);
  await expect.poll(listener.open).toBe(before + 1);
  return socket;
}

async function openAtOnce(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  closers.push(() => socket.destroy());
  await once(socket, 'connect');
  socket.on('error', () => undefined).resume();
  socket.write(PREFACE);
  return socket;
}

async function close(listener: Listener, socket: Socket): Promise<void> {
  const before = listener.open();
  socket.destroy();
  await expect.poll(listener.open).toBe(before - 1);
}

function judgeWrong(listener: Listener, { localPort }: Socket, calls: number): void {
  for (let call = 0; call < calls; call += 1) listener.judge(`127.0.0.1:${localPort}`, false);
}

async function isClosed(socket: Socket): Promise<boolean> {
  await sleep(100);
  return socket.destroyed;
}

test('connections without a valid API key are counted once they have ended', async () => {
  const { listener, port } = await start();
  const [silent, wrong, right, late] = await Promise.all([0, 1, 2, 3].map(() => openAtOnce(port)));
  await expect.poll(listener.open).toBe(4);
  judgeWrong(listener, wrong as Socket, 2);
  listener.judge(`127.0.0.1:${right?.localPort}`, true);
  judgeWrong(listener, late as Socket, 1);
  listener.judge(`127.0.0.1:${late?.localPort}`, true);
  judgeWrong(listener, late as Socket, 1);
  for (const [socket, gone] of [
    [right, 0],
    [late, 0],
    [silent, 1],
    [wrong, 2],
  ] as const) {
    await close(listener, socket as Socket);
    expect(listener.strangersGone()).toBe(gone);
  }
});

test('calls are counted of a connection whose port has another one to another address of this machine', async () => {
  const { listener, port } = await start();
  const first = await open(listener, port);
  const second = await open(listener, port, '127.0.0.2', first.localPort);
  await close(listener, second);
  judgeWrong(listener, first, MOST_STRANGE_CALLS - 1);
  expect(await isClosed(first)).toBe(false);
  judgeWrong(listener, first, 1);
  expect(await isClosed(first)).toBe(true);
});

test('a port with connections to several addresses has them closed together', async () => {
  const { listener, port } = await start();
  const first = await open(listener, port);
  const second = await open(listener, port, '127.0.0.2', first.localPort);
  judgeWrong(listener, first, MOST_STRANGE_CALLS);
  expect([await isClosed(first), await isClosed(second)]).toEqual([true, true]);
});

test('the connection of a proxy is not closed for the calls of a stranger, since it carries many callers', async () => {
  const { listener, port } = await start((address) => address === '127.0.0.1');
  const socket = await open(listener, port);
  judgeWrong(listener, socket, 2 * MOST_STRANGE_CALLS);
  expect(await isClosed(socket)).toBe(false);
});

test('nothing waits for a connection that has vanished', async () => {
  const { listener, port } = await start();
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const sockets = Array.from({ length: 50 }, () => connect(port, '127.0.0.1'));
  await expect.poll(listener.open).toBe(50);
  expect(timers()).toBeGreaterThanOrEqual(before + 50);
  for (const socket of sockets) socket.destroy();
  await expect.poll(listener.open).toBe(0);
  expect(timers()).toBeLessThan(before + 5);
});

test('a thousand callers that connect in one turn of the event loop all reach the system at once', async () => {
  const { port } = await start();
  const sockets = Array.from({ length: 1000 }, () => connect({ host: '127.0.0.1', port }).on('error', () => undefined));
  closers.push(() => sockets.forEach((socket) => void socket.destroy()));
  // All have asked to connect, and the event loop has accepted none.
  await new Promise(process.nextTick);
  const to = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const states = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , remote]) => remote === to)
    .map(([, , , state]) => state);
  const count = (wanted: string): number => states.filter((state) => state === wanted).length;
  // Connections of an earlier listener on this port may be in TIME_WAIT. The list may miss some, since others come and go while it is read.
  expect(count(ESTABLISHED)).toBeGreaterThan(900);
  // The system has dropped these, and they ask again after a second.
  expect(count(SYN_SENT)).toBe(0);
});
