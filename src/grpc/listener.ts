/** Listening in on a call: what an interceptor needs of grpc-js, without the objects that its own wrapper makes for each call. */
import type { Metadata, ServerInterceptingCall, ServerInterceptingCallInterface } from '@grpc/grpc-js';

export type Next = Parameters<ServerInterceptingCallInterface['start']>[0];

/** Hands everything on to the next listener. A class: one object a call in place of a closure for each event. */
export class Listener implements Next {
  readonly #next: Next;

  constructor(next: Next) {
    this.#next = next;
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#next.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    this.#next.onReceiveMessage(message);
  }

  onReceiveHalfClose(): void {
    this.#next.onReceiveHalfClose();
  }

  onCancel(): void {
    this.#next.onCancel();
  }
}

/** The same call, whose events pass through the listener that `wrap` puts in front of the one it is started with. */
export function listenThrough(call: ServerInterceptingCallInterface, wrap: (next: Next) => Next): ServerInterceptingCall {
  const { start } = call;
  const startThrough: typeof start = (next) => start.call(call, wrap(next));
  // In two steps: a function expression assigned to a property at once is one that V8 expects to live for ever, with all that it can see
  // (docs/performance.md).
  call.start = startThrough;
  // Only its type insists on the wrapper: grpc-js uses no more than the interface.
  return call as ServerInterceptingCall;
}
