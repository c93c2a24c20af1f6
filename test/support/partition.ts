/** A partition between callers and a server: while it lasts nothing goes either way, and what was under way arrives when it ends. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Partition {
  /** From now on both sides hear nothing of each other; connections are still made, to nobody. */
  readonly begin: () => void;
  /** Everything that was sent meanwhile goes on, also over connections that their caller has given up: a server may so carry out what nobody waits for. */
  readonly end: () => void;
  readonly close: () => Promise<void>;
}

/** Listens at `own`, and hands everything on to `target`. */
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
