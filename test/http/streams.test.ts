/** Streams over HTTP: a handler learns that its caller has left, or it would hold the secret until the next code. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HttpServer } from '../../src/http/server.ts';
import { heldStream } from '../support/held-stream.ts';
import { createOpenHttpServer } from '../support/open-server.ts';
import { until } from '../support/until.ts';
import { clientOf, WAYS } from './clients.ts';

const { watch, signals } = heldStream();

let server: HttpServer;
let url: string;
beforeAll(async () => {
  server = createOpenHttpServer([watch]);
  url = `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
});
afterAll(() => server.close(0));

test.each(Object.entries(WAYS))('the handler of a stream is told that its caller has left: %s', async (_, transport) => {
  const leaving = new AbortController();
  const known = signals.length;
  const answers = clientOf(transport(url)).watchToken({}, { signal: leaving.signal });
  const first = await answers[Symbol.asyncIterator]().next();
  expect(first.done).toBe(false);
  expect(signals.at(-1)?.aborted).toBe(false);
  leaving.abort();
  await until('the handler is told', () => signals.length === known + 1 && signals.at(-1)?.aborted === true);
});
