/**
 * Closes the streams of callers that do not end their request after a refusal. grpc-js would keep these until the connection closes, at some 12 kB each and without
 * an API key. Node publishes every answer of an HTTP/2 server on a diagnostics channel, which is the public way to the streams that grpc-js serves.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { ServerHttp2Stream } from 'node:http2';

/** Published when the headers of an answer are sent (Node 24.2 and later). */
const ANSWERED = 'http2.server.stream.finish';

let isWatching = false;

/** Watches all HTTP/2 streams of this process from now on. */
export function closeLeftOpenStreams(): void {
  if (isWatching) return;
  isWatching = true;
  subscribe(ANSWERED, (message) => {
    const { stream } = message as { readonly stream: ServerHttp2Stream };
    // An answer that ends with its headers is a refusal: our methods answer only requests that have ended.
    if (stream.writableEnded && !stream.readableEnded) setImmediate(close, stream);
  });
}

function close(stream: ServerHttp2Stream): void {
  if (!stream.readableEnded) stream.close();
}
