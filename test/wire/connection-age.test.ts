/** A gRPC connection at the end of its age: it accepts no more calls, and no call is lost. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, expect, test } from 'vitest';
import { connect } from '../../clients/typescript/src/index.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { answerOf, frame, openConnection, openStream } from '../support/raw.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { openWatch } from '../support/watch.ts';

const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const TOKEN = '/otp.v1.OtpService/Token';
/** A little less than nine tenths of a second, since a timer may fire early. */
const YOUNGEST_MS = 890;
const DAY_SECONDS = 86_400;

const servers = new Map<string, Promise<TestServer>>();
const clients: TestClient[] = [];
afterAll(async () => {
  for (const client of clients) client.close();
  await Promise.all([...servers.values()].map(async (server) => (await server).close()));
});

/** Starts a server whose connections live for a second, with this grace period. */
function serverOf(maxConnectionAgeGrace: string): Promise<TestServer> {
  const server = servers.get(maxConnectionAgeGrace) ?? startServer({ flags: { maxConnectionAge: '1s', maxConnectionAgeGrace } });
  servers.set(maxConnectionAgeGrace, server);
  return server;
}

function clientOf({ address, apiKey }: TestServer): TestClient {
  const client = createTestClient(address, apiKey);
  clients.push(client);
  return client;
}

test.concurrent('GOAWAY is sent first: a call in flight is answered after it, and then the connection closes', async () => {
  const server = await serverOf('1h');
  const session = await openConnection(server.address);
  const closed = once(session, 'close');
  const openedAt = performance.now();
  const stream = openStream(session, TOKEN, { 'x-api-key': server.apiKey });
  const answer = answerOf(stream);
  const [code] = await once(session, 'goaway');
  expect(code).toBe(0);
  expect(performance.now() - openedAt).toBeGreaterThan(YOUNGEST_MS);
  stream.end(frame(toBinary(methods.token.input, create(methods.token.input, { key }))));
  expect(await answer).toMatchObject({ code: 'OK', rstCode: 0 });
  await closed;
});

test.concurrent('streams continue for the grace period, end with a status that says why, and can be reopened at once', async () => {
  const server = await serverOf('1s');
  const client = clientOf(server);
  const openedAt = performance.now();
  const request = { key: { ...key, periodSeconds: DAY_SECONDS } };
  const watches = [1, 2, 3].map(() => openWatch(client, server.apiKey, request));
  await Promise.all(watches.map(({ first }) => first));
  const ends = await Promise.all(watches.map(({ ended }) => ended));
  expect(performance.now() - openedAt).toBeGreaterThan(YOUNGEST_MS + 1000);
  for (const { code, details } of ends)
    expect([code, details.errorInfo?.reason]).toEqual(['UNAVAILABLE', 'ERROR_REASON_CONNECTION_AGE_EXCEEDED']);
  expect((await openWatch(client, server.apiKey, request).first)?.token?.code).toMatch(/^\d{6}$/);
  const reasons = server.log.filter((line) => line.includes('WatchToken')).map((line) => JSON.parse(line).reason);
  expect(reasons.length).toBeGreaterThanOrEqual(3);
  expect(new Set(reasons)).toEqual(new Set(['ERROR_REASON_CONNECTION_AGE_EXCEEDED']));
});

test.concurrent('only the streams of the old connection end', async () => {
  const server = await serverOf('1s');
  const watch = toBinary(
    methods.watchToken.input,
    create(methods.watchToken.input, { key: { ...key, periodSeconds: DAY_SECONDS } }),
  );
  const events: string[] = [];
  const open = async (name: string) => {
    const session = await openConnection(server.address);
    const farewell = once(session, 'goaway').then(() => events.push(`${name} is old`));
    const stream = openStream(session, '/otp.v1.OtpService/WatchToken', { 'x-api-key': server.apiKey });
    stream.end(frame(watch));
    const answer = answerOf(stream).finally(() => events.push(`${name} ends`));
    return { farewell, answer };
  };
  const first = await open('the first');
  await first.farewell;
  // In the middle of the grace period of the first connection, whose end this call survives.
  await sleep(500);
  const second = await open('the second');
  for (const { code } of await Promise.all([first.answer, second.answer])) expect(code).toBe('UNAVAILABLE');
  expect(events).toEqual(['the first is old', 'the first ends', 'the second is old', 'the second ends']);
});

test.concurrent('a caller who never sends its request is cut off after the grace', async () => {
  const server = await serverOf('0s');
  const session = await openConnection(server.address);
  const stuck = answerOf(openStream(session, TOKEN, { 'x-api-key': server.apiKey }));
  await once(session, 'close');
  // Before the deadline of five seconds, which would give an answer.
  expect((await stuck).code).toBeUndefined();
});

test.concurrent('callers lose no call while their connections end', async () => {
  const server = await serverOf('10m');
  using client = connect(server.address, server.apiKey, { plaintext: true });
  const peers = () =>
    new Set(server.log.filter((line) => line.includes(`"method":"${TOKEN}"`)).map((line) => JSON.parse(line).peer));
  let isOver = false;
  let calls = 0;
  const callers = Array.from({ length: 20 }, async () => {
    while (!isOver) {
      await client.token({ key });
      calls += 1;
      await sleep(5);
    }
  });
  await expect.poll(() => peers().size, { timeout: 20_000 }).toBeGreaterThan(3);
  isOver = true;
  await Promise.all(callers);
  expect(calls).toBeGreaterThan(20);
});
