/** A plaintext HTTP/2 proxy in front of a server. It records every connection and call, and may interfere with a call. */
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** A call from a client. */
export interface SeenCall {
  /** The number of its connection, from 0. */
  readonly connection: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The number of earlier calls with the same path and body. */
  readonly earlier: number;
  /** The time at which the whole request had arrived, in ms of `performance.now()`. */
  readonly at: number;
}

/** An answer of the proxy itself, without a message. With `leave`, it is the last answer on its connection (GOAWAY). */
export interface Refusal {
  readonly headers: OutgoingHttpHeaders;
  readonly leave?: boolean;
}

/**
 * The treatment of a call: forward it; forward it, but drop the connection instead of the answer; drop the connection and listen again only after
 * `AWAY_MS`; do not answer; or refuse it.
 */
export type Treatment = 'pass' | 'drop' | 'restart' | 'hang' | Refusal;

/** The length of a restart, in ms. The first retry comes too early; the last must not, even on a machine that stalls for 0.4 s. */
export const AWAY_MS = 150;

/** A listening proxy, with its record. */
export interface NotingProxy {
  readonly address: string;
  readonly seen: readonly SeenCall[];
  /** Returns the number of connections so far, including connections without a call. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

/** Listens on a free port of 127.0.0.1, in front of the server at `target`. */
export async function startProxy(target: string, treat: (call: SeenCall) => Treatment): Promise<NotingProxy> {
  const seen: SeenCall[] = [];
  const connections: ServerHttp2Session[] = [];
  const upstream = connect(`http://${target}`);
  const server = createServer();
  server.on('session', (session) => {
    const connection = connections.push(session) - 1;
    // A client that closes its connection, or a connection that the proxy drops, is not an error of the proxy.
    session.on('error', () => undefined);
    session.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      void accept(stream, headers, connection).catch(() => stream.destroy());
    });
  });

  async function accept(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, connection: number): Promise<void> {
    const path = headers[':path'] ?? '';
    const body = await buffer(stream);
    const earlier = seen.filter((call) => call.path === path && call.body.equals(body)).length;
    const call = { connection, path, headers, body, earlier, at: performance.now() };
    seen.push(call);
    const treatment = treat(call);
    if (treatment === 'hang') return;
    if (treatment === 'pass') return relay(stream, forward(upstream, call));
    if (typeof treatment === 'object') {
      stream.respond({ ':status': 200, ...treatment.headers }, { endStream: true });
      if (treatment.leave) stream.session?.close();
      return;
    }
    if (treatment === 'restart') return restart();
    await buffer(forward(upstream, call));
    stream.session?.destroy();
  }

  async function restart(): Promise<void> {
    const closed = once(server, 'close');
    server.close();
    for (const connection of connections) connection.destroy();
    await closed;
    await sleep(AWAY_MS);
    server.listen(port, '127.0.0.1');
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    seen,
    connections: () => connections.length,
    close: async () => {
      upstream.destroy();
      for (const connection of connections) connection.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function forward(upstream: ClientHttp2Session, { headers, body }: SeenCall): ClientHttp2Stream {
  const request = upstream.request({ ...headers });
  request.on('error', () => undefined);
  request.end(body);
  return request;
}

/** Forwards an answer: headers, messages and trailers, or only the headers of an error. */
function relay(stream: ServerHttp2Stream, answer: ClientHttp2Stream): void {
  let trailers: IncomingHttpHeaders = {};
  stream.on('close', () => answer.close(constants.NGHTTP2_CANCEL));
  answer.on('trailers', (received) => {
    trailers = received;
  });
  answer.on('response', (headers, flags) => {
    if (stream.destroyed) return;
    const endStream = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    stream.respond({ ...headers }, { endStream, waitForTrailers: !endStream });
    if (endStream) return;
    stream.on('wantTrailers', () => stream.sendTrailers({ ...trailers }));
    answer.pipe(stream);
  });
}
