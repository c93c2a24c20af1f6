/** A Redis that answers as a test says, for what a real one does too rarely. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { RedisAddress } from '../../src/store/redis/url.ts';

const INFO = 'redis_version:7.0.0\r\nrole:master\r\nmaxmemory:0\r\nloading:0\r\nconnected_slaves:1\r\n';
/** The beginning of a command: an array, whose first text is the name. */
const COMMAND = /\*\d+\r\n\$\d+\r\n(\w+)\r\n/g;

/** The reply of a Redis that can be used. */
export function usualReply(name: string): string {
  return name === 'info' ? `$${INFO.length}\r\n${INFO}\r\n` : '+OK\r\n';
}

export interface FakeRedis {
  readonly address: RedisAddress;
  /** The connections so far, open or not. */
  readonly sockets: readonly Socket[];
  /** The names of the commands so far, in lower case. */
  readonly commands: readonly string[];
  /** Gives the reply to a command, as Redis sends it; undefined for none. At first `usualReply`. */
  reply: (name: string, socket: Socket) => string | undefined;
  readonly stop: () => void;
}

export async function startFakeRedis(): Promise<FakeRedis> {
  const [sockets, commands]: [Socket[], string[]] = [[], []];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (text) => {
      for (const [, given = ''] of text.toString('latin1').matchAll(COMMAND)) {
        const name = given.toLowerCase();
        commands.push(name);
        const answer = fake.reply(name, socket);
        if (answer !== undefined) socket.write(answer);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const fake: FakeRedis = {
    address: { host: '127.0.0.1', port, tls: false, username: '', password: '', db: 0 },
    sockets,
    commands,
    reply: usualReply,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  return fake;
}
