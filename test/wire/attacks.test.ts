/** Attacks on the running server over raw sockets and raw HTTP/2: it stays up, serves others meanwhile, and nothing hangs. */
import { once } from 'node:events';
import { type ClientHttp2Session, constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { answerOf, frame, http2Frame, openConnection, openStream, type RawAnswer, rawCall } from '../support/raw.ts';
import { runningMs } from '../support/running-time.ts';
import { startServer, type TestServer } from '../support/server.ts';

const TOKEN = '/otp.v1.OtpService/Token';
const WATCH = '/otp.v1.OtpService/WatchToken';
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const BODY = frame(toBinary(methods.token.input, create(methods.token.input, { key })));
const WATCH_BODY = frame(toBinary(methods.watchToken.input, create(methods.watchToken.input, { key })));

let server: TestServer;
let bystander: TestClient;
const connections: ClientHttp2Session[] = [];

beforeAll(async () => {
  server = await startServer();
  bystander = createTestClient(server.address, server.apiKey);
});
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.destroy();
  await expectServed();
});
afterAll(async () => {
  bystander.close();
  await server.close();
});

/** Expects that another caller is answered. */
async function expectServed(): Promise<void> {
  const started = runningMs();
  expect((await bystander.call(methods.token, { key }, { deadlineMs: 5000 })).code).toBe('OK');
  expect(runningMs() - started).toBeLessThan(5000);
}

async function connect(): Promise<ClientHttp2Session> {
  const connection = await openConnection(server.address);
  connections.push(connection);
  return connection;
}

/** Resolves to the answer, or to undefined after 5 s without one. */
function within5s(answer: Promise<RawAnswer>): Promise<RawAnswer | undefined> {
  return Promise.race([answer, sleep(5000, undefined, { ref: false })]);
}

test.each([
  ['an HTTP/1.1 request', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['garbage', Buffer.alloc(4096, 0xa5)],
  ['a TLS handshake', Buffer.from('16030100f1010000ed0303', 'hex')],
  ['half a preface', PREFACE.slice(0, 10)],
  [
    'a frame of an unknown type',
    Buffer.concat([Buffer.from(PREFACE), http2Frame(4, 0, 0, Buffer.alloc(0)), http2Frame(99, 0xff, 1, Buffer.alloc(100, 1))]),
  ],
  [
    'a frame that is too long',
    Buffer.concat([Buffer.from(PREFACE), http2Frame(4, 0, 0, Buffer.alloc(0)), http2Frame(0, 0, 1, Buffer.alloc(100_000))]),
  ],
  [
    'headers that are no HPACK',
    Buffer.concat([Buffer.from(PREFACE), http2Frame(4, 0, 0, Buffer.alloc(0)), http2Frame(1, 4, 1, Buffer.alloc(50, 0xff))]),
  ],
  [
    'data for a stream that is not open',
    Buffer.concat([Buffer.from(PREFACE), http2Frame(4, 0, 0, Buffer.alloc(0)), http2Frame(0, 1, 77, BODY)]),
  ],
  ['settings of an odd length', Buffer.concat([Buffer.from(PREFACE), http2Frame(4, 0, 0, Buffer.alloc(7))])],
  [
    'a window update of zero',
    Buffer.concat([Buffer.from(PREFACE), http2Frame(4, 0, 0, Buffer.alloc(0)), http2Frame(8, 0, 0, Buffer.alloc(4))]),
  ],
])('%s on a bare socket', async (_, bytes) => {
  const sockets = Array.from({ length: 20 }, () => connectTcp(server.port, '127.0.0.1'));
  for (const socket of sockets) {
    socket.on('error', () => undefined);
    socket.write(bytes);
  }
  await sleep(50);
  await expectServed();
  for (const socket of sockets) socket.destroy();
});

test.each([
  ['a content type that is not gRPC', TOKEN, { 'content-type': 'text/html' }],
  ['no such method', '/otp.v1.OtpService/Nope', {}],
  ['a path of another alphabet', '/ÿ\u0080', {}],
  ['a path that is a percent sign', '/%', {}],
  ['a path from the prototype', '/otp.v1.OtpService/__proto__', {}],
  ['metadata beyond ASCII', TOKEN, { 'x-request-id': 'é', 'x-other': 'ÿ' }],
  ['binary metadata that is no base64', TOKEN, { 'x-other-bin': '!!!!', 'grpc-status-details-bin': 'é' }],
  ['metadata named as the server names its own', TOKEN, { 'grpc-status': '0', 'otpd.call': 'x', 'x-ratelimit-limit': '1' }],
  ['an API key twice', TOKEN, { 'x-api-key': ['a', 'b'] }],
  ['an empty API key and an empty bearer', TOKEN, { 'x-api-key': '', authorization: 'Bearer' }],
  ['an API key of 8,000 characters', TOKEN, { 'x-api-key': `otpd_${'a'.repeat(8000)}` }],
  ['a timeout far beyond what a timer holds', TOKEN, { 'grpc-timeout': '99999999H' }],
  ['a timeout of nothing', TOKEN, { 'grpc-timeout': '0n' }],
  ['an encoding from the prototype', TOKEN, { 'grpc-encoding': '__proto__' }],
])('%s is answered', async (_, path, headers) => {
  const answer = await within5s(rawCall(await connect(), path, { headers, body: BODY }));
  expect(answer?.httpStatus).toBeDefined();
  expect(answer?.code).not.toBe('OK');
});

test('70 KB of metadata, as one value and as a thousand', async () => {
  const one = { 'x-api-key': server.apiKey, 'x-large': 'a'.repeat(70_000) };
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`x-${index}`, 'a'.repeat(64)]));
  for (const headers of [one, { ...many, 'x-api-key': server.apiKey }]) {
    const answer = await within5s(rawCall(await connect(), TOKEN, { headers, body: BODY }));
    expect(answer).toBeDefined();
    expect(answer?.code).not.toBe('OK');
    await expectServed();
  }
});

