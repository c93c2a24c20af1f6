/** A stage for calls that need no API key, to health and reflection: few at a time on a connection, since anybody may make them and hold them open. */
import { type Metadata, status } from '@grpc/grpc-js';
import type { CallRecord } from './call-record.ts';
import type { Stage } from './interceptor.ts';
import { Listener, type Next } from './listener.ts';

/** The most at a time on one connection. A health check takes one, and grpcurl two. */
export const MOST_KEYLESS_CALLS = 10;

/** Makes the stage; calls that `isOurs` tells are let pass, since their key speaks for them. */
export function createKeyless(isOurs: (path: string) => boolean): Stage {
  /** By the address and port of the caller: those who have none under way are not in it. */
  const underWay = new Map<string, number>();

  function leave(peer: string): void {
    const left = (underWay.get(peer) ?? 0) - 1;
    if (left > 0) underWay.set(peer, left);
    else underWay.delete(peer);
  }

  class Keyless extends Listener {
    readonly #record: CallRecord;

    constructor(next: Next, record: CallRecord) {
      super(next);
      this.#record = record;
    }

    override onReceiveMetadata(metadata: Metadata): void {
      const { peer, call } = this.#record;
      const others = underWay.get(peer) ?? 0;
      if (others >= MOST_KEYLESS_CALLS) {
        const details = `too many calls without an API key on this connection: at most ${MOST_KEYLESS_CALLS} at a time`;
        call.sendStatus({ code: status.RESOURCE_EXHAUSTED, details });
        return;
      }
      underWay.set(peer, others + 1);
      this.#record.leave = () => leave(peer);
      super.onReceiveMetadata(metadata);
    }
  }

  return (next, record) => (isOurs(record.path) ? next : new Keyless(next, record));
}
