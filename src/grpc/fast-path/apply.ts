/**
 * The fast path: the only place that uses private names of grpc-js and Node (README.md gives the reasons and the gain). It may only be faster: every bound, answer
 * and log line is the same without it.
 */

import type { Http2Server, Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { createRequire } from 'node:module';
import type { Server, UntypedServiceImplementation } from '@grpc/grpc-js';
import { formatPeer } from '../../rpc/caller-address.ts';
import type { Lifecycle } from '../../rpc/lifecycle.ts';
import { type Method, procedureOf } from '../../rpc/method.ts';
import { grpcTimeout } from '../../rpc/timeout.ts';
import { createEncoder } from '../encode.ts';
import { keepStreamsInTables } from './stream-table.ts';
import { type Answering, UnaryCall } from './unary-call.ts';

/** The exact versions that passed the tests. */
const TESTED: Readonly<Record<'node' | 'grpc-js', readonly string[]>> = { node: ['26.10.0'], 'grpc-js': ['1.14.7'] };

type Serve = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** The private parts of grpc-js' server. */
interface Internals {
  readonly http2Servers?: ReadonlyMap<Http2Server, unknown>;
  readonly onStreamOpened?: (stream: ServerHttp2Stream) => void;
  readonly handlers?: ReadonlyMap<string, { readonly func: unknown }>;
}

/** The fast path cannot be applied, and nothing was changed; the message gives the reason. */
class NotApplied extends Error {}

/**
 * Makes `server`, whose injector exists already, leave the plain calls of unary `methods` to the fast path, and keep the streams of its connections in our tables.
 * Returns undefined if that was done, or else the reason why not.
 */
export function applyFastPath(
  server: Server,
  lifecycle: Lifecycle,
  methods: readonly Method[],
  implementation: UntypedServiceImplementation,
): string | undefined {
  try {
    checkVersions();
    const { http2, serve, onStreamOpened } = internalsOf(server, methods, implementation);
    takeOver(http2, serve, (stream) => onStreamOpened.call(server, stream), answeringOf(lifecycle, methods));
    keepStreamsInTables(http2);
    return undefined;
  } catch (error) {
    if (error instanceof NotApplied) return error.message;
    throw error;
  }
}

function checkVersions(): void {
  const { version } = createRequire(import.meta.url)('@grpc/grpc-js/package.json') as { version: string };
  const whyNot = untested({ node: process.versions.node, 'grpc-js': version });
  if (whyNot !== undefined) throw new NotApplied(whyNot);
}

/** The first version that was not tested; undefined if all were. */
export function untested(found: Readonly<Record<keyof typeof TESTED, string>>): string | undefined {
  for (const name of ['node', 'grpc-js'] as const) {
    if (!TESTED[name].includes(found[name]))
      return `it was tested with ${name} ${TESTED[name].join(', ')}, and this is ${found[name]}`;
  }
  return undefined;
}

function internalsOf(server: Server, methods: readonly Method[], implementation: UntypedServiceImplementation) {
  const { http2Servers, onStreamOpened, handlers } = server as unknown as Internals;
  const [http2, ...others] = http2Servers?.keys() ?? [];
  if (http2 === undefined || others.length > 0 || onStreamOpened === undefined || handlers === undefined)
    throw new NotApplied('grpc-js is built otherwise than the tested release');
  const [serve, ...listeners] = http2.listeners('stream') as unknown as Serve[];
  if (serve === undefined || listeners.length > 0) throw new NotApplied('something else listens to the streams of grpc-js');
  // A tracing library that wraps handlers must see every call.
  const isOwn = ({ descriptor }: Method): boolean =>
    isBound(handlers.get(procedureOf(descriptor))?.func, implementation[procedureOf(descriptor)]);
  if (!methods.every(isOwn)) throw new NotApplied('handlers are wrapped, as tracing libraries do');
  return { http2, serve, onStreamOpened };
}

/** Whether `found` is `own` bound, in the form in which grpc-js registers it; the source text of a wrapper differs. */
function isBound(found: unknown, own: unknown): boolean {
  return (
    typeof found === 'function' &&
    typeof own === 'function' &&
    found.name === `bound ${own.name}` &&
    Function.prototype.toString.call(found).includes('[native code]')
  );
}

function answeringOf(lifecycle: Lifecycle, methods: readonly Method[]): ReadonlyMap<string, Answering> {
  const unary = methods.filter(({ kind }) => kind === 'unary');
  return new Map(
    unary.map(({ descriptor }) => {
      const procedure = procedureOf(descriptor);
      return [procedure, { lifecycle, procedure, encode: createEncoder(descriptor.output) }];
    }),
  );
}

function takeOver(
  http2: Http2Server,
  serve: Serve,
  onStreamOpened: (stream: ServerHttp2Stream) => void,
  methods: ReadonlyMap<string, Answering>,
): void {
  const peerOf = createPeers();
  const serveOurs: Serve = (stream, headers) => {
    const answering = isPlain(headers) ? methods.get(headers[':path'] ?? '') : undefined;
    if (answering === undefined) {
      serve(stream, headers);
      return;
    }
    // The stream closes on any error, and its close is handled.
    stream.on('error', ignore);
    // grpc-js counts the streams of a connection to detect an idle one.
    onStreamOpened(stream);
    new UnaryCall(stream, headers, peerOf(stream.session), answering).run();
  };
  http2.removeAllListeners('stream');
  http2.on('stream', serveOurs as never);
}

/** Whether a request is a plain unary call, as nearly all are; grpc-js serves all others. */
function isPlain(headers: IncomingHttpHeaders): boolean {
  const type = headers['content-type'];
  const timeout = headers['grpc-timeout'];
  return (
    headers[':method'] === 'POST' &&
    (type === 'application/grpc' || type === 'application/grpc+proto') &&
    (headers['grpc-encoding'] ?? 'identity') === 'identity' &&
    (timeout === undefined || !Number.isNaN(grpcTimeout(String(timeout))))
  );
}

function ignore(): void {
  // Nothing to do.
}

/** Makes the function that returns the peer of a connection. It reads each peer once, since the getters of the socket are slow. */
function createPeers(): (session: Http2Session | undefined) => string {
  const peers = new WeakMap<Http2Session, string>();
  return (session) => {
    if (session === undefined) return formatPeer(undefined, undefined);
    let peer = peers.get(session);
    if (peer === undefined) {
      peer = formatPeer(session.socket.remoteAddress, session.socket.remotePort);
      peers.set(session, peer);
    }
    return peer;
  };
}
