/**
 * HTTP/1.1 with Node's server, to which this file passes connections. Node applies its timeouts only to connections that it has accepted itself, so
 * this file applies them.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { startAging } from '../listener/connection-age.ts';
import { MAX_METADATA_BYTES } from '../rpc/bounds.ts';
import { formatPeer } from '../rpc/caller-address.ts';
import { Exchange, splitTarget } from './exchange.ts';
import type { RefusalName } from './refusals.ts';
import { awaitRequestLine, targetIn } from './request-line.ts';
import type { Aging, OnExchange, RefuseRaw, Speaker } from './speaker.ts';

// Not by `import`, which reads each export of `node:http`, and so loads `fetch` and WebSocket at every start.
const { createServer } = process.getBuiltinModule('node:http');

/** The time for the head of a first request, in ms: with the second between two checks, its caller is answered within five. */
const HEAD_MS = 4000;
/** The time for the head of a further request, counted from the check that first sees it. */
const NEXT_HEAD_MS = 3000;
/** How long a connection may be without a request, in ms. */
const IDLE_MS = 60_000;
/** How long a caller may take to read a complete answer, in ms. */
const READ_MS = 10_000;
/** How long a caller may take to send the rest of an answered request, in ms. */
const LINGER_MS = 2000;

interface Connection {
  /** When the connection is cut off, by `performance.now()`. */
  until: number;
  /** Whether a head is expected: of the first request, or of a request that has begun to arrive. */
  isDue: boolean;
  /** The bytes received when the last answer ended; undefined before the first answer has ended. */
  readBytes: number | undefined;
  /** Whether the next answer is the last one. */
  isOld: boolean;
  /** The requests without a complete answer. */
  pending: number;
  /** The last request, until its answer is sent. */
  last: { readonly exchange: Exchange; readonly response: ServerResponse } | undefined;
  /** The path of the last request, or of the first that is still to come. */
  path: string;
  /** Whether bytes have arrived that cannot be parsed. Nothing is read after them. */
  isLost: boolean;
}

export function createHttp1(onExchange: OnExchange, onUnreadable: RefuseRaw, aging: Aging): Speaker {
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
    connection.isDue = false;
    connection.readBytes = undefined;
    connection.pending += 1;
    if (request.url !== connection.path) connection.path = pathOf(request.url);
    connection.until = Number.POSITIVE_INFINITY;
    let isPending = true;
    const onAnswered = (): void => {
      if (!isPending) return;
      isPending = false;
      connection.pending -= 1;
      if (connection.pending === 0) connection.until = performance.now() + (request.complete ? READ_MS : LINGER_MS);
    };
    response.on('error', ignore).once('close', () => {
      // An idle connection would keep all of its last call alive, for each collection to copy.
      if (connection.last?.response === response) connection.last = undefined;
      onAnswered();
      if (connection.pending > 0) return;
      if (isDraining) request.socket.destroySoon();
      else if (request.complete) {
        connection.until = performance.now() + IDLE_MS;
        connection.readBytes = request.socket.bytesRead;
      } else connection.until = performance.now() + LINGER_MS;
    });
    request.on('error', ignore);
    response.shouldKeepAlive &&= !isDraining && !connection.isOld && refusal === undefined;
    const exchange = new Exchange({ request, response, expectsContinue, onAnswered });
    connection.last = { exchange, response };
    onExchange(exchange, refusal);
  }

  /** Answers an unreadable request as the last one on its connection. The answers to earlier requests are not lost. */
  function refuseLast(socket: Socket, name: RefusalName, target?: string): void {
    const connection = connections.get(socket);
    if (connection === undefined || connection.isLost) return;
    connection.isLost = true;
    const { last } = connection;
    if (last === undefined) refuseRaw(socket, connection, name, target);
    else if (last.response.req.complete) last.response.once('close', () => refuseRaw(socket, connection, name, target));
    // The unreadable bytes are within the body of a request that is answered already.
    else if (last.response.headersSent) last.response.once('close', () => socket.destroySoon());
    else {
      last.response.shouldKeepAlive = false;
      onExchange(last.exchange, name);
    }
  }

  function refuseRaw(socket: Socket, connection: Connection, name: RefusalName, target = connection.path): void {
    connection.until = performance.now() + LINGER_MS;
    onUnreadable(name, target).then(
      (bytes) => (socket.writable ? socket.end(bytes) : socket.destroy()),
      () => socket.destroy(),
    );
  }

  /** An old connection is not closed between two calls, when a request may be in transit: its next answer says `connection: close`. */
  function age(socket: Socket, connection: Connection): void {
    const peer = formatPeer(socket.remoteAddress, socket.remotePort);
    const start = (): (() => void) =>
      startAging(aging, {
        retire() {
          connection.isOld = true;
          if (connection.last !== undefined) connection.last.response.shouldKeepAlive = false;
        },
        endStreams: () => aging.endStreams(peer),
        // Nothing is cut off: deadlines bound a call, and `READ_MS` bounds the reading of its answer. The last answer may be a stream, which has its own age limit.
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
    .on('connect', ({ url }, socket) => refuseLast(socket as Socket, 'method', url))
    .on('clientError', ({ code, rawPacket }: UnreadableError, socket) => {
      refuseLast(socket as Socket, code === 'HPE_HEADER_OVERFLOW' ? 'head' : 'syntax', targetIn(rawPacket));
    });

  return {
    take(socket) {
      const until = performance.now() + HEAD_MS;
      const connection: Connection = {
        until,
        isDue: true,
        readBytes: undefined,
        isOld: false,
        pending: 0,
        last: undefined,
        path: '',
        isLost: false,
      };
      connections.set(socket, connection);
      age(socket, connection);
      socket.once('close', () => connections.delete(socket));
      awaitRequestLine(socket, (target) => {
        connection.path = pathOf(target);
        if (!connection.isLost) server.emit('connection', socket);
      });
    },
    look(now) {
      for (const [socket, connection] of connections) {
        const { readBytes, until, isDue, isLost } = connection;
        if (readBytes !== undefined && socket.bytesRead > readBytes) {
          connection.isDue = true;
          connection.readBytes = undefined;
          connection.until = now + NEXT_HEAD_MS;
        } else if (now > until && isDue && !isLost) refuseLast(socket, 'slow');
        else if (now > until) socket.destroy();
      }
    },
    drain() {
      isDraining = true;
      for (const [socket, { pending, last }] of connections) {
        if (pending === 0) socket.destroySoon();
        else if (last !== undefined) last.response.shouldKeepAlive = false;
      }
    },
  };
}

/** The error of a request that cannot be parsed, with the bytes that contain it. */
interface UnreadableError extends NodeJS.ErrnoException {
  readonly rawPacket?: Buffer;
}

/** A copy: a part of the target would keep all of it alive with its connection, and its query may hold a secret. */
function pathOf(target = ''): string {
  return Buffer.from(splitTarget(target).path, 'latin1').toString('latin1');
}

/** A request must have one `Host`, or servers on its way may choose different ones (RFC 9112 section 3.2). */
function faultOf({ rawHeaders, httpVersion }: IncomingMessage): RefusalName | undefined {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (/^host$/i.test(rawHeaders[at] as string)) hosts += 1;
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0') ? undefined : 'syntax';
}

function ignore(): void {
  // Errors of a connection need no handling: it closes, and that is observed.
}
