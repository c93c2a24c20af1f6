/**
 * The lifecycle of a call, the same for every door: request id, deadline, admission, decoding, handling, and one end with its refund and its log line. A
 * door translates. It passes headers and bytes in this order: `begin`, `admit`, then `handle` or `stream`, and `end` with the status that it sends.
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

/** Observers of calls, such as the log line, metrics and spans. */
export interface Hooks {
  /** Called as each step begins. */
  readonly onStep?: ((call: Call, step: Step) => void) | undefined;
  /** Called once at the end of each call. */
  readonly onEnd: (call: Call, code: Code) => void;
}

export interface LifecycleOptions {
  readonly methods: readonly Method[];
  readonly admit: Admit;
  readonly clock: Clock;
  readonly hooks: Hooks;
  /** Determines the caller of a call that came through a proxy. */
  readonly callerAddress: CallerAddress;
}

export interface Lifecycle {
  /** Begins a call at its headers. The deadline runs from here; `fail` makes the door answer with an error, and is called at most once. */
  readonly begin: (incoming: Incoming, fail: (error: unknown) => void) => Call;
  /**
   * Admits the call, synchronously if nothing has to be awaited, or fails as `Admit` rejects. A door must not read the body before. A call that has
   * ended in the meantime is refunded, and must not continue. `apiKey` is for the call of a REST API that has none in its headers.
   */
  readonly admit: (call: Call, apiKey?: string) => void | Promise<void>;
  /** Notes that the request has arrived: the deadline of a stream covers only its request, unless the caller gave one. */
  readonly received: (call: Call) => void;
  /** Decodes the request of a unary call, unless its door has decoded it, and handles it. */
  readonly handle: (call: Call, request: Uint8Array | Message) => Message | Promise<Message>;
  /** Handles a request for the call of a REST API, which may do so several times, after checking that its API key has the scope. */
  readonly handleAs: (call: Call, procedure: string, request: Message) => Message | Promise<Message>;
  /** Handles the request of a stream until `signal` fires. */
  readonly stream: (call: Call, request: Uint8Array | Message, signal: AbortSignal) => AsyncIterable<Message>;
  /** The status that the caller gets for an error. Notes its reason, and a fault, for the log. */
  readonly failureOf: (call: Call, error: unknown) => CallStatus;
  /** Ends the call with the status that its door is about to send, or with CANCELLED if its caller has left. Only the first call has an effect. */
  readonly end: (call: Call, code: Code) => void;
  /** The number of open streams. */
  readonly openStreams: () => number;
  /** Ends every open stream with `error`, or only those on one connection (its address and port). */
  readonly endStreams: (error: Error, connection?: string) => void;
}

/** Makes the lifecycle of the calls of `methods`; calls of other procedures (health, reflection) need no API key, and have other bounds. */
export function createLifecycle({ methods, admit: gate, clock, hooks, callerAddress }: LifecycleOptions): Lifecycle {
  const byProcedure = new Map(methods.map((method) => [procedureOf(method.descriptor), method]));
  const streams = new Set<Call>();
  const enterUnauthenticated = createUnauthenticatedBounds();

  function take(call: Call, step: Step): void {
    // Work that is in progress for an ended call continues to the point where the call is refunded.
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
    // Not `Math.min`, which turns NaN into an invalid delay of a timer.
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
    // In a variable first: V8 expects a function that is created as a property to live for ever (docs/performance.md).
    const takeStep = (step: Step): void => take(call, step);
    const admission = gate.admit({ apiKey, peer, scope: method?.scope, isFree: method?.isFree, take: takeStep });
    return admission instanceof Promise ? admission.then((late) => letIn(call, late, apiKey)) : letIn(call, admission, apiKey);
  }

  function letIn(call: Call, admission: Admission, apiKey = ''): void {
    call.trace?.end('charge');
    // The caller may have left in the meantime, and nothing else would refund the call.
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
    // From the start of the call, since each message of a stream of requests passes here.
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
    // A caller who leaves pays for a request that was handled, and for no other.
    call.admission?.settle(code !== Code.OK && !(code === Code.CANCELLED && call.wasHandled));
    try {
      take(call, 'end');
      hooks.onEnd(call, code);
    } catch {
      // A failing log or metric must not keep the answer from the caller, and there is no place left to report it.
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

/** The longest delay of a timer, in ms: 24.8 days. */
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
