/** The fast path: where it applies and where it does not, and that nothing of a call remains. */
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import { create, toBinary } from '@bufbuild/protobuf';
import { Server, type UntypedHandleCall } from '@grpc/grpc-js';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { untested } from '../../src/grpc/fast-path/apply.ts';
import { createTestClient, methods } from '../support/client.ts';
import { frame, openConnection, openStream, rawCall } from '../support/raw.ts';
import { startServer, type TestServer } from '../support/server.ts';

const TOKEN = '/otp.v1.OtpService/Token';
const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const MESSAGE = frame(toBinary(methods.token.input, create(methods.token.input, { key })));
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  vi.restoreAllMocks();
});

async function start(fastPath = 'on'): Promise<{ server: TestServer; connection: ClientHttp2Session }> {
  const server = await startServer({ flags: { fastPath } });
  closers.push(() => server.close());
  const connection = await openConnection(server.address);
  closers.push(() => connection.destroy());
  return { server, connection };
}

/** Returns the message of the start about the fast path. */
function said({ log }: TestServer): string[] {
  return log.map((line) => JSON.parse(line).msg).filter((msg: string) => msg.includes('fast path'));
}

describe('the start says which', () => {
  test('on', async () => {
    const { server } = await start();
    expect(said(server)).toEqual(['the fast path is on']);
  });

  test('off', async () => {
    const { server } = await start('off');
    expect(said(server)).toEqual(['the fast path is off: it is switched off']);
  });
});

test.each([
  [{ node: '26.10.0', 'grpc-js': '1.14.7' }, undefined],
  [{ node: '26.10.1', 'grpc-js': '1.14.7' }, 'it was tested with node 26.10.0, and this is 26.10.1'],
  [{ node: '26.10.0', 'grpc-js': '1.15.0' }, 'it was tested with grpc-js 1.14.7, and this is 1.15.0'],
])('of the versions %j it says %s', (found, whyNot) => {
  expect(untested(found)).toBe(whyNot);
});

test('a tracing library that wraps handlers sees every call, and the fast path leaves them to grpc-js', async () => {
  const seen: string[] = [];
  const { register } = Server.prototype;
  vi.spyOn(Server.prototype, 'register').mockImplementation(function (this: Server, name, handler, ...rest) {
    const wrapped = (...args: Parameters<typeof handler>) => {
      seen.push(name);
      return (handler as (...args: unknown[]) => void)(...args);
    };
    return register.call(this, name, wrapped as UntypedHandleCall as typeof handler, ...rest);
  });
  const { server } = await start();
  const client = createTestClient(server.address, server.apiKey);
  closers.push(() => client.close());
  expect((await client.call(methods.token, { key })).code).toBe('OK');
  expect((await client.call(methods.verify, { key, code: '000000' })).code).toBe('OK');
  expect(seen).toEqual([TOKEN, '/otp.v1.OtpService/Verify']);
  expect(said(server)).toEqual(['the fast path is off: handlers are wrapped, as tracing libraries do']);
});

describe.each(['on', 'off'])('with the fast path %s', (fastPath) => {
  test.each([
    // `close` would end the request first.
    ['cancels', (stream: ClientHttp2Stream) => stream.destroy()],
    ['breaks off', (stream: ClientHttp2Stream) => stream.destroy(new Error('broken'))],
    ['loses its connection', (stream: ClientHttp2Stream) => stream.session?.destroy()],
  ])('a caller that %s is logged as CANCELLED, once, and does no harm', async (_, leave) => {
    const { server, connection } = await start(fastPath);
    const stream = openStream(connection, TOKEN, { 'x-api-key': server.apiKey });
    stream.on('error', () => undefined).resume();
    stream.write(MESSAGE.subarray(0, 4));
    // It was opened before another call that is answered, so it is in progress.
    await rawCall(connection, '/grpc.health.v1.Health/Check', { body: frame(Buffer.alloc(0)) });
    leave(stream);
    const ends = () => server.log.filter((line) => line.includes(`"method":"${TOKEN}"`)).map((line) => JSON.parse(line).code);
    await expect.poll(ends).toEqual(['CANCELLED']);
    const another = await openConnection(server.address);
    closers.push(() => another.destroy());
    expect((await rawCall(another, TOKEN, { headers: { 'x-api-key': server.apiKey }, body: MESSAGE })).code).toBe('OK');
    expect(ends()).toEqual(['CANCELLED', 'OK']);
  });

  test.each([
    ['answered', (stream: ClientHttp2Stream) => stream.end(MESSAGE)],
    ['left', (stream: ClientHttp2Stream) => stream.close(constants.NGHTTP2_CANCEL)],
  ])('no timer stays of a call that is %s', async (_, end) => {
    const { server, connection } = await start(fastPath);
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    await rawCall(connection, TOKEN, { headers: { 'x-api-key': server.apiKey }, body: MESSAGE });
    const before = timers();
    const open = (): ClientHttp2Stream => openStream(connection, TOKEN, { 'x-api-key': server.apiKey, 'grpc-timeout': '4S' });
    const streams = Array.from({ length: 50 }, open);
    for (const stream of streams) stream.on('error', () => undefined).resume();
    await expect.poll(timers).toBeGreaterThanOrEqual(before + 50);
    streams.forEach(end);
    await expect.poll(timers, { timeout: 3000 }).toBeLessThan(before + 5);
  });

  test('the peer is the address and port of the connection, for each of its calls', async () => {
    const { server, connection } = await start(fastPath);
    for (const _ of [1, 2]) await rawCall(connection, TOKEN, { headers: { 'x-api-key': server.apiKey }, body: MESSAGE });
    const peers = server.log.filter((line) => line.includes(`"method":"${TOKEN}"`)).map((line) => JSON.parse(line).peer);
    const peer = `127.0.0.1:${connection.socket?.localPort}`;
    expect(peers).toEqual([peer, peer]);
  });
});
