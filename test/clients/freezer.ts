/** A TCP proxy whose connections freeze: no more data passes, and neither end is notified. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** How long a connection works, in ms: enough for a call to begin and get its first answer. */
const ALIVE_MS = 3000;

export interface Freezer {
  readonly address: string;
  readonly close: () => Promise<void>;
}

/** Listens on a free port of 127.0.0.1, in front of the server at `target`, `host:port`. */
export async function startFreezer(target: string): Promise<Freezer> {
  const [host = '', port] = target.split(':');
  const sockets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  const server = createServer((caller) => {
    const upstream = connect({ host, port: Number(port) });
    for (const socket of [caller, upstream]) sockets.add(socket.on('error', () => undefined));
    caller.pipe(upstream);
    upstream.pipe(caller);
    const freeze = () => {
      for (const socket of [caller, upstream]) socket.unpipe().pause();
    };
    timers.add(setTimeout(freeze, ALIVE_MS));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
