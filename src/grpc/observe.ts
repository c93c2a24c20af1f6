/** The outer interceptor, nearest the wire: begins each call of the lifecycle at its headers, and sees its only status, from any sender. */
import {
  status as codes,
  Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import type { Call, Incoming } from '../rpc/call.ts';
import { formatPeer } from '../rpc/caller-address.ts';
import { answerHeaders } from '../rpc/headers.ts';
import type { Lifecycle } from '../rpc/lifecycle.ts';
import { OVERSIZE } from './only-calls.ts';
import { addHeaders, failureTrailers, foreignFailure, type PartialStatus } from './status.ts';

const CALL = 'otpd.call';
const LONG_PAST_MS = -1000;
/** Marks the trailers of a failure that the lifecycle has seen, since grpc-js copies the other parts of a status. */
const SEEN = 'otpd.failure';

/** The call of a `metadata` object: handlers do not see the interceptors. */
export function callOf(metadata: Metadata): Call {
  return metadata.getOpaque(CALL) as Call;
}

/** The status for a failure. */
export function failureStatus(lifecycle: Lifecycle, call: Call, error: unknown): PartialStatus {
  const failure = lifecycle.failureOf(call, error);
  const metadata = failureTrailers(call, failure);
  metadata.setOpaque(SEEN, true);
  return { code: failure.code, details: failure.message, metadata };
}

/** Makes the interceptor. It must come first, since `admission` needs the call that it begins. */
export function createObserve(lifecycle: Lifecycle): ServerInterceptor {
  return ({ path, requestStream, responseStream }, base) => {
    let call: Call | undefined;
    const isStream = requestStream || responseStream;

    /**
     * Replaces the call's own `sendStatus`. grpc-js answers an oversized message, a message that does not decompress and a malformed timeout on exactly this object, without
     * asking the interceptors: it is the only place that every status passes.
     */
    const send = base.sendStatus.bind(base);
    const sendThrough: typeof base.sendStatus = (given) => {
      if (call === undefined) send(given);
      // A request may end without a message because its caller has left, which grpc-js reports a moment later.
      else if (given.code === codes.UNIMPLEMENTED && !isSeen(given)) setImmediate(sendOnce, call, given);
      else sendOnce(call, given);
    };
    // In a variable first: V8 expects a function that is created as a property to live for ever (docs/performance.md).
    base.sendStatus = sendThrough;
    function sendOnce(call: Call, given: PartialStatus): void {
      if (call.ended) return;
      // The lifecycle has the deadline: grpc-js ignores a deadline of more than 24.8 days.
      if (given.code === codes.DEADLINE_EXCEEDED && !isSeen(given)) return;
      const status =
        given.code === codes.OK || isSeen(given) || call.method === undefined
          ? given
          : failureStatus(lifecycle, call, foreignFailure(given));
      lifecycle.end(call, status.code);
      // A success needs no message (gRPC over HTTP2, Status-Message).
      const details = status.code === codes.OK ? '' : status.details;
      send({ code: status.code, details, metadata: trailersOf(call, status) });
    }

    const begin = (metadata: Metadata): Call =>
      lifecycle.begin(new Received(path, isStream, base, metadata), (error) => {
        if (call !== undefined && !call.ended) base.sendStatus(failureStatus(lifecycle, call, error) as never);
      });

    return new ServerInterceptingCall(base, {
      start(next) {
        next({
          onReceiveMetadata(metadata, handOn) {
            call = begin(metadata);
            metadata.setOpaque(CALL, call);
            handOn(metadata);
          },
          onReceiveMessage(message, handOn) {
            if (requestStream && call !== undefined) lifecycle.received(call);
            handOn(message);
          },
          onReceiveHalfClose(handOn) {
            if (call !== undefined) lifecycle.received(call);
            handOn();
          },
          // Fires after every call; a call without a status was left by its caller.
          onCancel() {
            if (call !== undefined) lifecycle.end(call, codes.CANCELLED);
          },
        });
        // The caller left before the call was started, and grpc-js reports nothing more of it.
        if (call === undefined) lifecycle.end(begin(new Metadata()), codes.CANCELLED);
      },
      sendMetadata(metadata, handOn) {
        if (call !== undefined) {
          addHeaders(metadata, call.addedHeaders ?? {});
          addHeaders(metadata, answerHeaders(call));
          call.addedHeaders = undefined;
        }
        handOn(metadata);
      },
    });
  };
}

function isSeen({ metadata }: PartialStatus): boolean {
  return metadata?.getOpaque(SEEN) === true;
}

/** The trailers at the end of a call. A success has sent its headers already; health and reflection make their own failures. */
function trailersOf(call: Call, status: PartialStatus): Metadata | null {
  if (isSeen(status)) return status.metadata ?? null;
  if (status.code === codes.OK && call.addedTrailers === undefined) return status.metadata ?? null;
  const trailers = status.metadata ?? new Metadata();
  addHeaders(trailers, status.code === codes.OK ? (call.addedTrailers ?? {}) : answerHeaders(call));
  return trailers;
}

/** Reads the call from its metadata. */
class Received implements Incoming {
  readonly transport = 'grpc';
  readonly procedure: string;
  readonly isStream: boolean;
  readonly peer: string;
  readonly timeoutMs: number | undefined;
  readonly #metadata: Metadata;

  constructor(procedure: string, isStream: boolean, base: ServerInterceptingCallInterface, metadata: Metadata) {
    const { remoteAddress, remotePort } = base.getConnectionInfo();
    this.procedure = procedure;
    this.isStream = isStream;
    this.peer = formatPeer(remoteAddress, remotePort);
    this.timeoutMs = timeoutOf(base.getDeadline());
    this.#metadata = metadata;
  }

  get isOversize(): boolean {
    return this.#metadata.get(OVERSIZE).length > 0;
  }

  header(name: string): string | undefined {
    const values = this.#metadata.get(name);
    return values.length === 0 ? undefined : values.join(', ');
  }
}

/** The remaining time of the caller. For a timeout that exceeds its numbers, grpc-js computes a time long past. */
function timeoutOf(deadline: Date | number): number | undefined {
  const leftMs = Number(deadline) - Date.now();
  return leftMs > LONG_PAST_MS && Number.isFinite(leftMs) ? Math.max(0, leftMs) : undefined;
}
