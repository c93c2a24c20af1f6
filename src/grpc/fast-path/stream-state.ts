/** Puts tables of ours where Node's HTTP/2 keeps the streams of a connection: its own `Map` and `Set` keep alive what was in them. */
import type { Http2Server, Http2Session } from 'node:http2';
import { createStreamSet, createStreamTable, type StreamSet, type StreamTable } from './stream-table.ts';

/** Under the one symbol of a session that is called "state". */
interface SessionState {
  streams?: StreamTable<unknown>;
  pendingStreams?: StreamSet<unknown>;
}

/** Has every connection that `http2` will get keep its streams in tables of ours. */
export function keepStreamsInTables(http2: Http2Server): void {
  http2.on('session', keepInTable);
}

/** A connection whose state has another shape stays as it is. */
function keepInTable(session: Http2Session): void {
  const name = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state');
  const state = name && (session as unknown as Record<symbol, SessionState | undefined>)[name];
  if (state?.streams?.size === 0) state.streams = createStreamTable();
  if (state?.pendingStreams?.size === 0) state.pendingStreams = createStreamSet();
}
