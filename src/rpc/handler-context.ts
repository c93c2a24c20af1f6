/** The context of a handler, over its call. */
import type { Principal } from '../ports/principal.ts';
import type { Clock } from '../ports/store.ts';
import type { Call } from './call.ts';
import type { AnswerHeaders, CallContext, Exchange } from './context.ts';

/** The parts that the contexts of all calls share. */
export interface Surroundings {
  readonly clock: Clock;
  /** As in `CallContext`, for a call. */
  readonly charge: (call: Call, cost: number) => void | Promise<void>;
  readonly giveBack: (call: Call, count: number) => void;
}

/** The context of an admitted call. Its methods are shared by all calls. */
export class HandlerContext implements CallContext, Exchange {
  readonly principal: Principal;
  readonly call: Call;
  readonly now: Clock;
  readonly signal?: AbortSignal;
  readonly #surroundings: Surroundings;

  /** Throws if the call was not admitted. */
  constructor(call: Call, surroundings: Surroundings, signal?: AbortSignal) {
    if (call.admission === undefined) throw new Error('a call is handled only once it is admitted');
    this.principal = call.admission.principal;
    this.call = call;
    this.now = surroundings.clock;
    this.#surroundings = surroundings;
    if (signal !== undefined) this.signal = signal;
  }

  get requestId(): string {
    return this.call.requestId;
  }

  get deadline(): number {
    return this.call.deadline;
  }

  charge(cost: number): void | Promise<void> {
    return this.#surroundings.charge(this.call, cost);
  }

  giveBack(count: number): void {
    this.#surroundings.giveBack(this.call, count);
  }

  noteFault(fault: unknown): void {
    this.call.fault ??= fault;
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
