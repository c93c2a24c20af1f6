/** A handler reads headers and the deadline, and sets headers, trailers and a status: unary or streaming, with or without the fast path. */
import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Code } from '../../gen/ts/google/rpc/code_pb.ts';
import { ErrorInfoSchema } from '../../gen/ts/google/rpc/error_details_pb.ts';
import type { GrpcServer } from '../../src/grpc/server.ts';
import type { CallContext, Exchange } from '../../src/rpc/context.ts';
import { StatusError } from '../../src/rpc/failure.ts';
import type { Method } from '../../src/rpc/method.ts';
import { methods } from '../support/client.ts';
import { createOpenServer } from '../support/open-server.ts';
import { frame, openConnection, openStream, type RawAnswer, rawCall } from '../support/raw.ts';

type Handle = (context: CallContext & Exchange) => void;

/** The handlers call this before they answer; each test sets it. */
let handle: Handle = () => undefined;
/** Whether the streaming handler continues after its first message without looking at its signal. */
let goesOn = false;
let streamsEnded = 0;

const served = [
  {
    kind: 'unary',
    descriptor: methods.token,
    scope: 'token',
    handle: async (_: unknown, context: CallContext & Exchange) => {
      handle(context);
      return create(methods.token.output);
    },
  },
  {
    kind: 'server_streaming',
    descriptor: methods.watchToken,
    scope: 'token',
    async *handle(_: unknown, context: CallContext & Exchange) {
      handle(context);
      yield create(methods.watchToken.output);
      try {
        for (; goesOn; await sleep(10)) yield create(methods.watchToken.output);
      } finally {
        streamsEnded += 1;
      }
    },
  },
] as unknown as Method[];

describe.each([true, false])('with the fast path: %s', (fastPath) => {
  let server: GrpcServer;
  let connection: ClientHttp2Session;

  beforeAll(async () => {
    server = createOpenServer(served, { fastPath });
    connection = await openConnection(`127.0.0.1:${await server.listen('127.0.0.1', 0)}`);
  });
  afterAll(async () => {
    connection.destroy();
    await server.close(0);
  });

  test('a handler that streams on for a caller who has left is ended', async () => {
    handle = () => undefined;
    goesOn = true;
    const before = streamsEnded;
    try {
      const stream = openStream(connection, '/otp.v1.OtpService/WatchToken');
      stream.end(frame(Buffer.alloc(0)));
      await once(stream, 'data');
      stream.close();
      await expect.poll(() => streamsEnded).toBe(before + 1);
    } finally {
      goesOn = false;
    }
  });

  describe.each(['Token', 'WatchToken'])('%s', (name) => {
    const path = `/otp.v1.OtpService/${name}`;
    const send = (then: Handle, headers: Readonly<Record<string, string | string[]>> = {}): Promise<RawAnswer> => {
      handle = then;
      return rawCall(connection, path, { headers, body: frame(Buffer.alloc(0)) });
    };

    test('returns the headers of the request', async () => {
      const seen: unknown[] = [];
      const headers = { 'x-one': 'a', 'x-two': ['a', 'b'] };
      await send((context) => seen.push(...['x-one', 'x-two', 'x-three'].map((header) => context.header(header))), headers);
      expect(seen).toEqual(['a', 'a, b', undefined]);
    });

    test('returns the time at which the caller stops waiting', async () => {
      const seen: number[] = [];
      const now = Date.now();
      await send(({ deadline }) => seen.push(deadline), { 'grpc-timeout': '20S' });
      const took = Date.now() - now;
      await send(({ deadline }) => seen.push(deadline));
      // Exact to the ms, since two clocks are compared. Between the two readings the machine may pause, at most for as long as the call took.
      expect(seen[0]).toBeGreaterThanOrEqual(now + 19_999 - took);
      expect(seen[0]).toBeLessThan(now + 30_000);
      expect(seen[1]).toBe(Number.POSITIVE_INFINITY);
    });

    const say: Handle = (context) => {
      context.sendHeaders({ 'x-head': ['a', 'b'] });
      context.setTrailers({ 'x-tail': ['c', 'd'] });
    };

    test('sends headers and trailers with a success', async () => {
      handle = say;
      const stream = openStream(connection, path);
      stream.end(frame(Buffer.alloc(0)));
      const [headers, trailers] = await Promise.all(
        ['response', 'trailers'].map((event) => new Promise<Record<string, unknown>>((resolve) => stream.once(event, resolve))),
      );
      stream.resume();
      expect(headers).toMatchObject({ 'x-head': 'a, b', 'x-request-id': expect.any(String) });
      expect(trailers).toMatchObject({ 'grpc-status': '0', 'x-tail': 'c, d' });
    });

    test('sends both with a failure, and what it says itself, to the letter', async () => {
      const detail = anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: 'MINE' }));
      const { code, message, metadata, details } = await send((context) => {
        say(context);
        throw new StatusError(Code.ABORTED, 'mine ☺', [detail]);
      });
      expect([code, message]).toEqual(['ABORTED', 'mine ☺']);
      expect(metadata).toMatchObject({ 'x-head': 'a, b', 'x-tail': 'c, d' });
      expect(details.inner).toEqual({ code: Code.ABORTED, message: 'mine ☺' });
      expect(details.errorInfo?.reason).toBe('MINE');
      expect(details.requestInfo).toBeUndefined();
    });
  });
});
