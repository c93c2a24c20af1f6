/** The callers of the bench that use the client: their counts, and how they detect wrong answers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bodies, type Code } from '../../bench/load/bodies.ts';
import { gatherCallers } from '../../bench/load/callers.ts';
import { startServer, type TestServer } from '../support/server.ts';

const CALLS = 300;
const UNDER_WAY = 64;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.close());

function gather(code: Code, batching: boolean) {
  return gatherCallers({
    address: server.address,
    apiKeys: [server.apiKey],
    guarded: false,
    connections: 1,
    underWay: UNDER_WAY,
    code,
    client: { batching },
  });
}

/** Returns the names of the calls that the server has logged since `from`. */
const namesSince = (from: number) =>
  server.log.slice(from).flatMap((line) => (JSON.parse(line) as { method?: string }).method?.split('/').slice(-1) ?? []);

describe.each([false, true])('with batching: %s', (batching) => {
  test('each request is sent once, and each answer is counted', async () => {
    const callers = gather('wrong', batching);
    const from = server.log.length;
    const { calls, wrong, micros } = await callers.run(bodies(CALLS, 'wrong'), 60);
    expect({ calls, wrong, latencies: micros.length }).toEqual({ calls: CALLS, wrong: 0, latencies: CALLS });
    expect(micros.every((each) => each > 0)).toBe(true);
    await expect.poll(() => namesSince(from)).toContain(batching ? 'BatchVerify' : 'Verify');
    if (!batching) expect(namesSince(from)).not.toContain('BatchVerify');
    callers.close();
  });

  test('an answer that is not due is counted as wrong', async () => {
    const callers = gather('right', batching);
    expect(await callers.run(bodies(CALLS, 'wrong'), 60)).toMatchObject({ calls: CALLS, wrong: CALLS });
    callers.close();
  });
});

test('no call is begun after the time', async () => {
  const callers = gather('wrong', false);
  expect(await callers.run(bodies(CALLS, 'wrong'), 0)).toMatchObject({ calls: 0, wrong: 0 });
  callers.close();
});
