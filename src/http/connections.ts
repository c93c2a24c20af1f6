/** The connections of the HTTP door: HTTP/1.1 and HTTP/2 by the servers of Node, with bounds on what each may take and how long it may be silent. */
import { createServer as createHttp1Server, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Protocol } from '../listener/preface.ts';
import { MAX_METADATA_BYTES } from '../rpc/bounds.ts';
import { Exchange, type HttpRequest, type HttpResponse } from './exchange.ts';
import { type RefusalName, rawRefusal } from './refusals.ts';

/** How long the head of a first request may take, in ms. */
const HEAD_MS = 10_000;
/** How long a connection may be without a request, in ms. */
const IDLE_MS = 60_000;
/** How long a caller may take to read an answer that is over, and to send the rest of a request that is answered, in ms. */
const LINGER_MS = 2000;
/** How often the connections of HTTP/1.1 are looked at, in ms. */
const LOOK_MS = 1000;
/** As with gRPC: after this time a connection takes no more calls, so that callers spread over all instances. */
const MAX_AGE_MS = 1_800_000;
/** How often a connection is probed that says nothing, in ms, so that a peer which is gone does not stay for ever. */
const PROBE_MS = 60_000;

export interface Connections {
  /** Takes a connection, with all that it has said still to be read. */
  readonly take: (socket: Socket, protocol: Protocol) => void;
  /** Lets the calls in flight end for `graceMs` at most, and cuts off the rest. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** A connection of HTTP/1.1. */
interface Http1 {
  /** When it is cut off, by `performance.now()`. */
  until: number;
  /** Requests without a whole answer. */
  pending: number;
  /** The last answer. */
  response: ServerResponse | undefined;
}

/** @param onExchange is given each request, with the reason if it is to be refused. */
export function createConnections(onExchange: (exchange: Exchange, refusal?: RefusalName) => void): Connections {
  const http1s = new Map<Socket, Http1>();
  const sessions = new Set<Http2Session>();
  const open = new Set<Socket>();
  let isClosing = false;

  const http1 = createHttp1Server({
    maxHeaderSize: MAX_METADATA_BYTES,
    keepAliveTimeout: IDLE_MS,
    // These two are of no effect on a server that does not listen itself.
    requestTimeout: 0,
    headersTimeout: 0,
    requireHostHeader: false,
  });
  http1
    .on('request', (request, response) => receive1(request, response, false))
    .on('checkContinue', (request, response) => receive1(request, response, true))
    .on('checkExpectation', (request, response) => receive1(request, response, false, 'expectation'))
    .on('connect', (_, socket) => refuseRaw(socket as Socket, 'method'))
    .on('clientError', (error: NodeJS.ErrnoException, socket) => {
      refuseRaw(socket as Socket, error.code === 'HPE_HEADER_OVERFLOW' ? 'head' : 'syntax');
    });

  const http2 = createHttp2Server({
    // In MB; with settings as strict as those of gRPC.
    maxSessionMemory: 10,
    settings: { maxConcurrentStreams: 100, maxHeaderListSize: 2 * MAX_METADATA_BYTES },
  });
  http2
    .on('session', (session) => {
      sessions.add(session);
      const ageing = setTimeout(() => session.close(), MAX_AGE_MS).unref();
      session.setTimeout(5 * IDLE_MS, () => session.close());
      session.on('error', ignore).once('close', () => {
        sessions.delete(session);
        clearTimeout(ageing);
      });
    })
    .on('request', (request, response) => receive(request, response, false))
    .on('checkContinue', (request, response) => receive(request, response, true));

  function receive(request: HttpRequest, response: HttpResponse, expectsContinue: boolean): void {
    onExchange(exchangeOf(request, response, expectsContinue, ignore));
  }

  function receive1(
    request: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean,
    refusal = faultOf(request),
  ): void {
    const connection = http1s.get(request.socket);
    if (connection === undefined) return;
    connection.pending += 1;
    connection.response = response;
    connection.until = Number.POSITIVE_INFINITY;
    let isPending = true;
    const onAnswered = (): void => {
      if (!isPending) return;
      isPending = false;
      connection.pending -= 1;
      if (connection.pending === 0) connection.until = performance.now() + LINGER_MS;
    };
    response.once('close', () => {
      onAnswered();
      if (connection.pending > 0) return;
      if (isClosing) request.socket.destroySoon();
      else connection.until = performance.now() + (request.complete ? IDLE_MS : LINGER_MS);
    });
    response.shouldKeepAlive &&= !isClosing && refusal === undefined;
    onExchange(exchangeOf(request, response, expectsContinue, onAnswered), refusal);
  }

  /** Answers what cannot be parsed, unless an answer is on its way. */
  function refuseRaw(socket: Socket, name: RefusalName): void {
    const response = http1s.get(socket)?.response;
    const isFree = response === undefined || !response.headersSent || response.writableFinished;
    if (isFree && socket.writable) socket.end(rawRefusal(name));
    else socket.destroy();
    const connection = http1s.get(socket);
    if (connection !== undefined) connection.until = performance.now() + LINGER_MS;
  }

  const looking = setInterval(() => {
    const now = performance.now();
    for (const [socket, { until }] of http1s) if (now > until) socket.destroy();
  }, LOOK_MS).unref();

  return {
    take(socket, protocol) {
      open.add(socket);
      socket.setKeepAlive(true, PROBE_MS);
      socket.once('close', () => {
        open.delete(socket);
        http1s.delete(socket);
      });
      if (protocol === 'h2') {
        http2.emit('connection', socket);
        return;
      }
      http1s.set(socket, { until: performance.now() + HEAD_MS, pending: 0, response: undefined });
      http1.emit('connection', socket);
    },
    async close(graceMs) {
      isClosing = true;
      for (const session of sessions) session.close();
      for (const [socket, { pending, response }] of http1s) {
        if (pending === 0) socket.destroy();
        else if (response !== undefined) response.shouldKeepAlive = false;
      }
      const cutOff = performance.now() + graceMs;
      while (open.size > 0 && performance.now() < cutOff) await sleep(10);
      for (const session of sessions) session.destroy();
      for (const socket of open) socket.destroy();
      clearInterval(looking);
    },
  };
}

function exchangeOf(request: HttpRequest, response: HttpResponse, expectsContinue: boolean, onAnswered: () => void): Exchange {
  request.on('error', ignore);
  response.on('error', ignore);
  return new Exchange({ request, response, expectsContinue, onAnswered });
}

/** A request has one `Host`, or else servers on its way may take it for different ones (RFC 9112 section 3.2). */
function faultOf({ rawHeaders, httpVersion }: IncomingMessage): RefusalName | undefined {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (/^host$/i.test(rawHeaders[at] as string)) hosts += 1;
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0') ? undefined : 'syntax';
}

function ignore(): void {
  // An error of a connection or a stream needs no handling: it closes, and that is seen.
}
