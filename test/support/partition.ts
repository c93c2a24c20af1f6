/** A partition between callers and a server. While it lasts, no data passes in either direction; delayed data arrives when it ends. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Partition {
  /** Stops the data in both directions. Connections still open, but reach nobody. */
  readonly begin: () => void;
  /** Forwards all delayed data, even over connections that their caller has closed, so the server may carry out calls for which no caller waits. */
  readonly end: () => void;
  readonly close: () => Promise<void>;
}

/** Listens at `own`, and forwards to `target`. */
export async function startPartition(own: Address, target: Address): Promise<Partition> {
  const sockets = new Set<Socket>();
  const held: (() => void)[] = [];
  let isParted = false;
  const pass = (work: () => void): void => void (isParted ? held.push(work) : work());

  const server = createServer({ noDelay: true }, (caller) => {
    const upstream = connect({ ...target, noDelay: true });
    for (const [from, to] of [
      [caller, upstream],
      [upstream, caller],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => pass(() => to.write(bytes)));
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        pass(() => to.end());
      });
    }
  }).listen(own);
  await once(server, 'listening');
  return {
    begin() {
      isParted = true;
    },
    end() {
      isParted = false;
      for (const work of held.splice(0)) work();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
