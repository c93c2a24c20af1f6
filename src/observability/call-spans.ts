/**
 * The spans of a call, with the names of OpenTelemetry (semantic conventions, RPC). They contain the method and the outcome, but not the caller or the
 * content.
 */
import {
  type Context,
  type HrTime,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import { Code, CodeSchema } from '../../gen/ts/google/rpc/code_pb.ts';
import type { Call } from '../rpc/call.ts';
import type { Transport } from '../rpc/context.ts';
import type { CallTrace, Part } from '../rpc/trace.ts';
import { procedureName } from './procedure-name.ts';

/** `rpc.system.name`; the conventions have no name for a REST API. */
const SYSTEMS: Readonly<Record<Transport, string>> = { grpc: 'grpc', grpc_web: 'grpc', connect: 'connectrpc', rest: 'rest' };

/** The codes that are errors of the server; all others are the caller's (semantic conventions, gRPC). */
const FAULTS: ReadonlySet<Code> = new Set([
  Code.UNKNOWN,
  Code.DEADLINE_EXCEEDED,
  Code.UNIMPLEMENTED,
  Code.INTERNAL,
  Code.UNAVAILABLE,
  Code.DATA_LOSS,
]);
const CODE_NAMES: ReadonlyMap<number, string> = new Map(CodeSchema.values.map(({ number, name }) => [number, name]));

/** The spans of one call: its own from the start, and those of its parts as children. */
export class CallSpans implements CallTrace {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
  readonly #tracer: Tracer;
  readonly #span: Span;
  readonly #context: Context;
  readonly #parts = new Map<Part, Span>();
  /** The same clock times the whole tree: the start times of the SDK are exact only to a ms, so that parts would begin before their call. */
  readonly #origin = Date.now() - performance.now();

  /** @param parent the context from the caller, or an empty one. */
  constructor(tracer: Tracer, call: Call, parent: Context) {
    const name = procedureName(call);
    const attributes = { 'rpc.system.name': SYSTEMS[call.transport], 'rpc.method': name };
    this.#tracer = tracer;
    this.#span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes, startTime: this.#at(call.startedAt) }, parent);
    this.#context = trace.setSpan(parent, this.#span);
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    this.traceId = traceId;
    this.spanId = spanId;
    this.isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
  }

  begin(part: Part): void {
    if (!this.isSampled || this.#parts.has(part)) return;
    this.#parts.set(part, this.#tracer.startSpan(part, { startTime: this.#at() }, this.#context));
  }

  end(part: Part, hasFailed = false): void {
    const span = this.#parts.get(part);
    if (span === undefined) return;
    this.#parts.delete(part);
    if (hasFailed) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(this.#at());
  }

  /** Ends the span of the call, and the spans of parts that its end interrupts. */
  finish({ reason }: Call, code: Code): void {
    for (const part of [...this.#parts.keys()]) this.end(part, FAULTS.has(code));
    const name = CODE_NAMES.get(code) ?? '';
    this.#span.setAttribute('rpc.response.status_code', name);
    if (reason !== undefined) this.#span.setAttribute('otpd.reason', reason);
    if (FAULTS.has(code)) {
      this.#span.setAttribute('error.type', name);
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end(this.#at());
  }

  /** Converts a time of `performance.now()` for the SDK. */
  #at(ms = performance.now()): HrTime {
    return millisToHrTime(this.#origin + ms);
  }
}
