/** A port for a program that wants to be told which one. Another program may take it first, so a caller tries again. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that the system gives to clients, one of which might otherwise take that of a stopped server. Each process of tests has some of them
 * to itself, as far as its number tells it from others.
 */
const LASTING = { first: 10_000, slices: 100, each: 220 };
let given = 0;

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

/** A port that nothing listens on at the moment, and that stays free while its server is away. */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = LASTING.first + (process.pid % LASTING.slices) * LASTING.each + (given % LASTING.each);
    given += 1;
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return port;
  }
}
