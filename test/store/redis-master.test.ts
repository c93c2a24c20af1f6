/** A master of several: lost as a whole as soon as one of its connections is, and never used then. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RedisAwayError } from '../../src/store/redis/error.ts';
import { openMaster } from '../../src/store/redis/master.ts';
import { type FakeRedis, startFakeRedis, usualReply } from '../support/fake-redis.ts';
import { until } from '../support/until.ts';

let server: FakeRedis;
let losses: number;
beforeEach(async () => {
  server = await startFakeRedis();
  losses = 0;
});
afterEach(() => server.stop());

const open = (waitReplicas: number) => openMaster(server.address, { tls: {}, waitReplicas, onLost: () => (losses += 1) });

test('the loss of one connection closes the other, and is told once', async () => {
  await open(1);
  expect(server.sockets).toHaveLength(2);
  server.sockets[1]?.destroy();
  await until('both are closed', () => server.sockets.every((socket) => socket.destroyed));
  await until('the loss is told', () => losses > 0);
  expect(losses).toBe(1);
  expect(server.sockets).toHaveLength(2);
});

test('a master that is lost while it is opened is not opened', async () => {
  server.reply = (name, socket) => {
    if (name !== 'info' || server.sockets.length < 2) return usualReply(name);
    // The second connection is ready only once the loss of the first is known.
    server.sockets[0]?.destroy();
    void until('the loss is told', () => losses > 0).then(() => socket.write(usualReply('info')));
    return undefined;
  };
  await expect(open(1)).rejects.toThrow(RedisAwayError);
  expect(losses).toBe(1);
  await until('both are closed', () => server.sockets.every((socket) => socket.destroyed));
});
