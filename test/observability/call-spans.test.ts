/** The spans of a call without a collector. */
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { expect, test } from 'vitest';
import { Code } from '../../gen/ts/google/rpc/code_pb.ts';
import { CallSpans } from '../../src/observability/call-spans.ts';
import { Call } from '../../src/rpc/call.ts';

const incoming = {
  transport: 'rest' as const,
  procedure: '/v1/code',
  peer: '192.0.2.1:1',
  header: () => undefined,
  isOversize: false,
  timeoutMs: undefined,
  isStream: false,
};

test('a part in progress continues, an ended part begins again, and the end of the call ends all', () => {
  const exporter = new InMemorySpanExporter();
  const begun: string[] = [];
  const provider = new BasicTracerProvider({
    spanProcessors: [
      { onStart: ({ name }) => void begun.push(name), onEnd: () => undefined, ...quiet },
      new SimpleSpanProcessor(exporter),
    ],
  });
  const call = new Call(incoming, { peer: '192.0.2.1', requestId: 'one', method: undefined }, () => undefined);
  const spans = new CallSpans(provider.getTracer('test'), call, ROOT_CONTEXT);
  spans.begin('judge');
  spans.begin('judge');
  spans.end('judge');
  spans.end('judge');
  spans.begin('charge');
  spans.end('charge');
  spans.begin('charge');
  spans.finish(call, Code.UNAVAILABLE);
  expect(begun).toEqual(['v1/code', 'judge', 'charge', 'charge']);
  const ended = exporter.getFinishedSpans().map(({ name, status }) => [name, status.code]);
  expect(ended).toEqual([
    ['judge', 0],
    ['charge', 0],
    ['charge', 2],
    ['v1/code', 2],
  ]);
});

const quiet = { forceFlush: async () => undefined, shutdown: async () => undefined };
