/** Unary calls without grpc-js' call object: their answers equal its answers, and it still serves all other calls. */
import { once } from 'node:events';
import { type ClientHttp2Session, constants } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { methods } from '../support/client.ts';
import { answerOf, frame, openConnection, openStream, ping, type RawAnswer, rawCall } from '../support/raw.ts';
import { startServer, type TestServer } from '../support/server.ts';

const TOKEN = '/otp.v1.OtpService/Token';
const VERIFY = '/otp.v1.OtpService/Verify';
const WATCH = '/otp.v1.OtpService/WatchToken';
const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const at = { seconds: 1_700_000_000n };
const MESSAGE = toBinary(methods.token.input, create(methods.token.input, { key, at }));
/** grpc-js handles any encoding except `identity`, even if no message uses it. */
const BY_GRPC_JS = { 'grpc-encoding': 'gzip' };

let server: TestServer;
let minutely: string;
let connection: ClientHttp2Session;

beforeAll(async () => {
  // A clock that stands still, so that answers can be compared and limits do not move.
  server = await startServer({ clock: () => 1_700_000_000_000 });
  connection = await openConnection(server.address);
});
afterAll(async () => {
  connection.destroy();
  await server.close();
});

describe('an answer is the same from either implementation:', () => {
  const asToken = (body: Buffer | undefined, headers = {}) => ({ path: TOKEN, body, headers });
  test.each([
    ['a code', asToken(frame(MESSAGE))],
    ['a code, with the long name of the type', asToken(frame(MESSAGE), { 'content-type': 'application/grpc+proto' })],
    ['a code, within its time', asToken(frame(MESSAGE), { 'grpc-timeout': '4S' })],
    ['no message', asToken(Buffer.alloc(0))],
    ['half a message', asToken(frame(MESSAGE).subarray(0, 9))],
    ['half a frame', asToken(frame(MESSAGE).subarray(0, 3))],
    ['two messages', asToken(Buffer.concat([frame(MESSAGE), frame(MESSAGE)]))],
    ['a message too large', asToken(frame(Buffer.alloc(65_537)))],
    ['garbage', asToken(frame(Buffer.from('garbage')))],
    ['a flag of compression on what is not compressed', asToken(frame(Buffer.from([0xff, 0xff]), true))],
    ['bad fields', asToken(frame(Buffer.alloc(0)))],
    ['no API key', asToken(frame(MESSAGE), { 'x-api-key': '' })],
    ['an API key that is none', asToken(frame(MESSAGE), { 'x-api-key': 'none' })],
    ['an API key with a letter beyond ASCII', asToken(frame(MESSAGE), { 'x-api-key': 'none\u00e9' })],
    ['a deadline that passes', asToken(undefined, { 'grpc-timeout': '30m' })],
    ['a deadline that is none', asToken(frame(MESSAGE), { 'grpc-timeout': 'soon' })],
    ['a request id', asToken(frame(MESSAGE), { 'x-request-id': 'mine' })],
    [
      'a code that is malformed',
      {
        path: VERIFY,
        body: frame(toBinary(methods.verify.input, create(methods.verify.input, { key, code: 'x' }))),
        headers: {},
      },
    ],
  ])('%s', async (_, { path, body, headers }) => {
    const answers: RawAnswer[] = [];
    for (const encoding of [{}, { 'grpc-encoding': 'identity' }, BY_GRPC_JS]) {
      minutely = await server.createKey({ plan: 'free' });
      answers.push(
        await rawCall(connection, path, {
          headers: { 'x-api-key': minutely, 'x-request-id': 'one', ...headers, ...encoding },
          body,
        }),
      );
    }
    const [plain, identity, theirs] = answers.map(said);
    expect(theirs?.code).toBeDefined();
    expect(plain).toEqual(theirs);
    expect(identity).toEqual(theirs);
  });

  /** Returns the parts of an answer that the contract promises. */
  function said({ httpStatus, code, message, details, metadata, body }: RawAnswer): Partial<RawAnswer> {
    const { date: _, 'grpc-encoding': _e, 'grpc-accept-encoding': _a, 'grpc-message': _m, ...rest } = metadata;
    return { httpStatus, code, message: code === 'OK' ? '' : message, details, metadata: rest, body };
  }
});

