/**
 * Ends connections by their age (gRFC A9), so that a load balancer spreads callers over all instances: an old connection accepts no more calls, then its
 * streams end, and the rest is cut off.
 */

import type { Http2Session } from 'node:http2';
import { formatPeer } from '../rpc/caller-address.ts';

/** The longest age of a connection. */
export interface ConnectionAge {
  /** The age at which a connection accepts no more calls, give or take a tenth, in ms. */
  readonly maxAgeMs: number;
  /** How long its calls may continue then, in ms. */
  readonly graceMs: number;
}

/** The steps of the end of a connection. */
export interface Ending {
  /** Accepts no more calls, and closes the connection after the calls in progress. */
  readonly retire: () => void;
  /** Ends the streams, each with a status. */
  readonly endStreams: () => void;
  /** Cuts off the rest, such as a caller that does not read. */
  readonly cutOff: () => void;
}

/** As in gRFC A9: connections that began together do not end together. */
const JITTER = 0.1;
/** How long a connection has to send the statuses of its streams, in ms. */
const FAREWELL_MS = 1000;

/**
 * Begins to age a connection. Returns the function that stops the ageing; call it when the connection closes. `random` returns a number from 0 up to
 * 1.
 */
export function startAging(
  { maxAgeMs, graceMs }: ConnectionAge,
  { retire, endStreams, cutOff }: Ending,
  random: () => number = Math.random,
): () => void {
  let timer: NodeJS.Timeout;
  const after = (ms: number, step: () => void): void => {
    timer = setTimeout(step, ms).unref();
  };
  after(maxAgeMs * (1 - JITTER + 2 * JITTER * random()), () => {
    // `retire` comes first: a connection without calls closes at once, and the timers below are not needed.
    after(graceMs, () => {
      after(FAREWELL_MS, cutOff);
      endStreams();
    });
    retire();
  });
  return () => clearTimeout(timer);
}

/** Begins to age an HTTP/2 connection, until it closes. `endStreams` gets the address and port of the caller whose streams are to end. */
export function ageSession(session: Http2Session, age: ConnectionAge, endStreams: (connection: string) => void): void {
  const connection = formatPeer(session.socket.remoteAddress, session.socket.remotePort);
  const stop = startAging(age, {
    retire: () => session.close(),
    endStreams: () => endStreams(connection),
    cutOff: () => session.destroy(),
  });
  session.once('close', stop);
}
