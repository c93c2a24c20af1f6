/** Connections of HTTP/2 over real sockets; `look` is told what time it is, so that no test waits. */
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Exchange } from '../../src/http/exchange.ts';
import { createHttp2 } from '../../src/http/http2.ts';
import type { Speaker } from '../../src/http/speaker.ts';
import { until } from '../support/until.ts';

let speaker: Speaker;
let server: Server;
let session: ClientHttp2Session;
let exchanges: Exchange[];
/** The answers that are over. */
let closed: number;

beforeEach(async () => {
  exchanges = [];
  closed = 0;
  speaker = createHttp2(
    (exchange) => {
      exchange.onClose(() => {
        closed += 1;
      });
      exchanges.push(exchange);
    },
    { maxAgeMs: 1e9, graceMs: 1e9, endStreams: () => undefined },
  );
  server = createServer(speaker.take).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  vi.restoreAllMocks();
  session.destroy();
  server.close();
});

/** Connects; the window is how much of an answer is taken without being asked for. */
function open(initialWindowSize = 65_535): void {
  session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { settings: { initialWindowSize } });
  session.on('error', () => undefined);
}

/** Asks, and resolves to the stream and the exchange of the request once the server has it. */
async function ask(): Promise<{ stream: ClientHttp2Stream; exchange: Exchange }> {
  const known = exchanges.length;
  const stream = session.request({ ':path': '/' });
  stream.on('error', () => undefined);
  await until('it is asked', () => exchanges.length > known);
  return { stream, exchange: exchanges.at(-1) as Exchange };
}

const now = () => performance.now();

test('an answer that is not read is cut off after 10 s, and no earlier', async () => {
  open(0);
  const { stream, exchange } = await ask();
  exchange.send(200, {}, 'ok');
  const [answered, over] = [now(), once(stream, 'close')];
  speaker.look(answered + 9000);
  await new Promise((resolve) => session.ping(resolve));
  expect(stream.closed).toBe(false);
  speaker.look(answered + 10_001);
  await over;
  expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
});

test('of answers that were read or given up none is kept', async () => {
  open();
  const { stream, exchange } = await ask();
  exchange.send(200, {}, 'ok');
  stream.resume();
  await once(stream, 'close');
  const given = await ask();
  given.stream.close(constants.NGHTTP2_CANCEL);
  await until('both are over', () => closed === 2);
  given.exchange.end('ok');
  const close = vi.spyOn(Object.getPrototypeOf(Object.getPrototypeOf(stream)) as ClientHttp2Stream, 'close');
  speaker.look(now() + 20_000);
  expect(close).not.toHaveBeenCalled();
});

test('a connection is closed five minutes after its last request, and not while there is any', async () => {
  open();
  const over = once(session, 'close');
  const { stream, exchange } = await ask();
  speaker.look(now() + 400_000);
  await new Promise((resolve) => session.ping(resolve));
  exchange.send(200, {}, 'ok');
  stream.resume();
  await once(stream, 'close');
  await until('it is over', () => closed === 1);
  speaker.look(now() + 290_000);
  const second = await ask();
  second.exchange.send(200, {}, 'ok');
  second.stream.resume();
  await until('it is over', () => closed === 2);
  speaker.look(now() + 300_001);
  await over;
});
