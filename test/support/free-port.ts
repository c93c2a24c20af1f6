/** Finds a port for a program that needs a port number. Another program may take the port first, so callers must try again. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Ports below the range from which the system assigns ports to clients, since a client could take the port of a stopped server. Each test process has
 * some of these ports, chosen by its process id.
 */
const LASTING = { first: 10_000, slices: 100, each: 220 };
let given = 0;

/** Resolves to a TCP port on which nothing listens now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Resolves to a TCP port on which nothing listens now, and which stays free while its server is stopped. */
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
