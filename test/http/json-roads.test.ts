/** JSON is read by one rule in every encoding: plain, compressed, or in the frames of Connect and gRPC-Web. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';

const SECRET = 'JBSWY3DPEHPK3PXP';
const GOOD = `{"key":{"secret":"${SECRET}"}}`;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
});
afterAll(() => server.close());

interface Road {
  readonly method: 'Token' | 'WatchToken';
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly encode: (text: string) => Buffer;
}

function frame(message: Buffer, flags = 0): Buffer {
  const head = Buffer.alloc(5, flags);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
const gzipped = (text: string): Buffer => frame(gzipSync(text), 1);

const ROADS: Readonly<Record<string, Road>> = {
  plain: { method: 'Token', type: 'json', encode: Buffer.from },
  gzip: { method: 'Token', type: 'json', headers: { 'content-encoding': 'gzip' }, encode: gzipSync },
  br: { method: 'Token', type: 'json', headers: { 'content-encoding': 'br' }, encode: brotliCompressSync },
  'gRPC-Web': { method: 'Token', type: 'grpc-web+json', encode: (text) => frame(Buffer.from(text)) },
  'gRPC-Web in gzip': { method: 'Token', type: 'grpc-web+json', headers: { 'grpc-encoding': 'gzip' }, encode: gzipped },
  'a stream by Connect': { method: 'WatchToken', type: 'connect+json', encode: (text) => frame(Buffer.from(text)) },
  'a stream by Connect in gzip': {
    method: 'WatchToken',
    type: 'connect+json',
    headers: { 'connect-content-encoding': 'gzip' },
    encode: gzipped,
  },
  'a stream by gRPC-Web': { method: 'WatchToken', type: 'grpc-web+json', encode: (text) => frame(Buffer.from(text)) },
};

describe.each(Object.entries(ROADS))('%s', (_, { method, type, headers, encode }) => {
  /** The first part of the answer, since a stream continues. */
  async function ask(text: string): Promise<string> {
    const response = await fetch(`${server.httpUrl}/otp.v1.OtpService/${method}`, {
      method: 'POST',
      headers: { 'content-type': `application/${type}`, 'x-api-key': server.apiKey, ...headers },
      body: new Uint8Array(encode(text)),
    });
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    await reader?.cancel();
    return Buffer.from(value ?? []).toString();
  }

  test('a request without a mistake is answered', async () => {
    expect(await ask(GOOD)).toMatch(/"code":"\d{6}"/);
  });

  test.each([
    ['a member twice', `{"key":{"secret":"${SECRET}","secret":"${SECRET}"}}`, 'cannot be decoded'],
    ['a member twice in two spellings', `{"key":{"secret":"${SECRET}"},"\\u006bey":{}}`, 'cannot be decoded'],
    ['no JSON', `{"key":{"secret":"${SECRET}"`, 'cannot be decoded'],
    ['a number for a text', '{"key":{"secret":12345678}}', 'otp.v1.Key.secret, which takes a string'],
  ])('refuses %s, and says why', async (_name, text, words) => {
    const answer = decodeURIComponent(await ask(text));
    expect(answer).toContain(words);
    expect(answer).toMatch(/invalid_argument|grpc-status: 3/);
    expect(answer).not.toContain(SECRET);
  });
});
