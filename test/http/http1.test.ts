/** Connections of HTTP/1.1 over real sockets; `look` is told what time it is, so that no test waits. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/http/exchange.ts';
import { createHttp1 } from '../../src/http/http1.ts';
import type { Speaker } from '../../src/http/speaker.ts';
import { until } from '../support/until.ts';
import { http1, RawConnection } from './raw.ts';

const RAW = 'HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n';
const GARBAGE = 'GET / HTTP/1.1\r\na b: c\r\n\r\n';
const GET = http1('GET /path HTTP/1.1', {});

let speaker: Speaker;
let server: Server;
let port: number;
/** The connections as the server has them. */
let sockets: Socket[];
/** The requests, with the reason if one is refused. */
let exchanges: [Exchange, string | undefined][];
/** The names and targets of what could not be read. */
let refusals: [string, string][];
let rawAnswer: Promise<string>;
/** Whether requests are answered by themselves. */
let answers: boolean;
/** The answers that are over. */
let closed: number;

beforeEach(async () => {
  [sockets, exchanges, refusals] = [[], [], []];
  rawAnswer = Promise.resolve(RAW);
  answers = true;
  closed = 0;
  speaker = createHttp1(
    (exchange, refusal) => {
      exchanges.push([exchange, refusal]);
      exchange.onClose(() => {
        closed += 1;
      });
      if (answers) exchange.send(refusal === undefined ? 200 : 400, {}, 'ok');
    },
    (name, target) => {
      refusals.push([name, target]);
      return rawAnswer;
    },
    { maxAgeMs: 1e9, graceMs: 1e9, endStreams: () => undefined },
  );
  server = createServer((socket) => {
    sockets.push(socket);
    speaker.take(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

/** Opens a connection; resolves once the server has it, to times before and after that. */
async function open(): Promise<{ connection: RawConnection; socket: Socket; before: number; after: number }> {
  const before = performance.now();
  const connection = new RawConnection(port);
  const known = sockets.length;
  await until('the connection is taken', () => sockets.length > known);
  return { connection, socket: sockets.at(-1) as Socket, before, after: performance.now() };
}

async function openAndAsk() {
  const opened = await open();
  opened.connection.write(GET);
  expect((await opened.connection.answer()).status).toBe(200);
  await until('the answer is over', () => closed > 0);
  return { ...opened, answered: performance.now() };
}

const isOver = (socket: Socket) => until('the connection is closed', () => socket.destroyed);

describe('a connection', () => {
  test('without a head is told so after 4 s, and cut off after 2 more though its caller stays', async () => {
    const lasting = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    lasting.on('error', () => undefined).resume();
    await until('the connection is taken', () => sockets.length === 1);
    const [socket] = sockets as [Socket];
    const taken = performance.now();
    speaker.look(taken + 3000);
    expect(refusals).toEqual([]);
    speaker.look(taken + 4001);
    expect(refusals).toEqual([['slow', '']]);
    await once(socket, 'finish');
    speaker.look(performance.now() + 2001);
    expect(refusals).toHaveLength(1);
    expect(socket.destroyed).toBe(true);
    lasting.destroy();
  });

  test('whose next head is not whole 3 s after it was first seen is told so', async () => {
    const { connection, socket } = await openAndAsk();
    const read = socket.bytesRead;
    connection.write('GET /next HTTP/1.1\r\n');
    await until('the line has come', () => socket.bytesRead > read);
    const seen = performance.now() + 50_000;
    speaker.look(seen);
    speaker.look(seen + 2999);
    expect(refusals).toEqual([]);
    speaker.look(seen + 3001);
    expect(refusals).toEqual([['slow', '/path']]);
    await isOver(socket);
  });

  test('without a request for a minute is closed, and no earlier', async () => {
    const { socket, answered } = await openAndAsk();
    speaker.look(answered + 50_000);
    expect(socket.destroyed).toBe(false);
    speaker.look(answered + 60_001);
    expect(socket.destroyed).toBe(true);
    expect(refusals).toEqual([]);
  });

  test('that is closed is looked at no more', async () => {
    const { connection, socket, after } = await open();
    connection.socket.destroy();
    await once(socket, 'close');
    speaker.look(after + 5000);
    expect(refusals).toEqual([]);
  });

  test('that cannot be read is refused once, though more of that comes', async () => {
    const { connection, socket } = await openAndAsk();
    const late = Promise.withResolvers<string>();
    rawAnswer = late.promise;
    connection.write(GARBAGE);
    await until('it is refused', () => refusals.length > 0);
    connection.write(GARBAGE);
    await until('more has come', () => socket.bytesRead >= GET.length + 2 * GARBAGE.length);
    await new Promise(setImmediate);
    late.resolve(RAW);
    expect((await connection.answer()).status).toBe(400);
    expect(refusals).toEqual([['syntax', '/']]);
    expect((await connection.answer()).body).toBe('');
  });

  test('whose caller has left before it can be refused is an error to nobody', async () => {
    const { connection, socket } = await open();
    const late = Promise.withResolvers<string>();
    rawAnswer = late.promise;
    const faults: unknown[] = [];
    socket.on('error', (error) => faults.push(error));
    connection.write(GARBAGE);
    await until('it is refused', () => refusals.length > 0);
    socket.end();
    late.resolve(RAW);
    await isOver(socket);
    expect(faults).toEqual([]);
  });

  test('with a request that is refused has no other', async () => {
    const { connection, socket } = await open();
    connection.write('GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n');
    const { status, headers } = await connection.answer();
    expect([status, headers['connection']]).toEqual([400, 'close']);
    await isOver(socket);
  });
});

describe('once no more is accepted', () => {
  test('a connection between two requests is closed at once', async () => {
    const { socket } = await openAndAsk();
    speaker.drain();
    await isOver(socket);
  });

  test('an answer that has begun is the last, though it has promised another', async () => {
    answers = false;
    const { connection, socket } = await open();
    connection.write(GET);
    await until('it is asked', () => exchanges.length > 0);
    const [exchange] = exchanges[0] as [Exchange, undefined];
    exchange.begin(200, { 'content-length': '2' });
    speaker.drain();
    exchange.end('ok');
    expect((await connection.answer()).body).toBe('ok');
    await isOver(socket);
  });

  test('the answer on a connection that is taken yet says that it is the last', async () => {
    speaker.drain();
    const { connection } = await open();
    connection.write(GET);
    const { status, headers } = await connection.answer();
    expect([status, headers['connection']]).toEqual([200, 'close']);
  });
});
