/** Behind real proxies, each caller has its own address in the log and in the throttle, and no caller can claim another's. */

import { type ClientHttp2Session, connect } from 'node:http2';
import type { Socket } from 'node:net';
import { connect as connectTcp } from 'node:net';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { issue } from '../auth/fixtures.ts';
import { methods } from '../support/client.ts';
import { PROXIES, proxySuite, startProxy } from '../support/proxies.ts';
import { frame, openStream, type RawAnswer, rawCall } from '../support/raw.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { keptOf } from './bounds.ts';

const TOKEN = '/otp.v1.OtpService/Token';
const WATCH = '/otp.v1.OtpService/WatchToken';
const HEALTH = '/grpc.health.v1.Health/Check';
const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const BODY = frame(toBinary(methods.token.input, create(methods.token.input, { key })));
const WATCH_BODY = frame(toBinary(methods.watchToken.input, create(methods.watchToken.input, { key })));

let server: TestServer;
let parts: AsyncDisposableStack;

beforeEach(async () => {
  parts = new AsyncDisposableStack();
  server = parts.adopt(await startServer({ flags: { trustedProxies: '127.0.0.1' } }), (one) => one.close());
});
afterEach(() => parts.disposeAsync());

/** Opens a connection from an address of this machine. */
async function connectFrom(localAddress: string, address: string): Promise<ClientHttp2Session> {
  const [host = '', port = ''] = address.split(':');
  const session = connect(`http://${address}`, {
    createConnection: () => connectTcp({ host, port: Number(port), localAddress }),
  });
  session.on('error', () => undefined);
  await new Promise((resolve) => session.once('connect', resolve));
  return parts.adopt(session, (one) => one.destroy());
}

interface CallOptions {
  readonly apiKey?: string;
  readonly path?: string;
  readonly forwardedFor?: string | string[];
}

let calls = 0;

/** Makes a call, and returns the caller's address in the log. */
async function call(
  session: ClientHttp2Session,
  { apiKey = server.apiKey, path = TOKEN, forwardedFor }: CallOptions = {},
): Promise<RawAnswer & { peer: string }> {
  calls += 1;
  const requestId = `call-${calls}`;
  const spoofed = forwardedFor === undefined ? undefined : { 'x-forwarded-for': forwardedFor };
  const headers = { 'x-api-key': apiKey, 'x-request-id': requestId, ...spoofed };
  const answer = await rawCall(session, path, { headers, body: path === HEALTH ? frame(new Uint8Array()) : BODY });
  return { ...answer, peer: await peerOf(requestId) };
}

async function peerOf(requestId: string): Promise<string> {
  const line = () => server.log.map((text) => JSON.parse(text)).find((one) => one.requestId === requestId);
  await expect.poll(line, { timeout: 3000 }).toBeDefined();
  return line().peer;
}

const reasonOf = ({ details }: RawAnswer) => details.errorInfo?.reason;

