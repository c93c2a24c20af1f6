/** gRPC-Web in base64, the default of Google's client for browsers: every kind of call, and bad base64. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  TokenRequestSchema,
  TokenResponseSchema,
  WatchTokenRequestSchema,
  WatchTokenResponseSchema,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { frame } from '../support/raw.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type Answer, http2, openHttp2 } from './raw.ts';

const SECRET = 'JBSWY3DPEHPK3PXP';
const key = { source: { case: 'secret', value: SECRET } } as const;
const TOKEN = toBinary(TokenRequestSchema, create(TokenRequestSchema, { key }));
/** The flag of the frame with the trailers. */
const TRAILERS = 0x80;

let server: TestServer;
let port: number;
beforeAll(async () => {
  server = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
  port = Number(new URL(server.httpUrl).port);
});
afterAll(() => server.close());

function call(method: string, text: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const session = openHttp2(port);
  const given = { 'content-type': 'application/grpc-web-text', 'x-grpc-web': '1', 'x-api-key': server.apiKey, ...headers };
  return http2(session, { ':method': 'POST', ':path': `/otp.v1.OtpService/${method}`, ...given }, text).finally(() =>
    session.destroy(),
  );
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Returns the frames of an answer, whose parts have separate padding. */
function framesOf({ body }: Pick<Answer, 'body'>): { readonly messages: Buffer[]; readonly trailers: string } {
  const bytes = Buffer.concat((body.match(/[^=]+={0,2}/g) ?? []).map((part) => Buffer.from(part, 'base64')));
  const messages: Buffer[] = [];
  let trailers = '';
  for (let at = 0; at + 5 <= bytes.length; ) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    // The rest has not arrived yet.
    if (end > bytes.length) break;
    const content = bytes.subarray(at + 5, end);
    if (bytes[at] === TRAILERS) trailers += content;
    else messages.push(content);
    at = end;
  }
  return { messages, trailers };
}

describe.each(['application/grpc-web-text', 'application/grpc-web-text+proto', 'Application/gRPC-Web-Text'])('%s', (type) => {
  test('is answered in the same form', async () => {
    const answer = await call('Token', base64(frame(TOKEN)), { 'content-type': type });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, type.toLowerCase()]);
    const { messages, trailers } = framesOf(answer);
    expect(messages.map((bytes) => fromBinary(TokenResponseSchema, bytes).token?.code)).toEqual([
      expect.stringMatching(/^\d{6}$/),
    ]);
    expect(trailers).toMatch(/^grpc-status: ?0\r$/m);
  });
});

test('over HTTP/1.1, too', async () => {
  const headers = { 'content-type': 'application/grpc-web-text', 'x-api-key': server.apiKey };
  const url = `${server.httpUrl}/otp.v1.OtpService/Token`;
  const response = await fetch(url, { method: 'POST', headers, body: base64(frame(TOKEN)) });
  const { messages, trailers } = framesOf({ body: await response.text() });
  expect([response.status, messages.length]).toEqual([200, 1]);
  expect(trailers).toMatch(/^grpc-status: ?0\r$/m);
});

test('a stream arrives message by message, each complete', async () => {
  const request = toBinary(WatchTokenRequestSchema, create(WatchTokenRequestSchema, { key }));
  const response = await fetch(`${server.httpUrl}/otp.v1.OtpService/WatchToken`, {
    method: 'POST',
    headers: { 'content-type': 'application/grpc-web-text', 'x-api-key': server.apiKey },
    body: base64(frame(request)),
  });
  let body = '';
  for await (const part of (response.body as ReadableStream<Uint8Array>).values()) {
    body += Buffer.from(part);
    if (framesOf({ body }).messages.length > 0) break;
  }
  const { messages, trailers } = framesOf({ body });
  expect(messages.map((bytes) => fromBinary(WatchTokenResponseSchema, bytes).token?.code)).toEqual([
    expect.stringMatching(/^\d{6}$/),
  ]);
  expect(trailers).toBe('');
});

test('errors are encoded in it', async () => {
  const { trailers } = framesOf(await call('Token', base64(frame(TOKEN)), { 'x-api-key': 'otpd_wrong' }));
  expect(trailers).toMatch(/^grpc-status: ?16\r$/m);
  expect(trailers).toContain('grpc-status-details-bin');
});

test.each([
  ['bytes', Buffer.from(frame(TOKEN)).toString('latin1')],
  ['a foreign character', `${base64(frame(TOKEN)).slice(0, -4)}AA-A`],
  ['a length that no base64 has', base64(frame(TOKEN)).slice(0, -1)],
  ['padding within', `AA==${base64(frame(TOKEN))}`],
  ['a message that is cut off', base64(frame(TOKEN).subarray(0, -6))],
  ['no message', ''],
  ['64 KiB of nothing', 'A'.repeat(65_536)],
])('%s: a mistake of the caller', async (_, text) => {
  const answer = await call('Token', text);
  expect(answer.status).toBe(200);
  expect(framesOf(answer).trailers).toMatch(/^grpc-status: ?(?:3|12)\r$/m);
  expect(answer.body).not.toContain(SECRET);
});
