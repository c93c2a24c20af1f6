/** Reaches into Node's HTTP/2 connections, for what no option of theirs or of grpc-js gives. */
import type { Http2Server, Http2Session } from 'node:http2';
import type { Server } from '@grpc/grpc-js';
import { createStreamTable, type StreamTable } from './stream-table.ts';

/** Under the one symbol of a session that is called "state". */
interface SessionState {
  streams?: StreamTable<unknown>;
}

/**
 * Has every connection that `server` will get keep its streams in a table of ours; to be called when it listens. Where grpc-js or Node is built
 * otherwise than the releases that are pinned, connections stay as they are: slower under load, and nothing else.
 */
export function keepStreamsInTables(server: Server): void {
  const { http2Servers } = server as unknown as { http2Servers?: ReadonlyMap<Http2Server, unknown> };
  for (const http2 of http2Servers?.keys() ?? []) http2.on('session', keepInTable);
}

function keepInTable(session: Http2Session): void {
  const name = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state');
  const state = name && (session as unknown as Record<symbol, SessionState | undefined>)[name];
  if (state?.streams?.size === 0) state.streams = createStreamTable();
}