test('5,000 open streams over 50 connections: all are served, as are other callers', async () => {
  const many = await Promise.all(Array.from({ length: 50 }, connect));
  const keys = await Promise.all(many.map(() => server.createKey()));
  const streams = many.flatMap((connection, index) =>
    Array.from({ length: 100 }, () => {
      const stream = openStream(connection, WATCH, { 'x-api-key': keys[index] ?? '' });
      stream.end(WATCH_BODY);
      return stream;
    }),
  );
  const tokens = await Promise.all(streams.map(async (stream) => (await once(stream, 'data')).length));
  expect(tokens).toHaveLength(5000);
  await expectServed();
}, 20_000);

test('a caller gets no more than 100 streams on a connection, however many it opens', async () => {
  const connection = await connect();
  // Two keys, since one key may have no more than a hundred streams.
  const apiKeys = [server.apiKey, await server.createKey()];
  let answered = 0;
  for (let opened = 0; opened < 150; opened += 1) {
    const stream = openStream(connection, WATCH, { 'x-api-key': apiKeys[opened % 2] ?? '' });
    stream.once('data', () => {
      answered += 1;
    });
    stream.end(WATCH_BODY);
  }
  await expect.poll(() => answered).toBe(100);
  await sleep(200);
  expect(answered).toBe(100);
});

test('of calls without an API key ten may be under way on a connection, whichever they are', async () => {
  const [connection, another] = [await connect(), await connect()];
  const methods = [
    'grpc.health.v1.Health/Watch',
    'grpc.health.v1.Health/Check',
    'grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  ];
  const held = Array.from({ length: 10 }, (_, i) => openStream(connection, `/${methods[i % methods.length]}`));
  const check = (on: ClientHttp2Session) => rawCall(on, '/grpc.health.v1.Health/Check', { body: frame(Buffer.alloc(0)) });
  const refused = await check(connection);
  expect(refused).toMatchObject({ code: 'RESOURCE_EXHAUSTED', message: expect.stringContaining('at most 10 at a time') });
  expect(await check(another)).toMatchObject({ code: 'OK' });
  expect(await rawCall(connection, TOKEN, { headers: { 'x-api-key': server.apiKey }, body: BODY })).toMatchObject({ code: 'OK' });

  held[0]?.close(constants.NGHTTP2_CANCEL);
  await expect.poll(async () => (await check(connection)).code).toBe('OK');
  // Each stream has released its permit, however it ended.
  for (const stream of held) stream.close(constants.NGHTTP2_CANCEL);
  for (let i = 0; i < 30; i += 1) expect((await check(connection)).code).toBe('OK');
});

test('10,000 streams opened and reset at once', async () => {
  for (let round = 0; round < 10; round += 1) {
    const connection = await connect();
    for (let opened = 0; opened < 1000 && !connection.destroyed; opened += 1) {
      const stream = openStream(connection, opened % 2 ? TOKEN : WATCH, { 'x-api-key': server.apiKey });
      stream.close(constants.NGHTTP2_CANCEL);
    }
    await sleep(20);
  }
  await expectServed();
}, 20_000);

test('100 callers that never send a body are ended after 5 s, and others are served meanwhile', async () => {
  const connection = await connect();
  const started = runningMs();
  const idle = Array.from({ length: 100 }, () => answerOf(openStream(connection, TOKEN, { 'x-api-key': server.apiKey })));
  await sleep(100);
  await expectServed();
  const codes = (await Promise.all(idle)).map(({ code }) => code);
  expect(new Set(codes)).toEqual(new Set(['DEADLINE_EXCEEDED']));
  expect(runningMs() - started).toBeLessThan(6500);
}, 10_000);

test('a connection dropped in the middle of a thousand calls', async () => {
  const connection = await connect();
  for (let call = 0; call < 1000; call += 1) openStream(connection, TOKEN, { 'x-api-key': server.apiKey }).end(BODY);
  connection.destroy();
  await expectServed();
});

test('none of this is a fault in the log', () => {
  expect(server.log.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50)).toEqual([]);
});
