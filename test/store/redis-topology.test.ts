/** Finds the masters by fake servers: the latest view counts, and a stale view alone does not. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openTopology, type Topology } from '../../src/store/redis/topology.ts';
import type { RedisAddress } from '../../src/store/redis/url.ts';
import { runningMs } from '../support/running-time.ts';
import { until } from '../support/until.ts';

const LOGIN = { tls: false, username: '', password: '', db: 0 };

type Reply = string | number | null | Error | readonly Reply[];

/** A server that answers with `reply`, or not at all while `reply` returns undefined. */
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
    sockets.clear();
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

  /** Repeats the look-up until all servers are connected, except `silent` of them. */
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
      const [first, second, stale] = fakes as [Fake, Fake, Fake];
      for (const fake of [second, stale]) fake.reply = () => new Error('LOADING');
      expect((await look(topology)).map?.masters[0]?.host).toBe('new');
      stale.reply = sentinel(3, 'old');
      first.reply = () => new Error('LOADING');
      expect((await look(topology)).map).toBeUndefined();
      // Sentinels that were set up again count from zero.
      for (const fake of fakes) fake.reply = sentinel(0, 'newest');
      expect((await look(topology)).map?.masters[0]?.host).toBe('newest');
    });

    it('is none if they do not know the name, name no master, or are silent, which takes 200 ms', async () => {
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

    it('is that of nodes that others have named, once those are unreachable', async () => {
      const named = await fakeServer(node(2, [[0, 16_383, ['new', 7000, 'id']]]));
      const { topology, fakes } = await openOver(node(1, [[0, 16_383, [named.address.host, named.address.port, 'id']]]));
      await look(topology);
      if (fakes[0]) fakes[0].reply = () => new Error('LOADING');
      expect((await look(topology)).map?.masters).toEqual([{ ...LOGIN, host: 'new', port: 7000 }]);
    });

    it('is asked for on one connection to each, however often, and none is kept to who is named no more', async () => {
      const [one, other] = [await fakeServer(node(1, [])), await fakeServer(node(1, []))];
      const named = (...fakes: Fake[]) => [[0, 16_383, ...fakes.map(({ address }) => [address.host, address.port, 'id'])]];
      const { topology, fakes } = await openOver(node(2, named(one, other)));
      for (let looks = 0; looks < 4; looks += 1) await look(topology);
      expect(sockets.size).toBe(3);
      if (fakes[0]) fakes[0].reply = node(3, named(one));
      await look(topology);
      await until('its connection is closed', () => [...sockets].filter(({ closed }) => closed).length === 1);
      for (let looks = 0; looks < 4; looks += 1) await look(topology);
      expect(sockets.size).toBe(3);
    });

    it.each([[null], [''], ['?']])(
      'names the answering node if a node has %j for its host, and no master for slots without one',
      async (host) => {
        const { topology, fakes } = await openOver(node(1, [[5, 5, [host, 7000, 'id']]]));
        const { map } = await look(topology);
        expect(map?.masters).toEqual([{ ...fakes[0]?.address, port: 7000 }]);
        expect([map?.owners[4], map?.owners[5]]).toEqual([-1, 0]);
      },
    );

    it('is none if no master has a slot, or a server is in no Cluster', async () => {
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

/** Returns the commands in the data of a client, each with spaces between its words. */
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
