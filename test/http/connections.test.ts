/** Connections of the HTTP door: the bounds on silent, slow and unauthenticated callers, and how a stop ends connections. */
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createTestClient, methods } from '../support/client.ts';
import { runningMs } from '../support/running-time.ts';
import { startServer, type TestServer, type TestServerOptions } from '../support/server.ts';
import { clientOf, failureOf, WAYS } from './clients.ts';
import { http1, http2, openHttp2, RawConnection, send } from './raw.ts';

const POST = 'POST /otp.v1.OtpService/Token HTTP/1.1';
const JSON_TYPE = { 'content-type': 'application/json' };
const BODY = '{"key":{"secret":"JBSWY3DPEHPK3PXP"}}';

let server: TestServer;
let port: number;

async function start(flags: TestServerOptions['flags'] = {}): Promise<void> {
  server = await startServer({ flags: { httpListen: '127.0.0.1:0', ...flags } });
  port = Number(new URL(server.httpUrl).port);
}
afterEach(() => server?.close());

/** Resolves to the lifetime of the connection, in ms. */
async function lifeOf({ socket }: RawConnection): Promise<number> {
  const startedAt = runningMs();
  if (!socket.destroyed) await once(socket, 'close');
  return runningMs() - startedAt;
}

/** Sends a head that never ends, and expects an answer in time, in the form of the API at the path. */
async function expectSlow(dripping: RawConnection, path = '/', shape: object = { code: 'deadline_exceeded' }): Promise<void> {
  dripping.write(`POST ${path} HTTP/1.1\r\n`);
  const drip = setInterval(() => dripping.write('a: b\r\n'), 500);
  const answer = await dripping.answer();
  expect([answer.status, JSON.parse(answer.body)]).toEqual([408, expect.objectContaining(shape)]);
  expect(answer.tookMs).toBeLessThan(5500);
  await lifeOf(dripping);
  clearInterval(drip);
}

const good = () => http1(POST, { ...JSON_TYPE, 'x-api-key': server.apiKey }, BODY);

describe('slow callers', () => {
  let slow: TestServer;
  let at: number;
  beforeAll(async () => {
    slow = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
    at = Number(new URL(slow.httpUrl).port);
  });
  afterAll(() => slow.close());
  const keyed = () => ({ ...JSON_TYPE, 'x-api-key': slow.apiKey });

  test.concurrent('a connection that says nothing is closed after 10 s', async () => {
    const startedAt = performance.now();
    expect(await lifeOf(new RawConnection(at))).toBeLessThan(14_000);
    expect(performance.now() - startedAt).toBeGreaterThan(8000);
  });

  test.concurrent('one whose first head never ends is answered within 5 s, and closed', async () => {
    const dripping = new RawConnection(at);
    await expectSlow(dripping);
  });

  test.concurrent('in the shape of the API that it asks for', async () => {
    await expectSlow(new RawConnection(at), '/v1/totpgenerator', { status: 'error', data: null });
  });

  test.concurrent('a further head that never ends is answered within 5 s too, and closed; silence before it is not', async () => {
    const dripping = new RawConnection(at);
    dripping.write(http1(POST, keyed(), BODY));
    expect((await dripping.answer()).status).toBe(200);
    await sleep(6000);
    await expectSlow(dripping);
  });

  test.concurrent('a body that drips is ended after 5 s, and the connection with it', async () => {
    const dripping = new RawConnection(at);
    dripping.write(http1(POST, { ...keyed(), 'content-length': '1000' }, '{'));
    const drip = setInterval(() => dripping.write(' '), 100);
    const answer = await dripping.answer();
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([504, 'deadline_exceeded']);
    expect(answer.tookMs).toBeLessThan(6500);
    expect(await lifeOf(dripping)).toBeLessThan(5000);
    clearInterval(drip);
  });

  test.concurrent('a stranger is answered at once, whatever it still sends, and cannot keep its connection', async () => {
    const stranger = new RawConnection(at);
    stranger.write(http1(POST, { ...JSON_TYPE, 'content-length': '60000' }, '{'));
    const answer = await stranger.answer();
    expect([answer.status, answer.tookMs < 1500]).toEqual([401, true]);
    expect(await lifeOf(stranger)).toBeLessThan(5000);
  });

  test.concurrent('the stream of a stranger who never ends its request is closed with the answer', async () => {
    const session = openHttp2(at);
    const answer = await http2(session, { ':method': 'POST', ':path': '/otp.v1.OtpService/Token', ...JSON_TYPE }, undefined);
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([401, 'unauthenticated']);
    session.destroy();
  });

  test.concurrent('an HTTP/2 answer that is not read is closed after 10 s', async () => {
    const session = connectHttp2(`http://127.0.0.1:${at}`, { settings: { initialWindowSize: 0 } });
    session.on('error', () => undefined);
    const stream = session.request({ ':method': 'POST', ':path': '/otp.v1.OtpService/Token', ...keyed() });
    stream.on('error', () => undefined).end(BODY);
    const [startedAt, runningAt] = [performance.now(), runningMs()];
    await once(stream, 'close');
    expect(performance.now() - startedAt).toBeGreaterThan(8000);
    expect(runningMs() - runningAt).toBeLessThan(15_000);
    session.destroy();
  });
});