test('a message is read from chunks of any size', async () => {
  const stream = openStream(connection, TOKEN, { 'x-api-key': server.apiKey });
  const answer = answerOf(stream);
  for (const byte of frame(MESSAGE)) {
    stream.write(Buffer.from([byte]));
    await sleep(1);
  }
  stream.end();
  expect((await answer).code).toBe('OK');
});

test('what is compressed is read', async () => {
  const headers = { 'x-api-key': server.apiKey, ...BY_GRPC_JS };
  expect((await rawCall(connection, TOKEN, { headers, body: frame(gzipSync(MESSAGE), true) })).code).toBe('OK');
});

test('what is no gRPC is refused as before', async () => {
  const headers = { 'x-api-key': server.apiKey, 'content-type': 'application/json' };
  expect((await rawCall(connection, TOKEN, { headers, body: frame(MESSAGE) })).httpStatus).toBe(415);
});

describe('a caller that never ends keeps no stream open once it is answered:', () => {
  test.each([
    ['a wrong key, and nothing more', TOKEN, 'UNAUTHENTICATED', { 'x-api-key': 'none' }, undefined],
    ['a wrong key, and half a message', TOKEN, 'UNAUTHENTICATED', { 'x-api-key': 'none' }, frame(MESSAGE).subarray(0, 9)],
    ['a message too large', TOKEN, 'RESOURCE_EXHAUSTED', {}, frame(Buffer.alloc(65_537)).subarray(0, 100)],
    ['no message in time', TOKEN, 'DEADLINE_EXCEEDED', { 'grpc-timeout': '30m' }, undefined],
    ['half a message in time', TOKEN, 'DEADLINE_EXCEEDED', { 'grpc-timeout': '30m' }, frame(MESSAGE).subarray(0, 9)],
    ['a message without its end in time', TOKEN, 'DEADLINE_EXCEEDED', { 'grpc-timeout': '30m' }, frame(MESSAGE)],
    ['a stream with a wrong key', WATCH, 'UNAUTHENTICATED', { 'x-api-key': 'none' }, undefined],
    [
      'a stream with a wrong key, and half a message',
      WATCH,
      'UNAUTHENTICATED',
      { 'x-api-key': 'none' },
      frame(MESSAGE).subarray(0, 9),
    ],
    ['a stream without a message in time', WATCH, 'DEADLINE_EXCEEDED', { 'grpc-timeout': '30m' }, undefined],
    ['compressed, too large', TOKEN, 'RESOURCE_EXHAUSTED', BY_GRPC_JS, frame(Buffer.alloc(65_537)).subarray(0, 100)],
    ['a method that there is not', '/otp.v1.OtpService/None', 'UNIMPLEMENTED', {}, undefined],
    [
      'health without a message in time',
      '/grpc.health.v1.Health/Check',
      'DEADLINE_EXCEEDED',
      { 'grpc-timeout': '30m' },
      undefined,
    ],
  ] as const)('%s', async (_, path, code, headers, part) => {
    const stream = openStream(connection, path, { 'x-api-key': server.apiKey, ...headers });
    const closed = once(stream, 'close');
    const answer = answerOf(stream);
    if (part !== undefined) stream.write(part);
    expect(await answer).toMatchObject({ code, rstCode: 0 });
    await Promise.race([closed, sleep(3000).then(() => Promise.reject(new Error('still open')))]);
  });
});

test('a deadline of more than 24.8 days is no deadline', async () => {
  const headers = { 'x-api-key': server.apiKey, 'grpc-timeout': '99999999H' };
  const stream = openStream(connection, TOKEN, headers);
  const answer = answerOf(stream);
  await sleep(50);
  stream.end(frame(MESSAGE));
  expect((await answer).code).toBe('OK');
});

test.each(['NGHTTP2_INTERNAL_ERROR', 'NGHTTP2_CANCEL', 'NGHTTP2_PROTOCOL_ERROR'] as const)(
  'a caller who breaks off its stream with %s harms nobody else',
  async (code) => {
    const broken = openStream(connection, TOKEN, { 'x-api-key': server.apiKey });
    broken.write(frame(MESSAGE).subarray(0, 9));
    await ping(connection);
    broken.close(constants[code]);
    const answer = await rawCall(connection, TOKEN, { headers: { 'x-api-key': server.apiKey }, body: frame(MESSAGE) });
    expect(answer.code).toBe('OK');
  },
);
