/**
 * The age of connections of gRPC. grpc-js has an option for it, which cuts streams off without a status after the grace. Here each stream is told why
 * it ends. Node publishes every stream of an HTTP/2 server on a diagnostics channel, which is the public way to the connections that grpc-js serves.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { Http2Session, ServerHttp2Stream } from 'node:http2';
import { type ConnectionAge, startAging } from '../listener/connection-age.ts';
import { formatPeer } from '../rpc/peer.ts';

/** Published before a stream is handed to its server (Node 24.2 and later). */
const CREATED = 'http2.server.stream.created';

type Age = (session: Http2Session) => void;

/** By the port of a server; other HTTP/2 servers of this process are left alone. */
const servers = new Map<number, Age>();
/** Connections that age, and those of other servers. */
const known = new WeakSet<Http2Session>();
let isWatching = false;

/**
 * Has the connections to `port` age, each from its first call on; before that it ends by being idle. `endStreams` is told the address and port of the
 * caller whose streams are to end. Gives the function that has further connections left alone.
 */
export function ageConnections(port: number, age: ConnectionAge, endStreams: (connection: string) => void): () => void {
  watch();
  servers.set(port, (session) => {
    const connection = formatPeer(session.socket.remoteAddress, session.socket.remotePort);
    const stop = startAging(age, {
      retire: () => session.close(),
      endStreams: () => endStreams(connection),
      cutOff: () => session.destroy(),
    });
    session.once('close', stop);
  });
  return () => servers.delete(port);
}

function watch(): void {
  if (isWatching) return;
  isWatching = true;
  subscribe(CREATED, (message) => {
    const { session } = (message as { readonly stream: ServerHttp2Stream }).stream;
    if (session === undefined || known.has(session)) return;
    known.add(session);
    servers.get(session.socket.localPort ?? 0)?.(session);
  });
}
