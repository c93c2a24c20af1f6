/** The context that a handler is given, over the call that it belongs to. */
import type { Principal } from '../ports/principal.ts';
import type { Call } from './call.ts';
import type { AnswerHeaders, CallContext, Exchange } from './context.ts';

/** The context of a call that was let in. Its methods are made once for all calls, not with each. */
export class HandlerContext implements CallContext, Exchange {
  readonly principal: Principal;
  readonly call: Call;
  readonly now: () => number;
  readonly signal?: AbortSignal;

  /** Throws if the call was not let in. */
  constructor(call: Call, now: () => number, signal?: AbortSignal) {
    if (call.admission === undefined) throw new Error('a call is handled only once it is admitted');
    this.principal = call.admission.principal;
    this.call = call;
    this.now = now;
    if (signal !== undefined) this.signal = signal;
  }

  get requestId(): string {
    return this.call.requestId;
  }

  get deadline(): number {
    return this.call.deadline;
  }

  header(name: string): string | undefined {
    return this.call.header(name);
  }

  sendHeaders(headers: AnswerHeaders): void {
    this.call.addedHeaders = headers;
    this.call.sendHeaders?.();
  }

  setTrailers(trailers: AnswerHeaders): void {
    this.call.addedTrailers = trailers;
  }
}
