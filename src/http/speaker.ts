/** The server of a protocol, HTTP/1.1 or HTTP/2, as the door has it. */
import type { Socket } from 'node:net';
import type { Exchange } from './exchange.ts';
import type { RefusalName } from './refusals.ts';

/** Given each request, with the reason if it is to be refused. */
export type OnExchange = (exchange: Exchange, refusal?: RefusalName) => void;

export interface Speaker {
  /** Takes a connection, with all that it has said still to be read. */
  readonly take: (socket: Socket) => void;
  /** Cuts off what has had its time, by `performance.now()`; called once a second. */
  readonly look: (now: number) => void;
  /** Takes no more requests; connections without any go. */
  readonly drain: () => void;
}
