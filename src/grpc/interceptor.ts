/** The interceptor: one for all that stands between the wire and a method, since each that grpc-js knows of costs every call some objects. */
import type { ServerInterceptingCall, ServerInterceptor } from '@grpc/grpc-js';
import type { Call, MethodShape } from './call.ts';
import { type CallRecord, createCallRecord } from './call-record.ts';
import type { Next } from './listener.ts';
import { formatPeer } from './peer.ts';

/** Puts its listener in front of the one behind it; gives that one itself for a call that is not its business. */
export type Stage = (next: Next, record: CallRecord, method: MethodShape) => Next;

/** What every call passes. */
export interface Pipeline {
  /** Takes note of a call before any event of it; `peer` is its caller's address with the port. */
  readonly begin: (method: MethodShape, call: Call, peer: string) => CallRecord;
  /** The listener of the first stage, nearest the wire; `next` stands behind the last. */
  readonly front: (next: Next, record: CallRecord, method: MethodShape) => Next;
}

/** Makes the pipeline of `stages`, the first of which stands nearest the wire. */
export function createPipeline(begin: (record: CallRecord, method: MethodShape) => void, stages: readonly Stage[]): Pipeline {
  const inwards = stages.toReversed();
  return {
    begin(method, call, peer) {
      const record = createCallRecord(method.path, call, peer);
      begin(record, method);
      return record;
    },
    front(next, record, method) {
      let front = next;
      for (const stage of inwards) front = stage(front, record, method);
      return front;
    },
  };
}

/** The pipeline for the calls that grpc-js serves. */
export function createInterceptor({ begin, front }: Pipeline): ServerInterceptor {
  return (method, call) => {
    // What `getPeer` gives, from what grpc-js has looked up already.
    const record = begin(method, call, formatPeer(call.getConnectionInfo()));
    const { start } = call;
    const startThrough: typeof start = (next) => start.call(call, front(next, record, method));
    // In two steps: a function expression assigned to a property at once is one that V8 expects to live for ever, with all that it can see
    // (docs/performance.md).
    call.start = startThrough;
    // Only its type insists on grpc-js' wrapper, of which no more than the interface is used.
    return call as ServerInterceptingCall;
  };
}
