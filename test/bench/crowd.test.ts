/** The callers of the bench against slow servers and a server that does not answer. */
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { toBinary } from '@bufbuild/protobuf';
import { afterEach, expect, test } from 'vitest';
import { bodies } from '../../bench/load/bodies.ts';
import { gatherCrowd } from '../../bench/load/crowd.ts';
import { grpcFrame } from '../../bench/load/grpc-frame.ts';
import type { CrowdOptions } from '../../bench/load/open.ts';
import { CONSTANT_TOKEN } from '../../bench/servers/constants.ts';
import { TokenResponseSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';

const MESSAGE = grpcFrame(toBinary(TokenResponseSchema, CONSTANT_TOKEN));
let server: Http2Server | undefined;
/** The number of calls on each connection. */
let calledOn = new Map<unknown, number>();

afterEach(() => void server?.close());

/** Answers every call after this many ms, but no call from number `silentFrom` on. */
async function start(delayMs: number, silentFrom = Number.POSITIVE_INFINITY, maxConcurrentStreams = 100): Promise<CrowdOptions> {
  let count = 0;
  calledOn = new Map();
  server = createServer({ settings: { maxConcurrentStreams } });
  server.on('stream', async (stream: ServerHttp2Stream) => {
    count += 1;
    calledOn.set(stream.session, (calledOn.get(stream.session) ?? 0) + 1);
    if (count >= silentFrom) return;
    await sleep(delayMs);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(MESSAGE);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const address = `127.0.0.1:${port}`;
  return { address, apiKeys: ['any'], guarded: false, connections: 2, underWay: 4, code: 'none', patienceMs: 400 };
}

test('callers that were blocked for longer than their patience still find their answers', async () => {
  const crowd = await gatherCrowd(await start(20));
  const running = crowd.run(bodies(4, 'none'), 5);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  expect(await running).toMatchObject({ calls: 4, wrong: 0 });
  crowd.close();
});

test('calls without an answer end the run, and the error has their number', async () => {
  const crowd = await gatherCrowd(await start(0, 6));
  await expect(crowd.run(bodies(100, 'none'), 5)).rejects.toThrow(
    /^4 of 8 calls were not answered, and none for 400 ms; 0 bytes unsent/,
  );
  crowd.close();
});

test('a slow server is no silent one', async () => {
  const crowd = await gatherCrowd({ ...(await start(250)), underWay: 1 });
  expect(await crowd.run(bodies(4, 'none'), 5)).toMatchObject({ calls: 4, wrong: 0 });
  crowd.close();
});

test('fewer calls than connections go over all of them in turns', async () => {
  const crowd = await gatherCrowd({ ...(await start(1)), connections: 5, underWay: 2 });
  expect(await crowd.run(bodies(50, 'none'), 5)).toMatchObject({ calls: 50, wrong: 0 });
  expect([...calledOn.values()].toSorted()).toEqual([1, 10, 10, 10, 10, 10]);
  crowd.close();
});

test('calls at even intervals do not wait for those before', async () => {
  const crowd = await gatherCrowd({ ...(await start(100)), rate: 200 });
  const { calls, wrong, seconds } = await crowd.run(bodies(1000, 'none'), 0.5);
  expect({ calls, wrong }).toEqual({ calls: 100, wrong: 0 });
  expect(seconds).toBeGreaterThan(0.59);
  expect([...calledOn.values()].toSorted((a, b) => a - b)).toEqual([1, 50, 50]);
  crowd.close();
});

test('a server gets no more concurrent calls than it accepts, and waiting calls are timed from when they were due', async () => {
  const crowd = await gatherCrowd({ ...(await start(50, undefined, 1)), rate: 1000, patienceMs: 2000 });
  const { calls, wrong, micros } = await crowd.run(bodies(1000, 'none'), 0.01);
  expect({ calls, wrong }).toEqual({ calls: 10, wrong: 0 });
  // Each connection has five calls one after the other.
  expect(micros.at(-1)).toBeGreaterThan(5 * 49_000 - 10_000);
  crowd.close();
});
