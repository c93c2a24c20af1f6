/** A program: a stranger who calls with well-formed wrong keys, as fast as it can, for this many ms. Prints the answers as JSON. */
import { type ClientHttp2Session, connect } from 'node:http2';
import { randomApiKey, randomId } from '../../src/auth/api-key-format.ts';

const [address, forMs] = process.argv.slice(2);
const CONNECTIONS = 10;
const AT_ONCE = 100;
/** More keys than a process remembers as unknown, so that each round they are as good as new. */
const keys = Array.from({ length: 20_000 }, () => randomApiKey(randomId()));

const told: Record<string, number> = {};
let place = 0;

/** Makes calls, one after the other. */
function call(session: ClientHttp2Session, until: number): Promise<void> {
  return new Promise((resolve) => {
    const next = (): void => {
      if (performance.now() > until || session.destroyed) {
        resolve();
        return;
      }
      const stream = session.request(
        {
          ':method': 'POST',
          ':path': '/otp.v1.OtpService/Token',
          'content-type': 'application/grpc',
          te: 'trailers',
          'x-api-key': keys[place % keys.length],
        },
        { endStream: true },
      );
      place += 1;
      stream.on('response', (headers) => {
        const code = String(headers['grpc-status']);
        told[code] = (told[code] ?? 0) + 1;
      });
      stream.on('error', () => undefined);
      stream.on('close', next);
      stream.resume();
    };
    next();
  });
}

const sessions = Array.from({ length: CONNECTIONS }, () => connect(`http://${address}`).on('error', () => undefined));
process.stdout.write('ready\n');
const startedAt = performance.now();
const until = startedAt + Number(forMs);
await Promise.all(sessions.flatMap((session) => Array.from({ length: AT_ONCE }, () => call(session, until))));
for (const session of sessions) session.destroy();
process.stdout.write(`${JSON.stringify({ told, perSecond: (place * 1000) / (performance.now() - startedAt) })}\n`);
