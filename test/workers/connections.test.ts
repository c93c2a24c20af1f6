/** The bound on connections with several workers: each worker applies it separately, and passes no connection on for which it has no room. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { callAll, startGroup } from './group.ts';

test('each worker takes its number of connections, and closes more', async () => {
  await using group = await startGroup(2, { OTPD_MAX_CONNECTIONS: '1' });
  const clients = group.connect(2, group.apiKeys.unlimited);
  expect(await callAll(clients, 5)).toEqual({ OK: 10 });
  const { address } = group.instance;
  const sockets = Array.from({ length: 6 }, () => connect(Number(address.slice(address.lastIndexOf(':') + 1)), '127.0.0.1'));
  await Promise.all(sockets.map((socket) => once(socket.on('error', () => undefined).resume(), 'close')));
  expect(await callAll(clients, 5)).toEqual({ OK: 10 });
  const lines = () => group.instance.log().filter(({ msg }) => String(msg).startsWith('connections refused'));
  const refused = () => lines().reduce((sum, line) => sum + Number((line as { refused?: number }).refused), 0);
  await expect.poll(refused, { timeout: 15_000 }).toBe(6);
});
