/** Traces: spans of calls, sent to a collector by OTLP. Loaded only if an endpoint is set (`wantsTraces`). */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT_CONTEXT, type TextMapGetter } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Code } from '../../gen/ts/google/rpc/code_pb.ts';
import type { Call, Step } from '../rpc/call.ts';
import { CallSpans } from './call-spans.ts';
import type { Logger } from './log.ts';

/** The spans sent together, unless OTEL_BSP_MAX_EXPORT_BATCH_SIZE is set: they are encoded in one turn of the event loop. */
const BATCH = 64;
/** The batches in progress: at a shutdown a full queue (OTEL_BSP_MAX_QUEUE_SIZE, 2048) is sent at once. */
const MOST_AT_ONCE = 64;

export interface Traces {
  /** Hooks of the lifecycle. */
  readonly onStep: (call: Call, step: Step) => void;
  readonly onEnd: (call: Call, code: Code) => void;
  /** Sends the remaining spans, for `ms` at most. */
  readonly close: (ms: number) => Promise<void>;
}

/**
 * Starts to trace. The SDK reads the OTEL_* variables of the process: endpoint, headers, certificates, timeout, sampler, limits and the name of the service. Spans
 * wait in a bounded queue, and are dropped if it is full: no call waits for a collector.
 */
export function startTraces(logger: Logger, version: string): Traces {
  const own = { 'service.name': 'otpd', 'service.version': version, 'service.instance.id': randomUUID() };
  const isSized = process.env['OTEL_BSP_MAX_EXPORT_BATCH_SIZE'] !== undefined;
  const exporter = telling(new OTLPTraceExporter({ concurrencyLimit: MOST_AT_ONCE }), logger);
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes(own).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(exporter, isSized ? {} : { maxExportBatchSize: BATCH })],
  });
  const tracer = provider.getTracer('otpd', version);
  const propagator = new W3CTraceContextPropagator();
  return {
    onStep(call, step) {
      // Spans of probes, reflection and unknown methods would only crowd out those of calls.
      if (step === 'begin' && (call.method !== undefined || call.transport === 'rest')) {
        call.trace = new CallSpans(tracer, call, propagator.extract(ROOT_CONTEXT, call, HEADERS));
      } else if (step === 'charge' || step === 'charge_rest') {
        call.trace?.begin('charge');
      }
    },
    onEnd(call, code) {
      if (call.trace instanceof CallSpans) call.trace.finish(call, code);
    },
    async close(ms) {
      const isOver = new AbortController();
      await Promise.race([provider.shutdown(), sleep(ms, undefined, isOver)]).catch(() => undefined);
      isOver.abort();
    },
  };
}

const HEADERS: TextMapGetter<Call> = {
  get: (call, name) => call.header(name),
  keys: () => ['traceparent', 'tracestate'],
};

/** Wraps the exporter to log when spans begin to be lost, and when they are sent again. */
function telling(exporter: SpanExporter, logger: Logger): SpanExporter {
  let isFailing = false;
  const note = ({ code, error: err }: ExportResult): void => {
    const hasFailed = code !== ExportResultCode.SUCCESS;
    if (hasFailed === isFailing) return;
    isFailing = hasFailed;
    if (hasFailed) logger.warn({ err }, 'traces are not sent, and are lost: the collector at OTEL_EXPORTER_OTLP_ENDPOINT fails');
    else logger.info('traces are sent again');
  };
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        note(result);
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush && { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() }),
  };
}
