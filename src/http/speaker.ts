/** The server of a protocol, HTTP/1.1 or HTTP/2, as the door has it. */
import type { Socket } from 'node:net';
import type { ConnectionAge } from '../listener/connection-age.ts';
import type { Exchange } from './exchange.ts';
import type { RefusalName } from './refusals.ts';

/** Given each request, with the reason if it is to be refused. */
export type OnExchange = (exchange: Exchange, refusal?: RefusalName) => void;

/** How connections age, and what ends the streams on one (its address and port). */
export interface Aging extends ConnectionAge {
  readonly endStreams: (connection: string) => void;
}

export interface Speaker {
  /** Takes a connection, with all that it has said still to be read. */
  readonly take: (socket: Socket) => void;
  /** Cuts off what has had its time, by `performance.now()`; called once a second. */
  readonly look: (now: number) => void;
  /** Takes no more requests; connections without any go. */
  readonly drain: () => void;
}
