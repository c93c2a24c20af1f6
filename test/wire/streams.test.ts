/** Streams over gRPC: a handler learns that its call is over, or it would hold the secret until the next code. */
import { once } from 'node:events';
import { constants } from 'node:http2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGrpcServer, type GrpcServer } from '../../src/grpc/server.ts';
import { Rejection } from '../../src/ports/rejection.ts';
import type { Lifecycle } from '../../src/rpc/lifecycle.ts';
import { heldStream } from '../support/held-stream.ts';
import { openLifecycle } from '../support/open-server.ts';
import { frame, openConnection, openStream } from '../support/raw.ts';
import { until } from '../support/until.ts';

const { watch, signals } = heldStream();

let lifecycle: Lifecycle;
let server: GrpcServer;
let address: string;
beforeAll(async () => {
  lifecycle = openLifecycle([watch]);
  server = createGrpcServer({
    ...{ methods: [watch], lifecycle, reflection: false, fastPath: true, onFastPath: () => undefined, tls: undefined },
    bounds: { maxConnections: 100, maxConnectionsPerAddress: 100 },
    age: { maxAgeMs: 1_800_000, graceMs: 10_000 },
    onRefused: () => undefined,
    onTlsProblem: () => undefined,
  });
  address = `127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
});
afterAll(() => server.close(0));

test.each(['caller', 'server'])('the handler of a stream is told that the %s has ended it', async (who) => {
  const connection = await openConnection(address);
  const known = signals.length;
  const stream = openStream(connection, '/otp.v1.OtpService/WatchToken', { 'x-api-key': 'any' });
  stream.end(frame(Buffer.alloc(0)));
  await once(stream, 'data');
  expect(signals.slice(known).map((signal) => signal?.aborted)).toEqual([false]);
  if (who === 'caller') stream.close(constants.NGHTTP2_CANCEL);
  else lifecycle.endStreams(new Rejection('shutting_down'));
  await until('the handler is told', () => signals.at(-1)?.aborted === true);
  connection.destroy();
});
