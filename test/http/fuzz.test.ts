/** Random bytes over both versions of HTTP: each request is answered within 5 s, without a fault of the server in the answer or the log. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { frame } from '../support/raw.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type Answer, http1, http2, openHttp2, send } from './raw.ts';

let server: TestServer;
let port: number;

beforeAll(async () => {
  server = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
  port = Number(new URL(server.httpUrl).port);
});
afterAll(async () => {
  const faults = server.log.map((line) => JSON.parse(line)).filter(({ level, code }) => level > 40 || code === 'INTERNAL');
  expect(faults).toEqual([]);
  await server.close();
});

const good = Buffer.from('{"key":{"secret":"JBSWY3DPEHPK3PXP"}}');
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const body = fc.oneof(
  bytes,
  bytes.map((message) => frame(message)),
  bytes.map((message) => frame(message, true)),
  fc.constantFrom(
    good,
    frame(good),
    Buffer.concat([frame(good), frame(good)]),
    Buffer.from([0, 255, 255, 255, 255]),
    Buffer.alloc(66_000, 32),
  ),
);
const type = fc.constantFrom(
  ...['application/json', 'application/proto', 'application/connect+json', 'application/connect+proto'],
  ...[
    'application/grpc-web',
    'application/grpc-web+json',
    'application/grpc-web-text',
    'application/grpc',
    'text/plain',
    '__proto__',
  ],
);
const encoding = fc.constantFrom('identity', 'gzip', 'br', 'zstd', 'x');
const headers = fc.record(
  {
    'content-type': type,
    'content-encoding': encoding,
    'accept-encoding': encoding,
    'connect-content-encoding': encoding,
    'connect-accept-encoding': encoding,
    'grpc-encoding': encoding,
    'grpc-accept-encoding': encoding,
    'x-request-id': fc.string({ unit: 'grapheme-ascii' }).map((text) => text.trim()),
  },
  { requiredKeys: ['content-type'] },
);
const method = fc.constantFrom('Token', 'WatchToken', 'Generate', 'Verify', 'Nothing');
const time = fc.constantFrom('0', '1', '100');

test.each(['HTTP/1.1', 'HTTP/2'])('over %s', async (version) => {
  const session = openHttp2(port);
  const ask = (path: string, given: Record<string, string>, sent: Buffer): Promise<Answer> =>
    version === 'HTTP/2'
      ? http2(session, { ':method': 'POST', ':path': path, ...given }, sent)
      : send(port, http1(`POST ${path} HTTP/1.1`, { ...given, connection: 'close' }, sent));
  await fc.assert(
    fc.asyncProperty(method, headers, time, body, async (name, given, timeout, sent) => {
      const limits = { 'connect-timeout-ms': timeout, 'grpc-timeout': `${timeout}m`, 'x-api-key': server.apiKey };
      const answer = await ask(`/otp.v1.OtpService/${name}`, { ...given, ...limits } as Record<string, string>, sent);
      expect(answer.status).toBeOneOf([200, 400, 404, 415, 429, 501, 504]);
      // The status shows the difference: 415 goes with `unknown`.
      expect(answer.body).not.toMatch(/"code":"internal"|grpc-status: ?(?:2|13)\b/);
      expect(answer.tookMs).toBeLessThan(5000);
    }),
    { numRuns: 400 },
  );
  session.destroy();
});
