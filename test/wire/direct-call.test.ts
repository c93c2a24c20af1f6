/** The call object that stands for grpc-js' own, on a server of grpc-js with nothing of the product behind it. */
import { EventEmitter } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, constants, type Http2Session } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import type { Call } from '../../src/grpc/call.ts';
import { serveDirectly } from '../../src/grpc/direct.ts';
import type { Pipeline } from '../../src/grpc/interceptor.ts';
import { createPeers } from '../../src/grpc/peer.ts';
import { frame, openConnection, openStream, rawCall } from '../support/raw.ts';

const path = '/a.B/C';
const EMPTY = frame(Buffer.alloc(0));
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

interface Listening {
  readonly connection: ClientHttp2Session;
  /** Another connection. */
  readonly connect: () => Promise<ClientHttp2Session>;
  /** What the call has told its listener. */
  readonly events: string[];
  readonly peers: string[];
}

/** Does with the call what `onMetadata` says, and notes what comes. */
async function listen(onMetadata: (call: Call) => void, options: Record<string, number> = {}): Promise<Listening> {
  const grpc = new Server({ 'grpc.enable_channelz': 0, ...options });
  const port = await new Promise<number>((resolve, reject) =>
    grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port))),
  );
  closers.push(() => grpc.forceShutdown());
  const events: string[] = [];
  const peers: string[] = [];
  const pipeline: Pipeline = {
    begin(_, call, peer) {
      peers.push(peer);
      return { call } as never;
    },
    front: (_, { call }) => ({
      onReceiveMetadata: () => onMetadata(call),
      onReceiveMessage: (message: Buffer) => void events.push(`message of ${message.length}`),
      onReceiveHalfClose: () => {
        events.push('end');
        succeed(call);
      },
      onCancel: () => void events.push('close'),
    }),
  };
  serveDirectly(grpc, [path], pipeline);
  const connect = async (): Promise<ClientHttp2Session> => {
    const connection = await openConnection(`127.0.0.1:${port}`);
    closers.push(() => connection.destroy());
    return connection;
  };
  return { connection: await connect(), connect, events, peers };
}

function succeed(call: Call): void {
  call.sendMessage(Buffer.alloc(0), () => call.sendStatus({ code: status.OK, details: '', metadata: null }));
}

function fail(call: Call): void {
  call.sendStatus({ code: status.ABORTED, details: 'no', metadata: null });
}

const read = (call: Call): void => call.startRead();

test('tells of a message, its end and the end of the stream, once each', async () => {
  const { connection, events } = await listen((call) => {
    call.startRead();
    call.startRead();
  });
  expect((await rawCall(connection, path, { body: frame(Buffer.alloc(9)) })).code).toBe('OK');
  await expect.poll(() => events).toEqual(['message of 9', 'end', 'close']);
});

test.each([
  ['a message', frame(Buffer.alloc(9)), ['message of 9', 'end']],
  ['no message', Buffer.alloc(0), ['end']],
])('keeps %s that is there until it is to be read', async (_, body, due) => {
  let waiting: Call | undefined;
  const { connection, events } = await listen((call) => {
    waiting = call;
  });
  const answer = rawCall(connection, path, { body });
  await sleep(100);
  expect(events).toEqual([]);
  waiting?.startRead();
  expect((await answer).code).toBe('OK');
  expect(events.slice(0, due.length)).toEqual(due);
});

test('tells nothing more of a request that is answered', async () => {
  const { connection, events } = await listen((call) => {
    call.startRead();
    fail(call);
  });
  expect((await rawCall(connection, path, { body: frame(Buffer.alloc(9)) })).code).toBe('ABORTED');
  await expect.poll(() => events).toContain('close');
  expect(events.filter((event) => event.startsWith('message'))).toEqual([]);
});

test('sends the first status, and no other', async () => {
  const { connection } = await listen((call) => {
    fail(call);
    succeed(call);
    fail(call);
  });
  expect(await rawCall(connection, path, { body: EMPTY })).toMatchObject({ code: 'ABORTED', message: 'no', rstCode: 0 });
  expect((await rawCall(connection, path, { body: EMPTY })).code).toBe('ABORTED');
});

