/**
 * The lifecycle of a call, the same by every door: request id, deadline, admission, decoding, handling, and one end with its refund and its log
 * line. A door translates. It hands in headers and bytes in this order: `begin`, `admit`, then `handle` or `stream`, and `end` with the one
 * status that it sends.
 */
import type { Message } from '@bufbuild/protobuf';
import { Code } from '../../gen/ts/google/rpc/code_pb.ts';
import type { Admission } from '../limits/admission.ts';
import { Rejection } from '../ports/rejection.ts';
import type { Clock } from '../ports/store.ts';
import { type Admit, requireScope } from './admission.ts';
import { DEADLINE_MS, UNAUTHENTICATED_STREAM_MS } from './bounds.ts';
import { Call, type Incoming, type Step } from './call.ts';
import type { CallerAddress } from './caller-address.ts';
import { CallFailure } from './failure.ts';
import { HandlerContext, type Surroundings } from './handler-context.ts';
import { apiKeyOf, requestIdOf } from './headers.ts';
import { decode, type Method, procedureOf, type StreamingMethod, type UnaryMethod } from './method.ts';
import { type CallStatus, statusOf } from './status.ts';
import { reasonName } from './status-details.ts';
import { createUnauthenticatedBounds } from './unauthenticated.ts';

/** Who else is told of a call, such as its log line, metrics and spans. */
export interface Hooks {
  /** Told of each step as it begins. */
  readonly onStep?: ((call: Call, step: Step) => void) | undefined;
  /** Told of the end of each call, once. */
  readonly onEnd: (call: Call, code: Code) => void;
}

export interface LifecycleOptions {
  readonly methods: readonly Method[];
  readonly admit: Admit;
  readonly clock: Clock;
  readonly hooks: Hooks;
  /** Names the caller of a call that came by way of a proxy. */
  readonly callerAddress: CallerAddress;
}

export interface Lifecycle {
  /** Takes note of a call at its headers. The deadline runs from here on; `fail` has the door answer with an error, and is called at most once. */
  readonly begin: (incoming: Incoming, fail: (error: unknown) => void) => Call;
  /**
   * Lets the call in, at once where nothing has to be waited for, or fails with what `Admit` rejects with. The body is not to be read before.
   * A call that has ended meanwhile is given back, and must not go on. `apiKey` is for the call of a REST API that has none in its headers.
   */
  readonly admit: (call: Call, apiKey?: string) => void | Promise<void>;
  /** Takes note that the request has come: the deadline of a stream is for its request alone, unless the caller gave one. */
  readonly received: (call: Call) => void;
  /** Decodes the request of a unary call, unless its door has done so, and handles it. */
  readonly handle: (call: Call, request: Uint8Array | Message) => Message | Promise<Message>;
  /** Handles a request for the call of a REST API, which may do so several times, once its API key is found to have the scope. */
  readonly handleAs: (call: Call, procedure: string, request: Message) => Message | Promise<Message>;
  /** The same as `handle` of a stream, until `signal` fires. */
  readonly stream: (call: Call, request: Uint8Array | Message, signal: AbortSignal) => AsyncIterable<Message>;
  /** The status that the caller gets for any error. Reason and fault are noted for the log. */
  readonly failureOf: (call: Call, error: unknown) => CallStatus;
  /** Ends the call with the status that its door is about to send, or with CANCELLED if its caller has left. Only the first time counts. */
  readonly end: (call: Call, code: Code) => void;
  /** How many streams are open. */
  readonly openStreams: () => number;
  /** Ends every open stream with `error`, or those on a connection (its address and port), so that nobody need wait for its caller. */
  readonly endStreams: (error: Error, connection?: string) => void;
}

