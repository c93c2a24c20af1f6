/** Only a POST with a gRPC content type is a call; any other request is refused with a reason, and has no effect. */
import type { ClientHttp2Session } from 'node:http2';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VerifyResponseSchema, VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { frame, openConnection, openStream, type RawAnswer, rawCall } from '../support/raw.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { NOTHING, PATHS } from './bounds.ts';

const NO_CALLS: [string, Readonly<Record<string, string>>][] = [
  ...['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'post', 'BREW'].map(
    (method): [string, { ':method': string }] => [`the method ${method}`, { ':method': method }],
  ),
  ...[
    'application/grpc-web',
    'application/grpc-web+proto',
    'application/grpc-web-text',
    'application/grpc-web-text+proto',
    'application/grpc+json',
    'application/grpc+protobuf',
    'application/grpcx',
    'application/json',
    'text/plain',
    '',
  ].map((type): [string, { 'content-type': string }] => [`the content type "${type}"`, { 'content-type': type }]),
];

describe.each(['on', 'off'])('with the fast path %s', (fastPath) => {
  let server: TestServer;
  let client: TestClient;
  let connection: ClientHttp2Session;
  let secrets = 0;

  beforeAll(async () => {
    server = await startServer({ flags: { fastPath } });
    client = createTestClient(server.address, server.apiKey);
    connection = await openConnection(server.address);
  });
  afterAll(async () => {
    connection.destroy();
    client.close();
    await server.close();
  });

  /** Returns a right code of a new secret, as a request. */
  async function rightCode(): Promise<Buffer> {
    secrets += 1;
    const value = `JBSWY3DPEHPK3PXP${'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[secrets]}AAAAAAA`;
    const key = { source: { case: 'secret', value } } as const;
    const { response } = await client.call(methods.token, { key });
    const code = response?.token?.code ?? '';
    return frame(toBinary(methods.verify.input, create(methods.verify.input, { key, code })));
  }

  const verify = (body: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> =>
    rawCall(connection, PATHS.verify, { headers: { 'x-api-key': server.apiKey, ...headers }, body });

  function statusOf({ body }: RawAnswer): VerifyStatus {
    return fromBinary(VerifyResponseSchema, body.subarray(5)).status;
  }

  test.each(NO_CALLS)('%s is answered 415, and consumes no code', async (_, headers) => {
    const body = await rightCode();
    const answer = await verify(body, headers);
    expect({ httpStatus: answer.httpStatus, code: answer.code, bytes: answer.body.length }).toEqual({
      httpStatus: 415,
      code: undefined,
      bytes: 0,
    });
    expect(statusOf(await verify(body))).toBe(VerifyStatus.ACCEPTED);
    expect(statusOf(await verify(body))).toBe(VerifyStatus.REPLAYED);
  });

  test.each([PATHS.healthCheck, PATHS.healthWatch, PATHS.watch, '/otp.v1.OtpService/Nope'])('so it is at %s', async (path) => {
    for (const [, headers] of NO_CALLS)
      expect((await rawCall(connection, path, { headers, body: NOTHING })).httpStatus).toBe(415);
  });

  test('a request without a content type is not a call', async () => {
    const body = await rightCode();
    const stream = connection.request({ ':method': 'POST', ':path': PATHS.verify, 'x-api-key': server.apiKey, te: 'trailers' });
    stream.end(body);
    const status = await new Promise((resolve) => stream.once('response', (headers) => resolve(headers[':status'])));
    expect(status).toBe(415);
    expect(statusOf(await verify(body))).toBe(VerifyStatus.ACCEPTED);
  });

  test.each(['application/grpc', 'application/grpc+proto', 'application/grpc;charset=utf-8', 'application/grpc+proto; a=b'])(
    'the content type %s is one of a call',
    async (type) => {
      expect(statusOf(await verify(await rightCode(), { 'content-type': type }))).toBe(VerifyStatus.ACCEPTED);
    },
  );

  test('none of this is a call in the log, or more', async () => {
    const lines = server.log.length;
    openStream(connection, PATHS.verify, { ':method': 'HEAD', 'x-api-key': server.apiKey });
    await verify(await rightCode(), { ':method': 'GET' });
    // Only the call for the code is in the log.
    expect(server.log.slice(lines).map((line) => JSON.parse(line).method)).toEqual([PATHS.token]);
    expect(server.log.map((line) => JSON.parse(line)).filter(({ level }) => level >= 40)).toEqual([]);
  });
});
