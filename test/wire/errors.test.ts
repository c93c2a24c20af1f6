/** The error model on every path that a call can fail on: one code, one reason, one request id, and details that agree with the status. */
import type { ClientHttp2Session } from 'node:http2';
import { deflateSync, gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QrErrorCorrection, QrFormat } from '../../gen/ts/otp/v1/qr_code_pb.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { expectError } from '../support/expect-error.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { answerOf, frame, openConnection, openStream, type RawAnswer, type RawOptions, rawCall } from '../support/raw.ts';
import { runningMs } from '../support/running-time.ts';
import { startServer, type TestServer } from '../support/server.ts';

const TOKEN = '/otp.v1.OtpService/Token';
const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const MESSAGE = toBinary(methods.token.input, create(methods.token.input, { key }));

let server: TestServer;
let client: TestClient;
let connection: ClientHttp2Session;

beforeAll(async () => {
  server = await startServer();
  client = createTestClient(server.address, server.apiKey);
  connection = await openConnection(server.address);
});
afterAll(async () => {
  connection.destroy();
  client.close();
  await server.close();
});

async function send({ headers, body }: RawOptions): Promise<RawAnswer & { trailers: RawAnswer['metadata'] }> {
  const answer = await rawCall(connection, TOKEN, { headers: { 'x-api-key': server.apiKey, ...headers }, body });
  return { ...answer, trailers: answer.metadata };
}

describe('before the message is read', () => {
  test('no key, in any of the ways to have none', async () => {
    for (const headers of [
      {},
      { 'x-api-key': '' },
      { authorization: '' },
      { authorization: 'Basic abc' },
      { authorization: 'Bearer ' },
    ]) {
      const answer = await rawCall(connection, TOKEN, { headers, body: frame(MESSAGE) });
      expectError({ ...answer, trailers: answer.metadata }, 'UNAUTHENTICATED', 'API_KEY_MISSING');
    }
  });

  test.each([
    ['a space after it', (key: string) => `${key} `],
    ['a space before it', (key: string) => ` ${key}`],
    ['a tab after it', (key: string) => `${key}\t`],
  ])('a key with %s, which HTTP/2 drops: the message says so', async (_, spell) => {
    const answer = await rawCall(connection, TOKEN, { headers: { 'x-api-key': spell(server.apiKey) }, body: frame(MESSAGE) });
    expectError({ ...answer, trailers: answer.metadata }, 'UNAUTHENTICATED', 'API_KEY_MISSING');
    expect(answer.message).toContain('no space or line break before or after it');
  });

  test('a key with a space in it: the message says that none has one', async () => {
    const apiKey = `${server.apiKey.slice(0, 9)} ${server.apiKey.slice(9)}`;
    const answer = await rawCall(connection, TOKEN, { headers: { 'x-api-key': apiKey }, body: frame(MESSAGE) });
    expectError({ ...answer, trailers: answer.metadata }, 'UNAUTHENTICATED', 'API_KEY_INVALID');
    expect(answer.message).toContain('spaces or line breaks in it');
  });

  test('an invalid key', async () => {
    const answer = await client.call(methods.token, { key }, { apiKey: 'otpd_nonsense' });
    expectError(answer, 'UNAUTHENTICATED', 'API_KEY_INVALID');
  });

  test('a key without the scope', async () => {
    const apiKey = await server.createKey({ scopes: ['verify', 'token'] });
    const answer = await client.call(methods.generate, { accountName: 'alice' }, { apiKey });
    expectError(answer, 'PERMISSION_DENIED', 'SCOPE_MISSING');
    expect(answer.details.errorInfo?.metadata).toEqual({ scope: 'generate' });
  });

  test('an invalid grpc-timeout', async () => {
    expectError(
      await send({ headers: { 'grpc-timeout': 'abc' }, body: frame(MESSAGE) }),
      'INVALID_ARGUMENT',
      'MALFORMED_MESSAGE',
    );
  });
});

describe('the message', () => {
  test.each([
    ['no bytes of protobuf', { body: frame(Buffer.from('garbage')) }],
    ['the flag of compression without an encoding', { body: frame(Buffer.from([0xff, 0xff]), true) }],
    ['garbage as gzip', { headers: { 'grpc-encoding': 'gzip' }, body: frame(Buffer.from('garbage'), true) }],
    ['gzip cut short', { headers: { 'grpc-encoding': 'gzip' }, body: frame(gzipSync(MESSAGE).subarray(0, -9), true) }],
    ['garbage as deflate', { headers: { 'grpc-encoding': 'deflate' }, body: frame(Buffer.from('garbage'), true) }],
  ])('%s is malformed', async (_, options) => {
    expectError(await send(options), 'INVALID_ARGUMENT', 'MALFORMED_MESSAGE');
  });

  test.each([
    ['64 KiB and a byte', { body: frame(Buffer.alloc(65_537)) }],
    ['4 GiB, by its own account', { body: Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 0]) }],
    ['64 MB in 64 KB of gzip', { headers: { 'grpc-encoding': 'gzip' }, body: frame(gzipSync(Buffer.alloc(64_000_000)), true) }],
    [
      '64 MB in 64 KB of deflate',
      { headers: { 'grpc-encoding': 'deflate' }, body: frame(deflateSync(Buffer.alloc(64_000_000)), true) },
    ],
  ])('%s is too large', async (_, options) => {
    expectError(await send(options), 'RESOURCE_EXHAUSTED', 'MESSAGE_TOO_LARGE');
  });

  test.each([
    ['none', { body: Buffer.alloc(0) }],
    ['half of one', { body: frame(MESSAGE).subarray(0, 9) }],
    ['two of them', { body: Buffer.concat([frame(MESSAGE), frame(MESSAGE)]) }],
    ['an encoding that is unknown', { headers: { 'grpc-encoding': 'br' }, body: frame(MESSAGE, true) }],
  ])('%s is no form that the method takes', async (_, options) => {
    expectError(await send(options), 'UNIMPLEMENTED', 'PROTOCOL');
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ])('compressed with %s is read', async (encoding, compress) => {
    expect((await send({ headers: { 'grpc-encoding': encoding }, body: frame(compress(MESSAGE), true) })).code).toBe('OK');
  });

  test('the largest answer there is can be sent', async () => {
    const qrCode = { format: QrFormat.SVG, errorCorrection: QrErrorCorrection.H };
    const [issuer, accountName] = ['\u20ac'.repeat(42), '\u20ac'.repeat(85)];
    const { response } = await client.call(methods.generate, { issuer, accountName, secret: 'A'.repeat(204), qrCode });
    expect(response?.qrCode?.data.length).toBeGreaterThan(100_000);
  });

  test('of 64 KiB is read, and judged by its fields', async () => {
    const answer = await client.call(methods.token, { key: { source: { case: 'uri', value: 'x'.repeat(65_000) } } });
    expectError(answer, 'INVALID_ARGUMENT', 'INVALID_FIELDS');
  });
});

