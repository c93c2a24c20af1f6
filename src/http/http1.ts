/** HTTP/1.1 by the server of Node, which is given its connections, and does not bound them in time unless it listens itself: that is done here. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { startAging } from '../listener/connection-age.ts';
import { MAX_METADATA_BYTES } from '../rpc/bounds.ts';
import { formatPeer } from '../rpc/peer.ts';
import { Exchange } from './exchange.ts';
import { type RefusalName, rawRefusal } from './refusals.ts';
import type { Aging, OnExchange, Speaker } from './speaker.ts';

// Not by `import`, which reads each export of `node:http`, and so loads `fetch` and WebSocket at every start.
const { createServer } = process.getBuiltinModule('node:http');

/** How long the head of a first request may take, in ms. */
const HEAD_MS = 10_000;
/** How long a connection may be without a request, in ms. */
const IDLE_MS = 60_000;
/** How long a caller may take to read an answer that is over, in ms. */
const READ_MS = 10_000;
/** How long a caller may take to send the rest of a request that is answered, in ms. */
const LINGER_MS = 2000;

interface Connection {
  /** When it is cut off, by `performance.now()`. */
  until: number;
  /** Whether its next answer is its last. */
  isOld: boolean;
  /** Requests without a whole answer. */
  pending: number;
  /** The last answer. */
  response: ServerResponse | undefined;
}

export function createHttp1(onExchange: OnExchange, aging: Aging): Speaker {
  const connections = new Map<Socket, Connection>();
  let isDraining = false;

  function receive(
    request: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean,
    refusal = faultOf(request),
  ): void {
    const connection = connections.get(request.socket);
    if (connection === undefined) return;
    connection.pending += 1;
    connection.response = response;
    connection.until = Number.POSITIVE_INFINITY;
    let isPending = true;
    const onAnswered = (): void => {
      if (!isPending) return;
      isPending = false;
      connection.pending -= 1;
      if (connection.pending === 0) connection.until = performance.now() + (request.complete ? READ_MS : LINGER_MS);
    };
    response.on('error', ignore).once('close', () => {
      onAnswered();
      if (connection.pending > 0) return;
      if (isDraining) request.socket.destroySoon();
      else connection.until = performance.now() + (request.complete ? IDLE_MS : LINGER_MS);
    });
    request.on('error', ignore);
    response.shouldKeepAlive &&= !isDraining && !connection.isOld && refusal === undefined;
    onExchange(new Exchange({ request, response, expectsContinue, onAnswered }), refusal);
  }

  /** Answers what cannot be parsed, unless an answer is on its way. */
  function refuseRaw(socket: Socket, name: RefusalName): void {
    const connection = connections.get(socket);
    const response = connection?.response;
    const isFree = response === undefined || !response.headersSent || response.writableFinished;
    if (isFree && socket.writable) socket.end(rawRefusal(name));
    else socket.destroy();
    if (connection !== undefined) connection.until = performance.now() + LINGER_MS;
  }

  /** A connection is never closed by its age between two calls, when a request may be on its way: its answer says `connection: close`. */
  function age(socket: Socket, connection: Connection): void {
    const peer = formatPeer(socket.remoteAddress, socket.remotePort);
    const start = (): (() => void) =>
      startAging(aging, {
        retire() {
          connection.isOld = true;
          if (connection.response !== undefined) connection.response.shouldKeepAlive = false;
        },
        endStreams: () => aging.endStreams(peer),
        // Nothing is cut off: deadlines bound a call, and `READ_MS` its reader. The last answer may be a stream, which has an age of its own.
        cutOff() {
          stop = start();
        },
      });
    let stop = start();
    socket.once('close', () => stop());
  }

  const server = createServer({ maxHeaderSize: MAX_METADATA_BYTES, keepAliveTimeout: IDLE_MS, requireHostHeader: false })
    .on('request', (request, response) => receive(request, response, false))
    .on('checkContinue', (request, response) => receive(request, response, true))
    .on('checkExpectation', (request, response) => receive(request, response, false, 'expectation'))
    .on('connect', (_, socket) => refuseRaw(socket as Socket, 'method'))
    .on('clientError', (error: NodeJS.ErrnoException, socket) => {
      refuseRaw(socket as Socket, error.code === 'HPE_HEADER_OVERFLOW' ? 'head' : 'syntax');
    });

  return {
    take(socket) {
      const connection = { until: performance.now() + HEAD_MS, isOld: false, pending: 0, response: undefined };
      connections.set(socket, connection);
      age(socket, connection);
      socket.once('close', () => connections.delete(socket));
      server.emit('connection', socket);
    },
    look(now) {
      for (const [socket, { until }] of connections) if (now > until) socket.destroy();
    },
    drain() {
      isDraining = true;
      for (const [socket, { pending, response }] of connections) {
        if (pending === 0) socket.destroySoon();
        else if (response !== undefined) response.shouldKeepAlive = false;
      }
    },
  };
}

/** A request has one `Host`, or else servers on its way may take it for different ones (RFC 9112 section 3.2). */
function faultOf({ rawHeaders, httpVersion }: IncomingMessage): RefusalName | undefined {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (/^host$/i.test(rawHeaders[at] as string)) hosts += 1;
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0') ? undefined : 'syntax';
}

function ignore(): void {
  // An error of a connection needs no handling: it closes, and that is seen.
}
