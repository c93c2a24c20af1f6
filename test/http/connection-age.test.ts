/** Connections of the HTTP door at the end of their age, over HTTP/2 and HTTP/1.1. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';
import { clientOf, failureOf, WAYS } from './clients.ts';
import { http1, http2, openHttp2, RawConnection } from './raw.ts';

const PATH = '/otp.v1.OtpService/Token';
const BODY = '{"key":{"secret":"JBSWY3DPEHPK3PXP"}}';
/** A little less than nine tenths of a second, since a timer may fire early. */
const YOUNGEST_MS = 890;

let server: TestServer;
let port: number;
beforeAll(async () => {
  const flags = { httpListen: '127.0.0.1:0', maxConnectionAge: '1s', maxConnectionAgeGrace: '1s' };
  server = await startServer({ flags });
  port = Number(new URL(server.httpUrl).port);
});
afterAll(() => server.close());

const headers = () => ({ 'content-type': 'application/json', 'x-api-key': server.apiKey });
const call = () => http1(`POST ${PATH} HTTP/1.1`, headers(), BODY);

/** Calls on an HTTP/1.1 connection until an answer is the last one; resolves to the time until then, in ms. */
async function untilItsLast(connection: RawConnection): Promise<number> {
  const openedAt = performance.now();
  for (;;) {
    connection.write(call());
    const answer = await connection.answer();
    expect(answer.status).toBe(200);
    if (answer.headers['connection'] === 'close') return performance.now() - openedAt;
    await sleep(10);
  }
}

test.concurrent('HTTP/2: GOAWAY is sent first, a call in flight is answered after it, and then the connection closes', async () => {
  const session = openHttp2(port);
  const closed = once(session, 'close');
  const openedAt = performance.now();
  const stream = session.request({ ':method': 'POST', ':path': PATH, ...headers() }, { endStream: false });
  const [code] = await once(session, 'goaway');
  expect(code).toBe(0);
  expect(performance.now() - openedAt).toBeGreaterThan(YOUNGEST_MS);
  stream.end(BODY);
  stream.resume();
  const [answer] = await once(stream, 'response');
  expect(answer[':status']).toBe(200);
  await closed;
});

test.concurrent('HTTP/2: a caller who never sends its request is cut off after the grace', async () => {
  const session = openHttp2(port);
  const stuck = http2(session, { ':method': 'POST', ':path': PATH, ...headers() }, undefined);
  await once(session, 'close');
  expect((await stuck).status).toBeUndefined();
});

test.concurrent('HTTP/1.1: the answer after that age is the last, and says so', async () => {
  const connection = new RawConnection(port);
  const closed = once(connection.socket, 'close');
  expect(await untilItsLast(connection)).toBeGreaterThan(YOUNGEST_MS);
  await closed;
});

test.concurrent('HTTP/1.1: a connection without a call is left alone, and its next answer is its last', async () => {
  const idle = new RawConnection(port);
  idle.write(call());
  expect((await idle.answer()).headers['connection']).not.toBe('close');
  // As long as three connections live, one after the other.
  for (let n = 0; n < 3; n += 1) await untilItsLast(new RawConnection(port));
  expect(idle.socket.destroyed).toBe(false);
  idle.write(call());
  const answer = await idle.answer();
  expect([answer.status, answer.headers['connection']]).toEqual([200, 'close']);
});

test.concurrent('HTTP/1.1: a call that is in flight at that age is answered, and its answer is the last', async () => {
  const connection = new RawConnection(port);
  const length = String(BODY.length);
  connection.write(http1(`POST ${PATH} HTTP/1.1`, { ...headers(), 'content-length': length }, BODY.slice(0, 5)));
  // It begins later, so it may be a fifth of a second older at its end: two connections last longer in any case.
  for (let n = 0; n < 2; n += 1) await untilItsLast(new RawConnection(port));
  connection.write(BODY.slice(5));
  const answer = await connection.answer();
  expect([answer.status, answer.headers['connection']]).toEqual([200, 'close']);
});

test.concurrent('HTTP/1.1: a stream that opens again on the old connection ends by its age too, and the connection with it', async () => {
  const connection = new RawConnection(port);
  const closed = once(connection.socket, 'close');
  const message = Buffer.from('{"key":{"secret":"JBSWY3DPEHPK3PXP","periodSeconds":86400}}');
  const enveloped = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
  const watch = { ...headers(), 'content-type': 'application/connect+json' };
  const open = () => connection.write(http1('POST /otp.v1.OtpService/WatchToken HTTP/1.1', watch, enveloped));
  const ends = () => connection.rest.split('ERROR_REASON_CONNECTION_AGE_EXCEEDED').length - 1;
  open();
  await expect.poll(ends, { timeout: 20_000 }).toBe(1);
  open();
  await closed;
  expect(ends()).toBe(2);
  expect(connection.rest.match(/^connection: close/gim)).toHaveLength(1);
});

test.concurrent.each(Object.entries(WAYS).filter(([name]) => name.includes('JSON')))(
  'a stream gets the reason for its end: %s',
  async (_, transport) => {
    const openedAt = performance.now();
    let codes = 0;
    const watching = (async () => {
      const options = { headers: { 'x-api-key': server.apiKey } };
      const request = { key: { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' }, periodSeconds: 86_400 } } as const;
      for await (const _ of clientOf(transport(server.httpUrl)).watchToken(request, options)) codes += 1;
    })();
    expect(await failureOf(watching)).toMatchObject({
      code: 'Unavailable',
      errorInfo: { reason: 'ERROR_REASON_CONNECTION_AGE_EXCEEDED' },
    });
    expect(codes).toBe(1);
    expect(performance.now() - openedAt).toBeGreaterThan(YOUNGEST_MS + 1000);
  },
);
