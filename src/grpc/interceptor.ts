/** The interceptor: one for all that stands between the wire and a method, since each that grpc-js knows of costs every call some objects. */
import type { ServerInterceptingCall, ServerInterceptor } from '@grpc/grpc-js';
import { type CallRecord, createCallRecord } from './call-record.ts';
import type { Next } from './listener.ts';

/** The method of a call, as grpc-js describes it. */
export type MethodShape = Parameters<ServerInterceptor>[0];

/** Puts its listener in front of the one behind it; gives that one itself for a call that is not its business. */
export type Stage = (next: Next, record: CallRecord, method: MethodShape) => Next;

/** Makes the interceptor. `begin` sees each call before any event of it; the first of the `stages` stands nearest the wire. */
export function createInterceptor(
  begin: (record: CallRecord, method: MethodShape) => void,
  stages: readonly Stage[],
): ServerInterceptor {
  const inwards = stages.toReversed();
  return (method, call) => {
    const record = createCallRecord(method.path, call);
    begin(record, method);
    const { start } = call;
    const startThrough: typeof start = (next) => {
      let front = next;
      for (const stage of inwards) front = stage(front, record, method);
      start.call(call, front);
    };
    // In two steps: a function expression assigned to a property at once is one that V8 expects to live for ever, with all that it can see
    // (docs/performance.md).
    call.start = startThrough;
    // Only its type insists on grpc-js' wrapper, of which no more than the interface is used.
    return call as ServerInterceptingCall;
  };
}
