/** A TCP proxy that can lose the answers of a server. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Proxy {
  readonly address: string;
  /** Forwards requests but no answers from now on. */
  readonly loseAnswers: () => void;
  /** Closes all connections. */
  readonly close: () => Promise<void>;
}

/** Starts a proxy to `target`, `host:port`. */
export async function startProxy(target: string): Promise<Proxy> {
  const [host, port] = target.split(':');
  const sockets = new Set<Socket>();
  let isLosing = false;
  const server = createServer((caller) => {
    const upstream = connect({ host: host ?? '', port: Number(port) });
    for (const [socket, other] of [
      [caller, upstream],
      [upstream, caller],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
    }
    caller.on('data', (bytes) => upstream.write(bytes));
    upstream.on('data', (bytes) => isLosing || caller.write(bytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    address: `127.0.0.1:${address.port}`,
    loseAnswers: () => {
      isLosing = true;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
