/** Serves unary calls without grpc-js' own call object, on its connections and beside what it serves itself. */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Server } from '@grpc/grpc-js';
import type { MethodShape } from './call.ts';
import { DirectCall } from './direct-call.ts';
import type { Pipeline } from './interceptor.ts';
import { closeBehindAnswer } from './left-open.ts';
import type { Next } from './listener.ts';
import { createPeers } from './peer.ts';
import { http2ServersOf } from './sessions.ts';

type Serve = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Stands behind the stages, the last of which answers. */
const NOBODY: Next = { onReceiveMetadata: ignore, onReceiveMessage: ignore, onReceiveHalfClose: ignore, onCancel: ignore };

/**
 * Has `server`, which listens, leave the calls of the methods at `paths` to the `pipeline`; compressed ones stay with it, and so does all that is
 * no gRPC. Where grpc-js is built otherwise than the release that is pinned, it serves them all: slower, and nothing else.
 */
export function serveDirectly(server: Server, paths: Iterable<string>, pipeline: Pipeline): void {
  const { onStreamOpened } = server as unknown as { onStreamOpened?: (stream: ServerHttp2Stream) => void };
  const methods = new Map(
    [...paths].map((path): [string, MethodShape] => [path, { path, requestStream: false, responseStream: false }]),
  );
  for (const http2 of http2ServersOf(server)) {
    const [serve, ...others] = http2.listeners('stream') as unknown as Serve[];
    if (onStreamOpened === undefined || serve === undefined || others.length > 0) continue;
    const peerOf = createPeers();
    const serveOurs: Serve = (stream, headers) => {
      const method = isPlain(headers) ? methods.get(headers[':path'] ?? '') : undefined;
      if (method === undefined) {
        serve(stream, headers);
        closeBehindAnswer(stream);
        return;
      }
      // Whatever it is, its stream closes, and that is seen.
      stream.on('error', ignore);
      // A connection is idle without streams: grpc-js counts them.
      onStreamOpened.call(server, stream);
      const call = new DirectCall(stream, headers);
      const record = pipeline.begin(method, call, peerOf(stream.session));
      call.start(pipeline.front(NOBODY, record, method));
    };
    http2.removeAllListeners('stream');
    http2.on('stream', serveOurs as never);
  }
}

/** Whether a request is what nearly all are. */
function isPlain(headers: IncomingHttpHeaders): boolean {
  const type = headers['content-type'];
  const encoding = headers['grpc-encoding'] ?? 'identity';
  return (
    (type === 'application/grpc' || type === 'application/grpc+proto') && encoding === 'identity' && headers[':method'] === 'POST'
  );
}

function ignore(): void {
  // Nothing is to be done.
}
