/**
 * Ensures that only a POST with a content type of gRPC is a call (gRPC over HTTP2, Requests). grpc-js serves any method, and any content type that begins with
 * `application/grpc`, such as that of gRPC-Web: a HEAD would consume a code. Node publishes the headers of each request before grpc-js gets them, so a request that
 * is not a call is given a content type that grpc-js refuses with 415. The self-test proves at the start that this works.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { isOversize } from '../rpc/metadata-size.ts';

/** Published before a stream is handed to its server (Node 24.2 and later). */
const CREATED = 'http2.server.stream.created';
const CONTENT_TYPE = /^application\/grpc(?:\+proto)?(?:;|$)/;
const NO_CALL = 'no call';
/** Marks a request with too much metadata. A caller that sends this header has its own call refused. */
export const OVERSIZE = 'otpd-oversize';
const KEPT: ReadonlySet<string> = new Set(['content-type', 'te', 'x-request-id']);
const MOST_OVERSIZE = 3;
/** grpc-js drops a header with any other character. A caller could use that to remove the value that a proxy has appended. */
const UNPRINTABLE = /[^ -~]/g;
const FORWARDED_FOR = 'x-forwarded-for';

/** The ports of the gRPC servers of this process; other HTTP/2 servers are not affected. */
const ports = new Set<number>();
const ours = new WeakMap<Http2Session, boolean>();
/** The number of requests with too much metadata, by connection. */
const oversizeRequests = new WeakMap<Http2Session, number>();
let isWatching = false;

/** From now on refuses requests that are not calls, on connections to `port` and within the process. */
export function takeOnlyCalls(port: number): void {
  ports.add(port);
}

/** Watches all HTTP/2 requests of this process from now on. */
export function watchRequests(): void {
  if (isWatching) return;
  isWatching = true;
  subscribe(CREATED, (message) => {
    const { stream, headers } = message as { readonly stream: ServerHttp2Stream; readonly headers: IncomingHttpHeaders };
    const forwardedFor = headers[FORWARDED_FOR];
    const isACall = isCall(headers);
    const isTooLarge = isOversize(headers);
    if ((isACall && !isTooLarge && forwardedFor === undefined) || !isOurs(stream.session)) return;
    if (isTooLarge) {
      strip(headers);
      countOversize(stream.session);
    }
    if (!isACall) headers['content-type'] = NO_CALL;
    if (typeof forwardedFor === 'string') headers[FORWARDED_FOR] = forwardedFor.replace(UNPRINTABLE, '?');
  });
}

/** Keeps only the headers that an answer needs, so that the others are not held in memory. */
function strip(headers: IncomingHttpHeaders): void {
  for (const name of Object.keys(headers)) if (!KEPT.has(name) && !name.startsWith(':')) delete headers[name];
  headers[OVERSIZE] = 'true';
}

/** The first such requests get an error. A connection that sends more is closed, since Node keeps such headers until V8 collects garbage. */
function countOversize(session: Http2Session | undefined): void {
  if (session === undefined) return;
  const count = (oversizeRequests.get(session) ?? 0) + 1;
  oversizeRequests.set(session, count);
  if (count === MOST_OVERSIZE) setImmediate(() => session.destroy());
}

function isCall(headers: IncomingHttpHeaders): boolean {
  const type = headers['content-type'];
  return headers[':method'] === 'POST' && type !== undefined && CONTENT_TYPE.test(type);
}

/** The connection of the self-test has no port. */
function isOurs(session: Http2Session | undefined): boolean {
  if (session === undefined) return false;
  let found = ours.get(session);
  if (found === undefined) {
    const { localPort } = session.socket;
    found = localPort === undefined || ports.has(localPort);
    ours.set(session, found);
  }
  return found;
}
