/** A unary call of the fast path without a server: it ends once, with the status that its caller gets. */
import { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { expect, test, vi } from 'vitest';
import { RequestBody } from '../../src/grpc/fast-path/request-body.ts';
import { UnaryCall } from '../../src/grpc/fast-path/unary-call.ts';
import type { Call } from '../../src/rpc/call.ts';
import type { Lifecycle } from '../../src/rpc/lifecycle.ts';
import { statusOf } from '../../src/rpc/status.ts';
import { frame } from '../support/raw.ts';

/** Makes a call with this encoder, with the statuses with which it ended, and the statuses that its caller got. */
function callWith(encode: () => Buffer, { aborted = false, admit = (_: Call): Promise<void> | undefined => undefined } = {}) {
  const [ended, answered]: [number[], number[]] = [[], []];
  const call = { ended: false, requestId: 'id' } as Call;
  const lifecycle = {
    begin: () => call,
    admit,
    handle: () => ({}),
    failureOf: (_: Call, error: unknown) => statusOf(error, 'id'),
    end: (_: Call, code: number) => {
      if (!call.ended) ended.push(code);
      call.ended = true;
    },
  } as unknown as Lifecycle;
  const stream = Object.assign(new EventEmitter(), {
    ...{ destroyed: false, closed: false, aborted, end: () => stream.emit('wantTrailers') },
    respond: (headers: Record<string, number>) => {
      if (!Array.isArray(headers)) answered.push(Number(headers['grpc-status']));
    },
    sendTrailers: (trailers: Record<string, number>) => answered.push(Number(trailers['grpc-status'])),
  });
  const headers = { ascii: 'a~ b', umlaut: 'a\u00fc', control: 'a\u007f', several: ['a', 'b'] };
  const unary = new UnaryCall(stream as unknown as ServerHttp2Stream, headers as unknown as IncomingHttpHeaders, 'peer', {
    ...{ lifecycle, procedure: '/a.B/C', encode },
  });
  return { unary, stream, ended, answered };
}

/** Runs a call with this encoder to its end. */
function runWith(encode: () => Buffer, body: Buffer, { aborted = false } = {}) {
  const { unary, stream, ended, answered } = callWith(encode, { aborted });
  unary.run();
  stream.emit('data', body);
  stream.emit('end');
  stream.emit('close');
  return { ended, answered };
}

test('an answer ends it with OK', () => {
  expect(runWith(() => Buffer.alloc(3), frame(Buffer.alloc(1)))).toEqual({ ended: [0], answered: [0] });
});

test('an answer that cannot be encoded is an error to its caller and in the log, and no call without an answer', () => {
  const broken = () => {
    throw new TypeError('a bug of the encoder');
  };
  expect(runWith(broken, frame(Buffer.alloc(1)))).toEqual({ ended: [13], answered: [13] });
});

test('a caller who leaves as its request ends is not served: what it asked for would be used up', () => {
  const encode = () => expect.fail('handled');
  expect(runWith(encode, frame(Buffer.alloc(1)), { aborted: true })).toEqual({ ended: [1], answered: [] });
});

test.each([
  ['no message', Buffer.alloc(0)],
  ['half a message', frame(Buffer.alloc(9)).subarray(0, 8)],
  ['two messages', Buffer.concat([frame(Buffer.alloc(1)), frame(Buffer.alloc(1))])],
])('a request of %s is never handled as one', (_, body) => {
  const { ended, answered } = runWith(() => Buffer.alloc(3), body);
  expect(ended).toHaveLength(1);
  expect(ended).not.toContain(0);
  expect(answered).toEqual(ended);
});

test('of a call that ended during its admission no body is read, which flow control then holds back', async () => {
  const admission = Promise.withResolvers<void>();
  const { unary, stream } = callWith(() => Buffer.alloc(3), { admit: () => admission.promise });
  unary.run();
  stream.emit('close');
  admission.resolve();
  await new Promise(setImmediate);
  expect(stream.listenerCount('data')).toBe(0);
});

test('of a refused body nothing more is kept', () => {
  const take = vi.spyOn(RequestBody.prototype, 'take');
  const { unary, stream, answered } = callWith(() => Buffer.alloc(3));
  unary.run();
  for (const piece of [Buffer.alloc(5, 0xff), Buffer.alloc(9), Buffer.alloc(9)]) stream.emit('data', piece);
  expect(answered).toEqual([8]);
  expect(take).toHaveBeenCalledOnce();
  take.mockRestore();
});

test('a header is there if it is printable, as in grpc-js', () => {
  const { unary } = callWith(() => Buffer.alloc(3));
  expect(['ascii', 'umlaut', 'control', 'several', 'none'].map((name) => unary.header(name))).toEqual([
    'a~ b',
    ...Array.from({ length: 4 }, () => undefined),
  ]);
});
