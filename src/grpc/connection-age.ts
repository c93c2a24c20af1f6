/**
 * The age of gRPC connections. The option of grpc-js for it cuts streams off without a status after the grace period; here each stream gets a status with the
 * reason. Node publishes every stream of an HTTP/2 server on a diagnostics channel, which is the public way to the connections that grpc-js serves.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { Http2Session, ServerHttp2Stream } from 'node:http2';
import { ageSession, type ConnectionAge } from '../listener/connection-age.ts';

/** Published before a stream is handed to its server (Node 24.2 and later). */
const CREATED = 'http2.server.stream.created';

type Age = (session: Http2Session) => void;

/** By the port of a server; other HTTP/2 servers of this process are not affected. */
const servers = new Map<number, Age>();
/** Connections that are ageing already, and connections of other servers. */
const known = new WeakSet<Http2Session>();
let isWatching = false;

/**
 * Ages the connections to `port`, each from its first call on; before that the idle timeout ends it. `endStreams` gets the address and port of the caller whose
 * streams are to end. Returns the function that stops this for further connections.
 */
export function ageConnections(port: number, age: ConnectionAge, endStreams: (connection: string) => void): () => void {
  watch();
  servers.set(port, (session) => ageSession(session, age, endStreams));
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
