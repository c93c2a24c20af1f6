/** HTTP/2 with Node's server, to which this file passes connections, with bounds as strict as those of gRPC. */
import { constants, createServer, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from 'node:http2';
import { ageSession } from '../listener/connection-age.ts';
import { MAX_METADATA_BYTES } from '../rpc/bounds.ts';
import { Exchange } from './exchange.ts';
import type { Aging, OnExchange, Speaker } from './speaker.ts';

const MOST_STREAMS = 100;
/** In MB. */
const MOST_MEMORY = 10;
/** How long a connection may be without a request, in ms. */
const IDLE_MS = 300_000;
/** How long a caller may take to read a complete answer, in ms. */
const READ_MS = 10_000;

interface Connection {
  /** When the last request ended. */
  idleSince: number;
  /** The requests that have not ended. */
  open: number;
}

export function createHttp2(onExchange: OnExchange, aging: Aging): Speaker {
  const connections = new Map<ServerHttp2Session, Connection>();
  /** Complete answers that the caller has not read yet, oldest first, with the time of their end. */
  const unread = new Map<Http2ServerResponse, number>();

  function receive(request: Http2ServerRequest, response: Http2ServerResponse, expectsContinue: boolean): void {
    const connection = connections.get(request.stream.session as ServerHttp2Session);
    if (connection === undefined) return;
    connection.open += 1;
    request.on('error', ignore);
    response.on('error', ignore).once('close', () => {
      unread.delete(response);
      connection.open -= 1;
      connection.idleSince = performance.now();
    });
    const onAnswered = (): void => {
      if (!response.stream?.closed) unread.set(response, performance.now() + READ_MS);
    };
    onExchange(new Exchange({ request, response, expectsContinue, onAnswered }));
  }

  const server = createServer({
    maxSessionMemory: MOST_MEMORY,
    settings: { maxConcurrentStreams: MOST_STREAMS, maxHeaderListSize: 2 * MAX_METADATA_BYTES },
  })
    .on('session', (session) => {
      connections.set(session, { idleSince: performance.now(), open: 0 });
      ageSession(session, aging, aging.endStreams);
      session.on('error', ignore).once('close', () => connections.delete(session));
    })
    .on('request', (request, response) => receive(request, response, false))
    .on('checkContinue', (request, response) => receive(request, response, true));

  return {
    take: (socket) => void server.emit('connection', socket),
    look(now) {
      for (const [session, { idleSince, open }] of connections) {
        if (open === 0 && now - idleSince > IDLE_MS) session.close();
      }
      for (const [{ stream }, until] of unread) {
        if (now < until) break;
        // Any code but NO_ERROR closes a stream with unsent data.
        stream.close(constants.NGHTTP2_CANCEL);
      }
    },
    drain() {
      for (const session of connections.keys()) session.close();
    },
  };
}

function ignore(): void {
  // Errors of a stream need no handling: it closes, and that is observed.
}
