/** Reaches into Node's HTTP/2 connections, for what no option of theirs or of grpc-js gives. */
import type { Http2Server, Http2Session } from 'node:http2';
import type { Server } from '@grpc/grpc-js';
import { createStreamSet, createStreamTable, type StreamSet, type StreamTable } from './stream-table.ts';

/** What the types of this Node lack. */
interface Droppable {
  dropMaxConnection: boolean;
}

/** The servers of grpc-js, one for each address that it listens on; none before it listens. */
export function http2ServersOf(server: Server): Iterable<Http2Server & Droppable> {
  const { http2Servers } = server as unknown as { http2Servers?: ReadonlyMap<Http2Server & Droppable, unknown> };
  return http2Servers?.keys() ?? [];
}

/**
 * Has `server`, which listens, take `most` connections at a time on each of its addresses, and close any more at once, before they cost anything;
 * `onRefused` is told of each.
 */
export function boundConnections(server: Server, most: number, onRefused: () => void): void {
  for (const http2 of http2ServersOf(server)) {
    http2.maxConnections = most;
    // In a worker too: otherwise its primary would offer the connection to one worker after the other, for as long as all are full.
    http2.dropMaxConnection = true;
    http2.on('drop', onRefused);
  }
}

/** Under the one symbol of a session that is called "state". */
interface SessionState {
  streams?: StreamTable<unknown>;
  pendingStreams?: StreamSet<unknown>;
}

/**
 * Has every connection that `server` will get keep its streams in tables of ours; to be called when it listens. Where grpc-js or Node is built
 * otherwise than the releases that are pinned, connections stay as they are: slower under load, and nothing else.
 */
export function keepStreamsInTables(server: Server): void {
  for (const http2 of http2ServersOf(server)) http2.on('session', keepInTable);
}

function keepInTable(session: Http2Session): void {
  const name = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state');
  const state = name && (session as unknown as Record<symbol, SessionState | undefined>)[name];
  if (state?.streams?.size === 0) state.streams = createStreamTable();
  if (state?.pendingStreams?.size === 0) state.pendingStreams = createStreamSet();
}
