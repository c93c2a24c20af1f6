/** A connection to a Redis that answers as a test says: what is lost is never sent twice, and what comes late is told from what does not come. */
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  COMMAND_TIMEOUT_MS,
  type Connection,
  type ConnectionOptions,
  connect,
  within,
} from '../../src/store/redis/connection.ts';
import { RedisAwayError } from '../../src/store/redis/error.ts';
import { type FakeRedis, startFakeRedis, usualReply } from '../support/fake-redis.ts';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';

let server: FakeRedis;
let opened: Connection[];
beforeEach(async () => {
  server = await startFakeRedis();
  opened = [];
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(opened.map((connection) => connection.close()));
  server.stop();
});

async function open(options: ConnectionOptions = {}): Promise<Connection> {
  const connection = await connect(server.address, {}, options);
  opened.push(connection);
  return connection;
}

const isAgain = ({ redis }: Connection) =>
  until('it is connected again', () => server.sockets.length === 2 && redis.status === 'ready');

test('a command that is lost with its connection fails at once, and is not sent again: it may have been carried out', async () => {
  let silences = 0;
  const connection = await open({ onSilence: () => (silences += 1) });
  server.reply = (name, socket) => {
    if (name === 'get') socket.destroy();
    return name === 'get' ? undefined : usualReply(name);
  };
  await expect(connection.answered(connection.redis.get('k'), 60_000)).rejects.toThrow();
  expect(silences).toBe(0);
  await isAgain(connection);
  expect(await connection.answered(connection.redis.ping())).toBe('OK');
  expect(server.commands.filter((name) => name === 'get')).toHaveLength(1);
});

test('a Redis that has become a replica is left for who is at its address then', async () => {
  const connection = await open();
  server.reply = (name) => (name === 'set' ? '-READONLY You can not write against a read only replica.\r\n' : usualReply(name));
  await expect(connection.answered(connection.redis.set('k', 'v'))).rejects.toThrow('READONLY');
  await isAgain(connection);
});

test('a connection that another has found silent is given up, with what was asked on it', async () => {
  const connection = await open();
  server.reply = (name) => (name === 'get' ? undefined : usualReply(name));
  const answer = connection.answered(connection.redis.get('k'), 60_000);
  await until('it is asked', () => server.commands.includes('get'));
  connection.leave();
  await expect(answer).rejects.toThrow();
  await isAgain(connection);
});

test('an answer that is there when its time is over is an answer', async () => {
  let silences = 0;
  const connection = await open({ onSilence: () => (silences += 1) });
  const { promise, resolve } = Promise.withResolvers<string>();
  const answer = connection.answered(promise, 1);
  // Fires in the same round of timers, behind the timer of the answer.
  setTimeout(resolve, 1, 'late');
  for (const startedAt = performance.now(); performance.now() < startedAt + 5; );
  expect(await answer).toBe('late');
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  expect([silences, connection.redis.status]).toEqual([0, 'ready']);
});

test('a Redis that cannot be used is not tried again once that is said', async () => {
  const disconnect = vi.spyOn(Redis.prototype, 'disconnect');
  const address = { ...server.address, port: await freePort() };
  await expect(connect(address, {})).rejects.toThrow(RedisAwayError);
  expect(disconnect).toHaveBeenCalledOnce();
});

test('a wait whose time is over before it begins ends soon, without a warning of Node', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout');
  await expect(within(-7, new Promise(() => undefined))).rejects.toThrow('not ready');
  expect(timers.mock.calls.map(([, ms]) => ms)).toEqual([0]);
});

test('an answer is waited for as long as the store is to be patient', async () => {
  const connection = await open({ leastPatienceMs: 10_000 });
  server.reply = (name, socket) => {
    if (name === 'get') setTimeout(() => socket.write('+late\r\n'), 2 * COMMAND_TIMEOUT_MS);
    return name === 'get' ? undefined : usualReply(name);
  };
  expect(await connection.answered(connection.redis.get('k'))).toBe('late');
});