describe('time', () => {
  test("the caller's deadline", async () => {
    expectError(await send({ headers: { 'grpc-timeout': '20m' } }), 'DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED');
  });

  test.concurrent.each([
    ['Token', TOKEN, Buffer.alloc(0)],
    ['Token, half of it', TOKEN, frame(MESSAGE).subarray(0, 9)],
    ['WatchToken', '/otp.v1.OtpService/WatchToken', Buffer.alloc(0)],
    ['WatchToken, whole but not ended', '/otp.v1.OtpService/WatchToken', frame(MESSAGE)],
  ])(
    '%s without the rest of its body is ended after 5 s',
    async (_, path, part) => {
      const [started, running] = [performance.now(), runningMs()];
      const stream = openStream(connection, path, { 'x-api-key': server.apiKey });
      if (part.length > 0) stream.write(part);
      const answer = await answerOf(stream);
      expectError({ ...answer, trailers: answer.metadata }, 'DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED');
      expect(performance.now() - started).toBeGreaterThan(4800);
      expect(runningMs() - running).toBeLessThan(6000);
    },
    10_000,
  );
});

describe('the request id', () => {
  test.each(['a', 'trace-1234/5', '0af7651916cd43dd8448eb211c80319c', 'x'.repeat(128)])('%s is kept', async (id) => {
    const answer = await client.call(methods.token, {}, { metadata: { 'x-request-id': id } });
    expectError(answer, 'INVALID_ARGUMENT', 'INVALID_FIELDS');
    expect(answer.details.requestInfo?.requestId).toBe(id);
    const good = await client.call(methods.token, { key }, { metadata: { 'x-request-id': id } });
    expect(good.headers['x-request-id']).toBe(id);
  });

  test.each(['', ' ', 'a b', 'a"b', '{}', 'x'.repeat(129), 'a,b', 'otpauth://totp/a?secret=B'])('%j is replaced', async (id) => {
    const answer = await client.call(methods.token, {}, { metadata: { 'x-request-id': id } });
    expectError(answer, 'INVALID_ARGUMENT', 'INVALID_FIELDS');
    expect(answer.details.requestInfo?.requestId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  test('an API key in the wrong header is replaced: it would be logged', async () => {
    const { trailers } = await client.call(methods.token, {}, { metadata: { 'x-request-id': server.apiKey } });
    expect(trailers['x-request-id']).not.toBe(server.apiKey);
  });

  test('two calls without one get two', async () => {
    const one = await client.call(methods.token, { key });
    const other = await client.call(methods.token, { key });
    expect(one.headers['x-request-id']).not.toBe(other.headers['x-request-id']);
  });
});

describe('the state behind', () => {
  const broken = (error: Error) => {
    const memory = createMemoryStore();
    return { ...memory, keys: { ...memory.keys, findMany: () => Promise.reject(error) } };
  };

  test('unreachable: UNAVAILABLE, and when to try again', async () => {
    const failing = await startServer({ store: broken(new StoreUnavailableError(new Error('ECONNREFUSED'))) });
    const caller = createTestClient(failing.address, failing.apiKey);
    const answer = await caller.call(methods.token, { key });
    caller.close();
    await failing.close();
    expectError(answer, 'UNAVAILABLE', 'STORE_UNAVAILABLE');
    expect(answer.details.retryInfo?.retryDelay).toMatchObject({ seconds: 1n, nanos: 0 });
    expect(answer.trailers).toMatchObject({ 'retry-after': '1', 'grpc-retry-pushback-ms': '1000' });
  });

  test('faulty: INTERNAL with a fixed text, and the stack in the log without the message', async () => {
    const failing = await startServer({ store: broken(new TypeError('the canary in the message')) });
    const caller = createTestClient(failing.address, failing.apiKey);
    const answer = await caller.call(methods.token, { key }, { metadata: { 'x-request-id': 'fault-1' } });
    caller.close();
    await failing.close();
    expectError(answer, 'INTERNAL', 'INTERNAL');
    expect(answer.message).not.toContain('canary');
    const lines = failing.log.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ code: 'INTERNAL', requestId: 'fault-1', err: { type: 'TypeError' } });
    expect(lines[0].err.stack[0]).toMatch(/^at .+errors\.test\.ts/);
    expect(failing.log.join('')).not.toContain('canary');
  });
});
