/** Learns how a server ends a successful call. */
import { type Expected, isRight, statusOf } from './answers.ts';
import { bodies } from './bodies.ts';
import type { Ending } from './connection.ts';
import { type CrowdOptions, headersFor, open } from './open.ts';

/** Returns the answer of a successful call. Only a success has a message, so its trailers are the trailers of a success. */
export async function learn(options: CrowdOptions): Promise<Expected> {
  const [body] = bodies(1, options.code, options.items);
  if (body === undefined) throw new Error('no request was made');
  const good = await once(options, options.apiKeys[0] ?? '', body);
  const refused = options.guarded ? await once(options, 'none', body) : undefined;
  if (good.message === undefined || good.trailers === undefined) throw new Error('the server answers no call');
  if (refused?.message !== undefined) throw new Error('the server answers a call without a key');
  const expected = { code: options.code, items: options.items ?? 1, trailers: good.trailers };
  if (!isRight(good, expected)) throw new Error(`the server answers status ${statusOf(good.message)} to a ${options.code} code`);
  return expected;
}

async function once(options: CrowdOptions, apiKey: string, body: Buffer): Promise<Ending> {
  const { promise, resolve, reject } = Promise.withResolvers<Ending>();
  const onEnd = (_: number, { message, trailers }: Ending) =>
    resolve({ message: message && Buffer.from(message), trailers: trailers && Buffer.from(trailers) });
  const connection = await open(options, [headersFor(options, apiKey)], {
    firstTurn: 0,
    onEnd,
    onLost: (reason) => reject(new Error(reason)),
  });
  connection.send(0, body);
  connection.flush();
  return promise.finally(() => connection.close());
}
