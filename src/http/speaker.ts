/** The interface of the servers of both protocols, HTTP/1.1 and HTTP/2. */
import type { Socket } from 'node:net';
import type { ConnectionAge } from '../listener/connection-age.ts';
import type { Exchange } from './exchange.ts';
import type { RefusalName } from './refusals.ts';

/** Called with each request, and the reason if it is to be refused. */
export type OnExchange = (exchange: Exchange, refusal?: RefusalName) => void;

/**
 * Returns the answer to an unreadable request as bytes for its connection. The target of the request, empty if it is unknown, determines the form.
 */
export type RefuseRaw = (name: RefusalName, target: string) => Promise<string>;

/** The age of connections, and the function that ends the streams of a connection (its address and port). */
export interface Aging extends ConnectionAge {
  readonly endStreams: (connection: string) => void;
}

export interface Speaker {
  /** Takes over a connection. Its first bytes are not read yet. */
  readonly take: (socket: Socket) => void;
  /** Cuts off connections past their time, by `performance.now()`; called once a second. */
  readonly look: (now: number) => void;
  /** Accepts no more requests; closes connections without any. */
  readonly drain: () => void;
}
