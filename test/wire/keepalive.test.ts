/** Keepalive pings: a client may send any number, with or without open calls, and never gets an ENHANCE_YOUR_CALM. */
import { once } from 'node:events';
import { constants } from 'node:http2';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { methods } from '../support/client.ts';
import { frame, openConnection, openStream, ping } from '../support/raw.ts';
import { startServer, type TestServer } from '../support/server.ts';

const WATCH = '/otp.v1.OtpService/WatchToken';
const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' }, periodSeconds: 3600 } as const;

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

test.each([
  { what: 'beside a stream', streams: true },
  { what: 'without a call', streams: false },
])('30 pings in a row $what are acknowledged', async ({ streams }) => {
  const session = await openConnection(server.address);
  const farewells: number[] = [];
  session.on('goaway', (code) => farewells.push(code));
  try {
    if (streams) {
      const stream = openStream(session, WATCH, { 'x-api-key': server.apiKey });
      stream.end(frame(toBinary(methods.watchToken.input, create(methods.watchToken.input, { key }))));
      const [headers] = await once(stream, 'response');
      expect(headers[constants.HTTP2_HEADER_STATUS]).toBe(200);
    }
    for (let count = 0; count < 30; count += 1) await ping(session);
    expect(farewells).toEqual([]);
    expect(session.closed).toBe(false);
  } finally {
    session.destroy();
  }
});
