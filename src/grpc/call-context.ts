/** The context of a call: a handler reads the call from it, and adds headers and trailers to its answer. */
import { Metadata } from '@grpc/grpc-js';
import type { Principal } from '../ports/principal.ts';
import type { AnswerHeaders, CallContext, Exchange } from '../rpc/context.ts';
import type { CallRecord } from './call-record.ts';

/** The context of a call that was let in. Its methods are made once for all calls, and not with each. */
export class GrpcContext implements CallContext, Exchange {
  readonly principal: Principal;
  readonly requestId: string;
  readonly call: CallRecord;
  readonly now: () => number;
  /** Given to streams. */
  readonly signal?: AbortSignal;

  /** Throws if the call was not let in. */
  constructor(record: CallRecord, now: () => number, signal?: AbortSignal) {
    const { admission, requestId } = record;
    if (admission === undefined) throw new Error('the guard lets no call in without an admission');
    this.principal = admission.principal;
    this.requestId = requestId;
    this.call = record;
    this.now = now;
    if (signal !== undefined) this.signal = signal;
  }

  header(name: string): string | undefined {
    const values = this.call.received?.get(name) ?? [];
    return values.length === 0 ? undefined : values.join(', ');
  }

  get deadline(): number {
    return Number(this.call.call.getDeadline());
  }

  sendHeaders(headers: AnswerHeaders): void {
    const { call } = this;
    call.answerHeaders = metadataOf(headers);
    // A unary call that fails has trailers only, so that its headers wait for the answer.
    if (this.signal !== undefined) call.call.sendMetadata(new Metadata());
  }

  setTrailers(trailers: AnswerHeaders): void {
    this.call.answerTrailers = metadataOf(trailers);
  }
}

function metadataOf(headers: AnswerHeaders): Metadata {
  const metadata = new Metadata();
  for (const [name, values] of Object.entries(headers)) for (const value of values) metadata.add(name, value);
  return metadata;
}
