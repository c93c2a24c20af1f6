/** WatchToken: the current code at once, then each code when its step begins, until the caller leaves. */
import { create, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { methods } from '../support/client.ts';
import { answerOf, frame, openConnection, openStream } from '../support/raw.ts';
import { runningMs } from '../support/running-time.ts';
import { openWatch } from '../support/watch.ts';
import { wireForAll } from '../support/wire.ts';

const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' }, periodSeconds: 1 } as const;

const wire = wireForAll();

test('the first code is sent at once, each next code within a moment of its step, none twice and none omitted', async () => {
  const opened = Date.now();
  // Returns the time of day, without the pauses of the machine from now on.
  const dueNow = (
    (ahead: number) => () =>
      runningMs() + ahead
  )(opened - runningMs());
  const watch = openWatch(wire.client, wire.server.apiKey, { key });
  const first = await watch.first;
  expect(dueNow() - opened).toBeLessThan(500);
  expect(Number(first?.token?.step)).toBeGreaterThanOrEqual(Math.floor(opened / 1000));
  const arrivals: number[] = [];
  watch.call.on('data', () => arrivals.push(dueNow()));
  await expect.poll(() => watch.responses.length, { timeout: 4500 }).toBe(4);
  watch.call.cancel();
  const steps = watch.responses.map(({ token }) => Number(token?.step));
  expect(steps).toEqual(steps.map((_, index) => (steps[0] ?? 0) + index));
  for (const [index, arrival] of arrivals.entries()) expect(arrival - (steps[index + 1] ?? 0) * 1000).toBeLessThan(500);
  for (const { token } of watch.responses) {
    const at = token?.validFrom ?? { seconds: 0n, nanos: 0 };
    const { response } = await wire.client.call(methods.token, { key, at });
    expect(token).toMatchObject({ code: response?.token?.code, offsetSteps: 0, remainingSeconds: 1 });
  }
});

test('a stream outlives the five seconds that a request may take', async () => {
  const watch = openWatch(wire.client, wire.server.apiKey, { key });
  await expect.poll(() => watch.responses.length, { timeout: 8000, interval: 100 }).toBe(7);
  watch.call.cancel();
  expect((await watch.ended).code).toBe('CANCELLED');
}, 10_000);

test("a stream ends with its caller's deadline", async () => {
  const path = `/${methods.watchToken.parent.typeName}/${methods.watchToken.name}`;
  const connection = await openConnection(wire.server.address);
  const stream = openStream(connection, path, { 'x-api-key': wire.server.apiKey, 'grpc-timeout': '300m' });
  stream.end(frame(toBinary(methods.watchToken.input, create(methods.watchToken.input, { key }))));
  const answer = await answerOf(stream);
  connection.destroy();
  expect(answer.code).toBe('DEADLINE_EXCEEDED');
  expect(answer.body.length).toBeGreaterThan(10);
});
