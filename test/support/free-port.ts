/** A port for a program that wants to be told which one. Another program may take it first, so a caller tries again. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** A TCP port that nothing listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