test.each(['HTTP/1.1', 'HTTP/2'])(
  'the 200th call without a key on a connection of %s is its last, and a right key forgives',
  async (version) => {
    await start();
    const session = version === 'HTTP/2' ? openHttp2(port) : undefined;
    const connection = new RawConnection(port);
    const call = async (apiKey = ''): Promise<number | undefined> => {
      if (session !== undefined) {
        if (session.destroyed) return undefined;
        const path = { ':method': 'POST', ':path': '/otp.v1.OtpService/Token' };
        return (await http2(session, { ...path, ...JSON_TYPE, 'x-api-key': apiKey }, BODY)).status;
      }
      connection.write(http1(POST, { ...JSON_TYPE, 'x-api-key': apiKey }, BODY));
      return (await connection.answer()).status;
    };
    const isClosed = () => session?.destroyed ?? connection.socket.destroyed;
    for (let n = 0; n < 150; n += 1) expect(await call()).toBe(401);
    expect(await call(server.apiKey)).toBe(200);
    let answered = 0;
    while (!isClosed() && answered < 300) {
      const status = await call();
      if (status === undefined) break;
      // The address may be throttled by then, which also counts as a call without a valid key.
      expect([401, 429]).toContain(status);
      answered += 1;
      await sleep(0);
    }
    expect(answered).toBeGreaterThanOrEqual(200);
    expect(answered).toBeLessThan(205);
    await expect.poll(isClosed).toBe(true);
    session?.destroy();
  },
);

test('requests for nothing count as strange too', async () => {
  await start();
  const connection = new RawConnection(port);
  let answered = 0;
  while (answered < 400) {
    connection.write(http1('GET /admin HTTP/1.1', {}));
    if ((await connection.answer()).status === undefined) break;
    answered += 1;
    await sleep(0);
  }
  expect(answered).toBeGreaterThanOrEqual(200);
  expect(answered).toBeLessThan(205);
});

test('connections are bounded per address, and the log says so', async () => {
  await start({ maxConnectionsPerAddress: '3' });
  const connections = [1, 2, 3].map(() => new RawConnection(port));
  for (const connection of connections) {
    connection.write(good());
    expect((await connection.answer()).status).toBe(200);
  }
  const fourth = new RawConnection(port);
  fourth.write(good());
  expect((await fourth.answer()).status).toBeUndefined();
  const told = () => server.log.filter((line) => line.includes('connections of one address refused')).length;
  await expect.poll(told, { timeout: 5000 }).toBe(1);
  const grpc = createTestClient(server.address, server.apiKey);
  // Both ports share the bound.
  expect((await grpc.call(methods.token, {}, { deadlineMs: 1000 })).code).toMatch(/UNAVAILABLE|DEADLINE_EXCEEDED/);
  grpc.close();
  for (const { socket } of connections) socket.destroy();
  await expect.poll(async () => (await send(port, good())).status).toBe(200);
});

test('strangers leave no memory behind', async () => {
  await start();
  const body = Buffer.alloc(60_000, 0x20);
  const strange = (n: number) => ({ ...JSON_TYPE, 'x-api-key': `otpd_${n}`, 'x-a': 'b'.repeat(7000), 'content-length': '60000' });
  const flood = async (rounds: number): Promise<void> => {
    for (let round = 0; round < rounds; round += 1)
      await Promise.all(Array.from({ length: 40 }, (_, n) => send(port, http1(POST, strange(round * 40 + n), body))));
  };
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const inUse = (): number => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  await flood(5);
  const before = inUse();
  await flood(25);
  // All bodies together are 60 MB, and all heads 7 MB.
  await expect.poll(() => inUse() - before, { timeout: 10_000 }).toBeLessThan(3 * 2 ** 20);
});

describe('at a stop', () => {
  test('a call in flight is answered, idle connections go at once, and no other is taken', async () => {
    await start();
    const [idle, busy] = [new RawConnection(port), new RawConnection(port)];
    idle.write(good());
    expect((await idle.answer()).status).toBe(200);
    busy.write(
      http1(POST, { ...JSON_TYPE, 'x-api-key': server.apiKey, 'content-length': String(BODY.length) }, BODY.slice(0, 9)),
    );
    // It was sent before another call that is answered, so it is in progress.
    expect((await send(port, good())).status).toBe(200);
    const closing = server.app.close();
    expect(await lifeOf(idle)).toBeLessThan(1000);
    busy.write(BODY.slice(9));
    const answer = await busy.answer();
    expect([answer.status, answer.headers['connection']]).toEqual([200, 'close']);
    await closing;
    const late = new RawConnection(port);
    expect((await late.answer()).status).toBeUndefined();
  });

  test.each(Object.entries(WAYS).filter(([name]) => name.includes('JSON')))(
    'a stream gets the reason for its end: %s',
    async (_, transport) => {
      await start();
      const watching = (async () => {
        const options = { headers: { 'x-api-key': server.apiKey } };
        const request = { key: { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' }, periodSeconds: 86_400 } } as const;
        for await (const _ of clientOf(transport(server.httpUrl)).watchToken(request, options)) void server.app.close();
      })();
      expect(await failureOf(watching)).toMatchObject({
        code: 'Unavailable',
        message: 'the server is stopping: call again to reach another instance',
        errorInfo: { reason: 'ERROR_REASON_SHUTTING_DOWN' },
      });
      await server.app.close();
    },
  );

  test('a call that takes too long is cut off after the grace', async () => {
    await start({ shutdownGrace: '0.3' });
    const stuck = new RawConnection(port);
    stuck.write(http1(POST, { ...JSON_TYPE, 'x-api-key': server.apiKey, 'content-length': '100' }, '{'));
    expect((await send(port, good())).status).toBe(200);
    const startedAt = runningMs();
    await server.app.close();
    expect(runningMs() - startedAt).toBeLessThan(1500);
    expect(await lifeOf(stuck)).toBeLessThan(100);
  });
});
