/**
 * Proves at the start, on connections within the process, the bounds that use diagnostics channels of Node: left-open streams are closed, and only a POST is a call.
 */
import { once } from 'node:events';
import { connect, type OutgoingHttpHeaders } from 'node:http2';
import { duplexPair } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionInjector, Server, ServerCredentials, ServerInterceptingCall, status } from '@grpc/grpc-js';
import { BoundNotInstalledError } from '../rpc/bounds.ts';

const PATIENCE_MS = 5000;
const PATH = '/self-test/Refused';

/** Rejects with `BoundNotInstalledError` unless a request that is not a call is refused as such, and a refused call that is left open is closed. */
export async function checkBounds(injector: ConnectionInjector): Promise<void> {
  const refusing = createRefusingServer();
  try {
    if ((await ask(injector, { ':method': 'PUT' })) !== 415) throw new Error('requests are not published before they are served');
    if ((await ask(refusing.createConnectionInjector(ServerCredentials.createInsecure()), { ':method': 'POST' })) !== 200)
      throw new Error('calls are not served');
  } catch (cause) {
    throw new BoundNotInstalledError(cause);
  } finally {
    refusing.forceShutdown();
  }
}

/** Makes a request and never ends it. Resolves to its status once the stream is closed. */
async function ask(injector: ConnectionInjector, headers: OutgoingHttpHeaders): Promise<unknown> {
  const [ours, theirs] = duplexPair();
  injector.injectConnection(theirs);
  const connection = connect('http://self-test', { createConnection: () => ours });
  const patience = new AbortController();
  // A timer keeps the process alive, since the connection has no socket.
  const late = sleep(PATIENCE_MS, false, patience).catch(() => false);
  try {
    const stream = connection.request({ ':path': PATH, 'content-type': 'application/grpc', ...headers }, { endStream: false });
    let answer: unknown;
    stream.on('response', (received) => {
      answer = received[':status'];
    });
    stream.resume();
    const closed = once(stream, 'close').then(() => true);
    if (!(await Promise.race([closed, late]))) throw new Error('a refused stream stays open');
    return answer;
  } finally {
    patience.abort();
    connection.destroy();
  }
}

/** Refuses every call at its headers, as the server refuses calls without an API key, but without a log line. */
function createRefusingServer(): Server {
  const server = new Server({
    interceptors: [
      (_, call) =>
        new ServerInterceptingCall(call, {
          start: (next) =>
            next({ onReceiveMetadata: () => call.sendStatus({ code: status.UNAUTHENTICATED, details: '', metadata: null }) }),
        }),
    ],
  });
  const asIs = (bytes: Buffer): Buffer => bytes;
  const refused = {
    path: PATH,
    requestStream: false,
    responseStream: true,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
  server.addService({ refused }, { refused: () => undefined });
  return server;
}
