/** Listening in on a call, without the objects that grpc-js' own wrapper makes for each call. */
import type { Metadata, ServerInterceptingCallInterface } from '@grpc/grpc-js';

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
