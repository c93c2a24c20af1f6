/** Proves at the start, on a connection within the process, what stands on diagnostics channels of Node: left-open streams, and only POST is a call. */
import { once } from 'node:events';
import { connect } from 'node:http2';
import { duplexPair } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionInjector } from '@grpc/grpc-js';
import { BoundNotInstalledError } from '../rpc/bounds.ts';
import { answersSeen } from './left-open-streams.ts';

const PATIENCE_MS = 5000;

/** Makes a request that is no call, and never ends it. Rejects with `BoundNotInstalledError` unless it is refused as such, the answer is seen, and the stream is closed. */
export async function checkBounds(injector: ConnectionInjector): Promise<void> {
  const [ours, theirs] = duplexPair();
  const before = answersSeen();
  injector.injectConnection(theirs);
  const connection = connect('http://self-test', { createConnection: () => ours });
  try {
    const refused = connection.request({ ':method': 'PUT', ':path': '/', 'content-type': 'application/grpc' });
    let status: unknown;
    refused.on('response', (headers) => {
      status = headers[':status'];
    });
    refused.resume();
    await Promise.race([
      once(refused, 'close'),
      sleep(PATIENCE_MS, undefined, { ref: false }).then(() => {
        throw new Error('a refused stream stays open');
      }),
    ]);
    if (answersSeen() === before) throw new Error('answers are not published');
    if (status !== 415) throw new Error('requests are not published before they are served');
  } catch (cause) {
    throw new BoundNotInstalledError(cause);
  } finally {
    connection.destroy();
  }
}
