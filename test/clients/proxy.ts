/** A plaintext HTTP/2 proxy in front of a server: notes every connection and call, and may interfere with a call. */
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

/** One call, as it came from the client. */
export interface SeenCall {
  /** Which connection it came on, counted from 0. */
  readonly connection: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** How many calls with the same path and body came before. */
  readonly earlier: number;
  /** `performance.now()` when the whole request was there. */
  readonly at: number;
}

/** What to do with a call: pass it on; pass it on, but drop the connection in place of the answer; say nothing; or answer with these headers. */
export type Treatment = 'pass' | 'drop' | 'hang' | OutgoingHttpHeaders;

/** A proxy that listens, with what it has seen so far. */
export interface NotingProxy {
  readonly address: string;
  readonly seen: readonly SeenCall[];
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
    // A client that leaves, or whose connection is dropped here, is no failure of the proxy.
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
    if (treatment !== 'drop') return stream.respond({ ':status': 200, ...treatment }, { endStream: true });
    await buffer(forward(upstream, call));
    stream.session?.destroy();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
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

/** Passes an answer back: headers, messages and trailers; or the headers alone of an error. */
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
