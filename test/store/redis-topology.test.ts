/** Where the masters are, by servers that say what a test has them say: the latest view counts, and no stale one alone. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openTopology, type Topology } from '../../src/store/redis/topology.ts';
import type { RedisAddress } from '../../src/store/redis/url.ts';
import { runningMs } from '../support/running-time.ts';

const LOGIN = { tls: false, username: '', password: '', db: 0 };

type Reply = string | number | null | Error | readonly Reply[];

/** A server that answers by `state.reply`, or not at all while that gives undefined. */
interface Fake {
  reply: (command: string) => Reply | undefined;
  readonly address: RedisAddress;
}

describe('the latest view', () => {
  const open: (Topology | Server)[] = [];
  const sockets = new Set<Socket>();
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
    for (const socket of sockets) socket.destroy();
  });

  async function fakeServer(reply: Fake['reply']): Promise<Fake> {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('data', (text) => {
        for (const command of commandsIn(String(text))) {
          const given = /^(client|info)/i.test(command) ? 'role:master' : fake.reply(command);
          if (given !== undefined) socket.write(encode(given));
        }
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.push(server);
    const { port } = server.address() as { port: number };
    const fake: Fake = { reply, address: { host: '127.0.0.1', port, ...LOGIN } };
    return fake;
  }

  /** Asks until all that may answer are connected. */
  async function look(topology: Topology, silent = 0) {
    for (;;) {
      const found = await topology.lookUp();
      if (found.failures.filter((text) => text.includes('not connected') || text.includes("isn't writeable")).length <= silent)
        return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  describe('of sentinels', () => {
    const sentinel = (epoch: number, host: string | null) => (command: string) =>
      command.startsWith('SENTINEL MASTER') ? ['name', 'otpd', 'config-epoch', String(epoch), 'x', 'y'] : host && [host, '7000'];

    async function openOver(...views: [epoch: number, host: string | null][]) {
      const fakes = await Promise.all(views.map(([epoch, host]) => fakeServer(sentinel(epoch, host))));
      const sentinels = fakes.map(({ address }) => address);
      const topology = openTopology({ kind: 'sentinel', sentinels, name: 'otpd', login: { ...LOGIN, password: 'p', db: 3 } }, {});
      open.push(topology as unknown as Server);
      return { fakes, topology };
    }

    it('is that of the highest epoch', async () => {
      const { topology } = await openOver([3, 'old'], [4, 'new'], [3, 'old']);
      const { map, failures } = await look(topology);
      expect(map?.masters).toEqual([{ ...LOGIN, password: 'p', db: 3, host: 'new', port: 7000 }]);
      expect(failures).toEqual([]);
    });

    it('is not that of a stale one that is alone, but that of most of them', async () => {
      const { fakes, topology } = await openOver([4, 'new'], [4, 'new'], [3, 'old']);
      await look(topology);
      const [first, second] = fakes as [Fake, Fake, Fake];
      for (const fake of [first, second]) fake.reply = () => new Error('LOADING');
      expect((await look(topology)).map).toBeUndefined();
      // Made anew, they count from the beginning.
      for (const fake of fakes) fake.reply = sentinel(0, 'newest');
      expect((await look(topology)).map?.masters[0]?.host).toBe('newest');
    });

    it('is none where they do not know the name, name nobody, or are silent, which takes 200 ms', async () => {
      const { fakes, topology } = await openOver([1, null], [1, null]);
      expect((await look(topology)).map).toBeUndefined();
      const [first, second] = fakes as [Fake, Fake];
      first.reply = () => new Error('ERR No such master with that name');
      second.reply = () => undefined;
      const startedAt = runningMs();
      const { map, failures } = await topology.lookUp();
      expect(runningMs() - startedAt).toBeLessThan(400);
      expect(map).toBeUndefined();
      expect(failures).toEqual([
        `127.0.0.1:${first.address.port}: knows none of this name`,
        `127.0.0.1:${second.address.port}: Command timed out`,
      ]);
    });
  });

  describe('of nodes', () => {
    const node = (epoch: number, slots: Reply) => (command: string) =>
      command.startsWith('CLUSTER INFO') ? `cluster_state:ok\r\ncluster_current_epoch:${epoch}\r\n` : slots;

    async function openOver(...replies: Fake['reply'][]) {
      const fakes = await Promise.all(replies.map((reply) => fakeServer(reply)));
      const topology = openTopology({ kind: 'cluster', seeds: fakes.map(({ address }) => address) }, {});
      open.push(topology as unknown as Server);
      return { fakes, topology };
    }

    it('is that of the highest epoch, with each slot at its master', async () => {
      const old = [[0, 16_383, ['old', 7000, 'id']]];
      const halves = [
        [0, 100, ['one', 7001, 'id1'], ['replica', 7009, 'id9']],
        [102, 16_383, ['::1', 7002, 'id2']],
        [101, 101, ['one', 7001, 'id1']],
      ];
      const { topology } = await openOver(node(5, old), node(6, halves), node(5, old));
      const { map } = await look(topology);
      expect(map?.masters).toEqual([
        { ...LOGIN, host: 'one', port: 7001 },
        { ...LOGIN, host: '::1', port: 7002 },
      ]);
      expect([0, 100, 101, 102, 16_383].map((slot) => map?.owners[slot])).toEqual([0, 0, 0, 1, 1]);
    });

    it('names who answers where a node leaves its host out, and nobody for slots that nobody has', async () => {
      const { topology, fakes } = await openOver(node(1, [[5, 5, [null, 7000, 'id']]]));
      const { map } = await look(topology);
      expect(map?.masters).toEqual([{ ...fakes[0]?.address, port: 7000 }]);
      expect([map?.owners[4], map?.owners[5]]).toEqual([-1, 0]);
    });

    it('is none where nobody has a slot, or a server is in no Cluster', async () => {
      const { topology, fakes } = await openOver(node(1, []));
      expect((await look(topology)).map).toBeUndefined();
      if (fakes[0]) fakes[0].reply = () => new Error('ERR This instance has cluster support disabled');
      expect(await look(topology)).toEqual({
        map: undefined,
        failures: [`127.0.0.1:${fakes[0]?.address.port}: it is in no Cluster`],
      });
    });
  });
});

/** The commands in what a client sent, each with spaces between its words. */
function commandsIn(text: string): string[] {
  return [...text.matchAll(/\*\d+\r\n((?:\$\d+\r\n[^\r]*\r\n)+)/g)].map(([, words = '']) =>
    [...words.matchAll(/\$\d+\r\n([^\r]*)\r\n/g)].map(([, word = '']) => word).join(' '),
  );
}

function encode(reply: Reply): string {
  if (reply === null) return '*-1\r\n';
  if (reply instanceof Error) return `-${reply.message}\r\n`;
  if (typeof reply === 'number') return `:${reply}\r\n`;
  if (typeof reply === 'string') return `$${Buffer.byteLength(reply)}\r\n${reply}\r\n`;
  return `*${reply.length}\r\n${reply.map(encode).join('')}`;
}