for (const name of PROXIES) {
  proxySuite(name, () => {
    let proxy: string;
    beforeEach(async () => {
      proxy = parts.adopt(await startProxy(name, server.address), (one) => one.stop()).address;
    });

    test('two callers have different addresses in the log', async () => {
      const [one, other] = [await connectFrom('127.0.0.2', proxy), await connectFrom('127.0.0.3', proxy)];
      expect(await call(one)).toMatchObject({ code: 'OK', peer: '127.0.0.2' });
      expect(await call(other)).toMatchObject({ code: 'OK', peer: '127.0.0.3' });
      expect(await call(one, { path: HEALTH })).toMatchObject({ code: 'OK', peer: '127.0.0.2' });
    });

    test('a stream has the address of its caller, too', async () => {
      const session = await connectFrom('127.0.0.2', proxy);
      const stream = openStream(session, WATCH, { 'x-api-key': server.apiKey, 'x-request-id': 'stream' });
      stream.end(WATCH_BODY);
      await new Promise((resolve) => stream.once('data', resolve));
      stream.close();
      expect(await peerOf('stream')).toBe('127.0.0.2');
    });

    test('one caller with wrong keys has only its own throttled', async () => {
      const [stranger, neighbour] = [await connectFrom('127.0.0.2', proxy), await connectFrom('127.0.0.3', proxy)];
      for (let failure = 0; failure < 100; failure += 1)
        expect(reasonOf(await call(stranger, { apiKey: issue().apiKey }))).toBe('ERROR_REASON_API_KEY_INVALID');
      expect(reasonOf(await call(stranger, { apiKey: issue().apiKey }))).toBe('ERROR_REASON_AUTHENTICATION_THROTTLED');
      expect(reasonOf(await call(neighbour, { apiKey: issue().apiKey }))).toBe('ERROR_REASON_API_KEY_INVALID');
      expect(await call(stranger)).toMatchObject({ code: 'OK' });
    }, 20_000);

    test.each([
      ['another caller', '127.0.0.3'],
      ['a proxy', '127.0.0.1'],
      ['another caller, by way of a proxy', '127.0.0.3, 127.0.0.1'],
      ['nobody', 'unknown'],
      ['several, in as many headers', ['203.0.113.9', '127.0.0.1']],
      ['what would end a line of the log', '"}\t127.0.0.3'],
    ])('a caller that claims to be %s is itself', async (_, forwardedFor) => {
      const session = await connectFrom('127.0.0.2', proxy);
      expect(await call(session, { forwardedFor })).toMatchObject({ code: 'OK', peer: '127.0.0.2' });
    });
  });
}

describe('the bound on connections from one address', () => {
  test('holds for a caller, and not for a trusted proxy, which stands for many', async () => {
    const flags = { trustedProxies: '127.0.0.1', maxConnectionsPerAddress: '2' };
    const bounded = parts.adopt(await startServer({ flags }), (one) => one.close());
    const sockets: Socket[] = [];
    parts.defer(() => sockets.forEach((socket) => void socket.destroy()));
    const kept = async (address: string) => (await keptOf(bounded, address, 5, sockets)).filter(Boolean).length;
    expect(await kept('127.0.0.2')).toBe(2);
    expect(await kept('127.0.0.1')).toBe(5);
  });
});

describe('with no proxy between', () => {
  test('a caller that is not a trusted proxy has its own address, whatever it claims', async () => {
    const session = await connectFrom('127.0.0.2', server.address);
    for (const forwardedFor of ['127.0.0.3', '127.0.0.1', '203.0.113.9, 127.0.0.1', ''])
      expect((await call(session, { forwardedFor })).peer).toMatch(/^127\.0\.0\.2:\d+$/);
  });

  test('wrong keys count against their sender, whatever it claims', async () => {
    const session = await connectFrom('127.0.0.2', server.address);
    for (let failure = 0; failure < 100; failure += 1)
      await call(session, { apiKey: issue().apiKey, forwardedFor: `203.0.113.${failure}` });
    const last = await call(session, { apiKey: issue().apiKey, forwardedFor: '198.51.100.1' });
    expect(reasonOf(last)).toBe('ERROR_REASON_AUTHENTICATION_THROTTLED');
  }, 20_000);

  test('a trusted proxy that says nothing of use is the caller', async () => {
    const session = await connectFrom('127.0.0.1', server.address);
    for (const forwardedFor of [undefined, '', 'unknown', '203.0.113.9, unknown'])
      expect((await call(session, forwardedFor === undefined ? {} : { forwardedFor })).peer).toMatch(/^127\.0\.0\.1:\d+$/);
    expect((await call(session, { forwardedFor: '203.0.113.9' })).peer).toBe('203.0.113.9');
  });

  test('none is trusted unless it is named', async () => {
    const plain = parts.adopt(await startServer(), (one) => one.close());
    server = plain;
    const session = await connectFrom('127.0.0.1', plain.address);
    expect((await call(session, { forwardedFor: '203.0.113.9' })).peer).toMatch(/^127\.0\.0\.1:\d+$/);
  });
});
