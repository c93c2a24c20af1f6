/** The table of a connection's streams: the `Map` that it replaces, alone and in a connection of the pinned Node. */
import diagnosticsChannel from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, createServer, type Http2Server, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createStreamSet, createStreamTable, keepStreamsInTables } from '../../src/grpc/fast-path/stream-table.ts';
import { createTestClient, methods } from '../support/client.ts';
import { startServer } from '../support/server.ts';

/** The members that distinguish the table from Node's own, which is no `Map` for `instanceof` either. */
const MEMBERS = { streams: Object.keys(createStreamTable()), pendingStreams: Object.keys(createStreamSet()) };

test('behaves as a Map does, for any changes', () => {
  const table = createStreamTable<string>();
  const model = new Map<number, string>();
  let random = 1;
  const below = (bound: number): number => {
    random = (random * 48_271) % 2_147_483_647;
    return random % bound;
  };
  for (let round = 0; round < 50_000; round++) {
    // Sometimes many are open, and ids collide, since the ids of a small table come from a wide range.
    const id = 2 * below(round % 10_000 < 5000 ? 40 : 4000) + 1;
    if (model.size < (round % 3000 < 1500 ? 12 : 300) && below(2) === 0) {
      table.set(id, `stream ${id}`);
      model.set(id, `stream ${id}`);
    } else {
      expect(table.delete(id)).toBe(model.delete(id));
    }
    expect(table.size).toBe(model.size);
    const other = 2 * below(4000) + 1;
    expect(table.get(other)).toBe(model.get(other));
    if (round % 100 === 0) for (const [key, value] of model) expect(table.get(key)).toBe(value);
  }
  expect(model.size).toBeGreaterThan(0);
});

test('a stream that stays while thousands are added and removed is still found', () => {
  const table = createStreamTable<number>();
  table.set(1, 1);
  for (let id = 3; id < 20_000; id += 2) {
    table.set(id, id);
    if (id > 41) expect(table.delete(id - 40)).toBe(true);
    expect([table.get(1), table.get(id)]).toEqual([1, id]);
  }
  expect(table.size).toBe(21);
});

test('visits each stream that is present in its turn, though a visit removes some', () => {
  const table = createStreamTable<number>();
  for (let id = 1; id < 400; id += 2) table.set(id, id);
  const visited: number[] = [];
  table.forEach((stream, id) => {
    visited.push(stream);
    table.delete(id);
    table.delete(id ^ 2);
  });
  expect(visited.length).toBe(100);
  expect(table.size).toBe(0);
});

test('a set does what a Set does', () => {
  const [set, model] = [createStreamSet<number>(), new Set<number>()];
  let random = 1;
  for (let round = 0; round < 5000; round++) {
    random = (random * 48_271) % 2_147_483_647;
    const stream = random % 7;
    if (random % 3 === 0) expect(set.delete(stream)).toBe(model.delete(stream));
    else {
      set.add(stream);
      model.add(stream);
    }
    expect(set.size).toBe(model.size);
    const visited: number[] = [];
    set.forEach((each) => void visited.push(each));
    expect(new Set(visited)).toEqual(model);
    expect(visited).toHaveLength(model.size);
  }
});

test('a set visits each stream that is present in its turn, though a visit removes some', () => {
  const set = createStreamSet<number>();
  for (const stream of [1, 2, 3, 4]) set.add(stream);
  const visited: number[] = [];
  set.forEach((stream) => {
    visited.push(stream);
    set.delete(stream);
    set.delete(stream ^ 1);
  });
  expect(visited).toEqual([1, 2, 4]);
  expect(set.size).toBe(0);
});

test('the connections of the service have it, by the releases of Node and grpc-js that are pinned', async () => {
  const server = await startServer({ flags: { fastPath: 'on' } });
  const client = createTestClient(server.address);
  const tables: unknown[] = [];
  const sets: unknown[] = [];
  const see = (message: unknown): void => {
    const state = stateOf((message as { stream: ServerHttp2Stream }).stream.session as Http2Session);
    tables.push(state.streams);
    sets.push(state.pendingStreams);
  };
  diagnosticsChannel.subscribe('http2.server.stream.created', see);
  try {
    await client.call(methods.token, {});
    expect(tables.length).toBeGreaterThan(0);
    for (const table of tables) expect(Object.keys(table as object)).toEqual(MEMBERS.streams);
    for (const set of sets) expect(Object.keys(set as object)).toEqual(MEMBERS.pendingStreams);
  } finally {
    diagnosticsChannel.unsubscribe('http2.server.stream.created', see);
    client.close();
    await server.close();
  }
});

interface SessionState {
  readonly streams: ReturnType<typeof createStreamTable>;
  readonly pendingStreams: ReturnType<typeof createStreamSet>;
}

function stateOf(session: Http2Session): SessionState {
  const name = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state') as symbol;
  return (session as unknown as Record<symbol, SessionState>)[name] as SessionState;
}

describe('in a connection', () => {
  const servers: Http2Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function listening(): Promise<{ server: Http2Server; address: string }> {
    const server = createServer();
    servers.push(server);
    keepStreamsInTables(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  test('it is there, knows what is open, and lets the connection end', async () => {
    const { server, address } = await listening();
    const client = connect(address);
    const streams = Array.from({ length: 40 }, () => client.request());
    const opened: ServerHttp2Stream[] = [];
    await new Promise<void>((resolve) =>
      server.on('stream', (stream: ServerHttp2Stream) => opened.push(stream) === 40 && resolve()),
    );
    const session = opened[0]?.session as Http2Session;
    const { streams: table, pendingStreams } = stateOf(session);
    expect(Object.keys(table)).toEqual(MEMBERS.streams);
    expect([Object.keys(pendingStreams), pendingStreams.size]).toEqual([MEMBERS.pendingStreams, 0]);
    expect(table.size).toBe(40);
    for (const stream of opened.slice(0, 39)) stream.respond({ ':status': 204 }, { endStream: true });
    await Promise.all(streams.slice(0, 39).map((stream) => once(stream.resume(), 'close')));
    await expect.poll(() => table.size).toBe(1);
    // Waits only for the remaining stream.
    const closed = once(session, 'close');
    session.close();
    opened[39]?.respond({ ':status': 204 }, { endStream: true });
    await Promise.all([closed, once(streams[39]?.resume() as NodeJS.EventEmitter, 'close')]);
    expect(table.size).toBe(0);
    client.close();
  });

  test('a connection that is cut off takes all its streams with it', async () => {
    const { server, address } = await listening();
    const client = connect(address);
    client.on('error', () => undefined);
    const streams = Array.from({ length: 10 }, () => client.request().on('error', () => undefined));
    const opened: ServerHttp2Stream[] = [];
    await new Promise<void>((resolve) =>
      server.on('stream', (stream: ServerHttp2Stream) => opened.push(stream) === 10 && resolve()),
    );
    opened[0]?.session?.destroy();
    await Promise.all(opened.map((stream) => stream.closed || once(stream, 'close')));
    expect(opened.every(({ destroyed }) => destroyed)).toBe(true);
    await Promise.all(streams.map((stream) => stream.closed || once(stream, 'close')));
  });
});