/** Makes the lifecycle of the calls of `methods`; calls of other procedures (health, reflection) need no API key, and are bounded otherwise. */
export function createLifecycle({ methods, admit: gate, clock, hooks, callerAddress }: LifecycleOptions): Lifecycle {
  const byProcedure = new Map(methods.map((method) => [procedureOf(method.descriptor), method]));
  const streams = new Set<Call>();
  const enterUnauthenticated = createUnauthenticatedBounds();

  function take(call: Call, step: Step): void {
    // Work that is still under way for an ended call goes on to the point where the call is given back.
    if (call.step === 'end') return;
    call.take(step);
    hooks.onStep?.(call, step);
  }

  function begin(incoming: Incoming, fail: (error: unknown) => void): Call {
    const peer = callerAddress(incoming.peer, incoming.header('x-forwarded-for'));
    const method = byProcedure.get(incoming.procedure);
    const call = new Call(incoming, { peer, requestId: requestIdOf(incoming), method }, fail);
    const { timeoutMs } = call;
    hooks.onStep?.(call, 'begin');
    // Not `Math.min`: of what cannot be read it makes a delay that no timer takes.
    call.timer = setTimeout(expire, timeoutMs < DEADLINE_MS ? timeoutMs : DEADLINE_MS, call);
    if (incoming.isStream) streams.add(call);
    if (incoming.isOversize) call.refusal = new CallFailure('metadata_too_large');
    else if (Number.isNaN(timeoutMs)) call.refusal = new CallFailure('malformed_message');
    return call;
  }

  function admit(call: Call, given?: string): void | Promise<void> {
    const { method, peer, refusal } = call;
    if (refusal !== undefined) throw refusal;
    if (method === undefined && call.transport !== 'rest') {
      call.release = enterUnauthenticated(peer);
      return;
    }
    const apiKey = apiKeyOf(call) ?? given;
    // By way of a variable: V8 expects a function that is made as a property to live for ever (docs/performance.md).
    const takeStep = (step: Step): void => take(call, step);
    const admission = gate.admit({ apiKey, peer, scope: method?.scope, isFree: method?.isFree, take: takeStep });
    return admission instanceof Promise ? admission.then((late) => letIn(call, late, apiKey)) : letIn(call, admission, apiKey);
  }

  function letIn(call: Call, admission: Admission, apiKey = ''): void {
    call.trace?.end('charge');
    // The caller may have left meanwhile: nobody else would give the call back.
    if (call.ended) {
      admission.settle(true);
      return;
    }
    call.admission = admission;
    noteLimits(call, admission);
    call.keyId = admission.principal.keyId;
    if (call.method?.kind === 'server_streaming') call.release = gate.openStream(admission.principal, apiKey, call.fail);
  }

  function received(call: Call): void {
    if (!streams.has(call)) return;
    clearTimeout(call.timer);
    const mostMs = call.method === undefined ? Math.min(call.timeoutMs, UNAUTHENTICATED_STREAM_MS) : call.timeoutMs;
    // From the start of the call: each message of a stream of requests comes by here.
    const leftMs = mostMs - (performance.now() - call.startedAt);
    if (leftMs <= MAX_TIMER_MS) call.timer = setTimeout(expire, Math.max(leftMs, 0), call);
  }

  function requestOf(call: Call, given: Uint8Array | Message): Message {
    if (call.ended) throw new Error('a call that has ended is not handled');
    take(call, 'decode');
    const request = given instanceof Uint8Array ? decode(call.method as Method, given) : given;
    take(call, 'handle');
    return request;
  }

  function handleAs(call: Call, procedure: string, request: Message): Message | Promise<Message> {
    const method = byProcedure.get(procedure) as UnaryMethod;
    if (call.ended) throw new Error('a call that has ended is not handled');
    call.takeAgain();
    take(call, 'scope');
    requireScope(call.admission as Admission, method.scope);
    return method.handle(requestOf(call, request), new HandlerContext(call, surroundings));
  }

  function charge(call: Call, cost: number): void | Promise<void> {
    if (call.ended) throw new CallFailure('deadline_exceeded');
    take(call, 'charge_rest');
    const admission = call.admission as Admission;
    const note = (): void => noteLimits(call, admission);
    const done = (): void => {
      note();
      call.trace?.end('charge');
    };
    try {
      const later = admission.charge(cost)?.finally(done);
      if (later === undefined) call.trace?.end('charge');
      return later;
    } finally {
      note();
    }
  }

  function giveBack(call: Call, count: number): void {
    const { admission } = call;
    admission?.giveBack(count);
    if (admission !== undefined) noteLimits(call, admission);
  }

  function end(call: Call, code: Code): void {
    if (call.ended) return;
    call.ended = true;
    clearTimeout(call.timer);
    streams.delete(call);
    call.release?.();
    call.admission?.settle(code !== Code.OK && code !== Code.CANCELLED);
    try {
      take(call, 'end');
      hooks.onEnd(call, code);
    } catch {
      // A log or a metric that fails must not keep the caller from its answer, and has no place left to be told of.
    }
  }

  const surroundings: Surroundings = { clock, charge, giveBack };
  return {
    begin,
    admit,
    received,
    handle: (call, request) =>
      (call.method as UnaryMethod).handle(requestOf(call, request), new HandlerContext(call, surroundings)),
    handleAs,
    stream: (call, request, signal) =>
      (call.method as StreamingMethod).handle(requestOf(call, request), new HandlerContext(call, surroundings, signal)),
    failureOf,
    end,
    openStreams: () => streams.size,
    endStreams(error, connection) {
      for (const call of [...streams]) if (connection === undefined || call.connection === connection) call.fail(error);
    },
  };
}

/** The longest delay that a timer takes, in ms: 24.8 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

function noteLimits(call: Call, { quota, creditShare }: Admission): void {
  call.quota = quota;
  call.creditShare = creditShare;
}

function expire(call: Call): void {
  call.fail(new CallFailure('deadline_exceeded'));
}

function failureOf(call: Call, error: unknown): CallStatus {
  const status = statusOf(error, call.requestId);
  call.reason = reasonName(status.reason);
  if (status.internal) call.fault = error;
  if (error instanceof Rejection) {
    call.quota ??= error.quota;
    call.creditShare ??= error.creditShare;
    call.keyId ??= error.keyId;
    const { plan, window } = error.metadata;
    if (plan !== undefined && window !== undefined) call.refusedFor = { plan, window };
  }
  return status;
}
