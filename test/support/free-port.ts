/** Finds a port for a program that needs a port number. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Ports below the range from which the system assigns ports to clients, since a client could take the port before its server has it, or while that is
 * stopped. Each test process has some of these ports, chosen by its process id.
 */
const PORTS = { first: 10_000, slices: 100, each: 220 };
let given = 0;

/** Resolves to a TCP port on which nothing listens now, and which stays free while its server is stopped. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + (process.pid % PORTS.slices) * PORTS.each + (given % PORTS.each);
    given += 1;
    // On all addresses, as some servers of the tests listen.
    const server = createServer().listen(port, '0.0.0.0');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return port;
  }
}
