/** HTTP/1.1: the answers of a turn of the event loop are sent together at its end, and no answer is lost. */
import { channel } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';
import { http1, RawConnection } from './raw.ts';

const POST = 'POST /otp.v1.OtpService/Token HTTP/1.1';
const BODY = '{"key":{"secret":"JBSWY3DPEHPK3PXP"}}';
const GARBAGE = 'GET / HTTP/1.1\r\na b: c\r\n\r\n';

let server: TestServer;
let port: number;
beforeAll(async () => {
  server = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
  port = Number(new URL(server.httpUrl).port);
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => server.close());

const good = (id = 'a') =>
  http1(POST, { 'content-type': 'application/json', 'x-api-key': server.apiKey, 'x-request-id': id }, BODY);

test('no answer is written before all requests of the same turn are read', async () => {
  const connections = Array.from({ length: 8 }, () => new RawConnection(port));
  const takeAll = async (): Promise<void> => {
    for (const { socket } of connections) socket.write(good());
    for (const connection of connections) expect((await connection.answer()).status).toBe(200);
  };
  await takeAll();
  /** The requests of the current turn. */
  let fresh = 0;
  const noteRequest = (): void => {
    fresh += 1;
    // Immediates run in their order after all input of a turn was read, so this one runs before all answers.
    if (fresh === 1)
      setImmediate(() => {
        fresh = 0;
      });
  };
  const write = Socket.prototype.write;
  const freshAtWrites: number[] = [];
  vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...given: unknown[]) {
    if (this.localPort === port) freshAtWrites.push(fresh);
    return Reflect.apply(write, this, given);
  } as typeof write);
  channel('http.server.request.start').subscribe(noteRequest);
  for (let round = 0; round < 5; round += 1) await takeAll();
  channel('http.server.request.start').unsubscribe(noteRequest);
  expect(freshAtWrites.length).toBeGreaterThanOrEqual(5 * connections.length);
  expect(freshAtWrites.filter((count) => count > 0)).toEqual([]);
});

test('what cannot be read behind good requests is refused behind their answers', async () => {
  const connection = new RawConnection(port);
  connection.write(Buffer.concat([good('a'), good('b'), Buffer.from(GARBAGE)]));
  for (const id of ['a', 'b']) {
    const { status, headers } = await connection.answer();
    expect([status, headers['x-request-id']]).toEqual([200, id]);
  }
  const last = await connection.answer();
  expect([last.status, last.headers['connection']]).toEqual([400, 'close']);
  expect((await connection.answer()).status).toBeUndefined();
});

test('a body that cannot be read is refused behind the answers to the requests before it', async () => {
  const connection = new RawConnection(port);
  const broken = http1(
    POST,
    { 'content-type': 'application/json', 'x-api-key': server.apiKey, 'transfer-encoding': 'chunked' },
    'zz\r\n',
  );
  connection.write(Buffer.concat([good('a'), broken]));
  expect((await connection.answer()).headers['x-request-id']).toBe('a');
  const last = await connection.answer();
  expect([last.status, last.headers['connection']]).toEqual([400, 'close']);
  expect((await connection.answer()).status).toBeUndefined();
});
