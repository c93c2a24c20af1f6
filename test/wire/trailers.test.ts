/** The trailers of gRPC over HTTP/2, which the conformance suite checks byte by byte. */
import type { ClientHttp2Session } from 'node:http2';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { methods } from '../support/client.ts';
import { frame, openConnection, rawCall } from '../support/raw.ts';
import { startServer, type TestServer } from '../support/server.ts';

const TOKEN = '/otp.v1.OtpService/Token';
const WATCH = '/otp.v1.OtpService/WatchToken';
const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const MESSAGE = frame(toBinary(methods.token.input, create(methods.token.input, { key })));

let server: TestServer;
let connection: ClientHttp2Session;

beforeAll(async () => {
  server = await startServer();
  connection = await openConnection(server.address);
});
afterAll(async () => {
  connection.destroy();
  await server.close();
});

describe.each([
  ['plain', {}],
  ['in the encoding that grpc-js serves', { 'grpc-encoding': 'gzip' }],
])('a call that is %s', (_, encoding) => {
  const send = (path: string, headers: Readonly<Record<string, string>>, body: Buffer) =>
    rawCall(connection, path, { headers: { 'x-api-key': server.apiKey, ...encoding, ...headers }, body });

  test('has no message where it succeeds', async () => {
    const { code, metadata } = await send(TOKEN, {}, MESSAGE);
    expect(code).toBe('OK');
    expect(metadata['grpc-message'] ?? '').toBe('');
  });

  test.each([TOKEN, WATCH])('has details without padding where %s fails', async (path) => {
    // Of three consecutive lengths, two would be padded.
    for (const requestId of ['a', 'ab', 'abc']) {
      const { code, details, metadata } = await send(path, { 'x-request-id': requestId }, frame(Buffer.from('garbage')));
      expect(code).toBe('INVALID_ARGUMENT');
      expect(details.requestInfo?.requestId).toBe(requestId);
      expect(metadata['grpc-status-details-bin']).not.toMatch(/=$/);
    }
  });
});

test('a health check, which is not ours, has no message where it succeeds either', async () => {
  const { code, metadata } = await rawCall(connection, '/grpc.health.v1.Health/Check', { body: frame(Buffer.alloc(0)) });
  expect(code).toBe('OK');
  expect(metadata['grpc-message'] ?? '').toBe('');
});