test.each([
  ['cancels', (stream: ClientHttp2Stream) => stream.close(constants.NGHTTP2_CANCEL)],
  ['breaks off', (stream: ClientHttp2Stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR)],
  ['ends without an error', (stream: ClientHttp2Stream) => stream.close(constants.NGHTTP2_NO_ERROR)],
  ['loses its connection', (stream: ClientHttp2Stream) => stream.session?.destroy()],
])('is told when a caller %s, and whatever is answered then does no harm', async (_, leave) => {
  const calls: Call[] = [];
  const { connection, events, connect } = await listen((call) => {
    calls.push(call);
    call.startRead();
  });
  const stream = openStream(connection, path);
  stream.write(EMPTY);
  await expect.poll(() => events).toEqual(['message of 0']);
  leave(stream);
  await expect.poll(() => events.at(-1)).toBe('close');
  for (const answer of [fail, succeed]) calls.forEach(answer);
  expect((await rawCall(await connect(), path, { body: EMPTY })).code).toBe('OK');
});

test.each([
  ['answered', (stream: ClientHttp2Stream) => stream.end(EMPTY)],
  ['left', (stream: ClientHttp2Stream) => stream.close(constants.NGHTTP2_CANCEL)],
])('keeps no timer of a call that is %s', async (_, end) => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const { connection, events } = await listen(read);
  const before = timers();
  const streams = Array.from({ length: 50 }, () => openStream(connection, path, { 'grpc-timeout': '4S' }));
  await expect.poll(timers).toBeGreaterThan(before + 40);
  streams.forEach(end);
  await expect.poll(() => events.filter((event) => event === 'close')).toHaveLength(50);
  expect(timers()).toBeLessThan(before + 10);
});

test('a connection counts as idle only between calls', async () => {
  const { connection } = await listen(read, { 'grpc.max_connection_idle_ms': 1000 });
  let goneAway = 0;
  connection.on('goaway', () => void goneAway++);
  for (let call = 0; call < 6; call++) {
    expect((await rawCall(connection, path, { body: EMPTY })).code).toBe('OK');
    await sleep(300);
  }
  expect(goneAway).toBe(0);
  await expect.poll(() => goneAway, { timeout: 5000 }).toBeGreaterThan(0);
});

test('the peer is the address and port of the connection, for each of its calls', async () => {
  const { connection, peers } = await listen(read);
  for (const _ of [1, 2]) await rawCall(connection, path, { body: EMPTY });
  const peer = `127.0.0.1:${connection.socket?.localPort}`;
  expect(peers).toEqual([peer, peer]);
});

test('the peer of a connection is asked for once, and none is known of one that is gone', () => {
  let asked = 0;
  const socket = () => {
    asked += 1;
    return { remoteAddress: '::1', remotePort: 9 };
  };
  const session = Object.defineProperty({}, 'socket', { get: socket }) as Http2Session;
  const peerOf = createPeers();
  expect([peerOf(session), peerOf(session), peerOf(undefined)]).toEqual(['::1:9', '::1:9', 'unknown']);
  expect(asked).toBe(1);
});

test('other methods stay with grpc-js', async () => {
  const { connection, peers } = await listen(read);
  expect((await rawCall(connection, '/a.B/D', { body: EMPTY })).code).toBe('UNIMPLEMENTED');
  expect(peers).toEqual([]);
});

test.each([
  ['counts no streams', [() => undefined], undefined],
  ['does not listen to streams', [], () => undefined],
  ['listens to streams in two places', [() => undefined, () => undefined], () => undefined],
])('a server that %s is left as it is', (_, listeners, onStreamOpened) => {
  const http2 = new EventEmitter();
  for (const listener of listeners) http2.on('stream', listener);
  const server = { http2Servers: new Map([[http2, {}]]), onStreamOpened } as unknown as Server;
  serveDirectly(server, [path], {} as Pipeline);
  expect(http2.listeners('stream')).toEqual(listeners);
});
