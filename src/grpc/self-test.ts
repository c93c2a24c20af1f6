/** Proves at the start, on a connection within the process, that the bound on left-open streams holds: it stands on a diagnostics channel of Node. */
import { once } from 'node:events';
import { connect } from 'node:http2';
import { duplexPair } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionInjector } from '@grpc/grpc-js';
import { answersSeen } from './left-open-streams.ts';

const PATIENCE_MS = 5000;

/** Makes a call that is refused and never ended. Rejects unless the answer is seen and the stream is closed. */
export async function checkBounds(injector: ConnectionInjector): Promise<void> {
  const [ours, theirs] = duplexPair();
  const before = answersSeen();
  injector.injectConnection(theirs);
  const connection = connect('http://self-test', { createConnection: () => ours });
  try {
    const refused = connection.request({ ':method': 'POST', ':path': '/', 'content-type': 'self-test' }, { endStream: false });
    refused.resume();
    await Promise.race([
      once(refused, 'close'),
      sleep(PATIENCE_MS, undefined, { ref: false }).then(() => {
        throw new Error('a refused stream stays open');
      }),
    ]);
    if (answersSeen() === before) throw new Error('answers are not published');
  } catch (cause) {
    throw new Error(
      'streams that are left open cannot be bounded: run otpd on Node 24.3 or later, with the grpc-js of its lock file',
      {
        cause,
      },
    );
  } finally {
    connection.destroy();
  }
}
