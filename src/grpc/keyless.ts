/** Calls that need no API key, to health and reflection: few at a time on a connection, since anybody may make them and hold them open. */
import { type Metadata, status } from '@grpc/grpc-js';
import { createPlaces } from '../limits/permits.ts';
import type { CallRecord } from './call-record.ts';
import { Listener, type Next } from './listener.ts';

/** The most at a time on one connection, which its caller's address and port stand for. A health check takes one, and grpcurl two. */
const MOST_KEYLESS_CALLS = 10;

/** Makes what listens to such a call in front of the next. */
export function createKeyless(): (next: Next, record: CallRecord) => Next {
  const places = createPlaces();

  class Keyless extends Listener {
    readonly #record: CallRecord;

    constructor(next: Next, record: CallRecord) {
      super(next);
      this.#record = record;
    }

    override onReceiveMetadata(metadata: Metadata): void {
      const { peer, call } = this.#record;
      this.#record.leave = places.take(peer, MOST_KEYLESS_CALLS);
      if (this.#record.leave === undefined) {
        const details = `too many calls without an API key on this connection: at most ${MOST_KEYLESS_CALLS} at a time`;
        call.sendStatus({ code: status.RESOURCE_EXHAUSTED, details });
        return;
      }
      super.onReceiveMetadata(metadata);
    }
  }

  return (next, record) => new Keyless(next, record);
}
