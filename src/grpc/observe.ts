/** The outer interceptor, nearest the wire: hands each call to the lifecycle at its headers, and sees its only status, from any sender. */
import {
  status as codes,
  Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import type { Call, Incoming } from '../rpc/call.ts';
import { answerHeaders } from '../rpc/headers.ts';
import type { Lifecycle } from '../rpc/lifecycle.ts';
import { formatPeer } from '../rpc/peer.ts';
import { OVERSIZE } from './only-calls.ts';
import { addHeaders, failureTrailers, foreignFailure, type PartialStatus } from './status.ts';

const CALL = 'otpd.call';
const LONG_PAST_MS = -1000;
/** Marks the trailers of a failure that the lifecycle has seen: grpc-js hands the rest of a status on in other objects. */
const SEEN = 'otpd.failure';

/** The call that travels with `metadata`: handlers do not see the interceptors. */
export function callOf(metadata: Metadata): Call {
  return metadata.getOpaque(CALL) as Call;
}

/** The status by which a failure is answered. */
export function failureStatus(lifecycle: Lifecycle, call: Call, error: unknown): PartialStatus {
  const failure = lifecycle.failureOf(call, error);
  const metadata = failureTrailers(call, failure);
  metadata.setOpaque(SEEN, true);
  return { code: failure.code, details: failure.message, metadata };
}

/** Makes the interceptor. It must stand first: `admission` finds the call that it has begun. */
export function createObserve(lifecycle: Lifecycle): ServerInterceptor {
  return ({ path, requestStream, responseStream }, base) => {
    let call: Call | undefined;
    const isStream = requestStream || responseStream;

    /**
     * Replaces the call's own `sendStatus`. An oversized message, one that does not decompress and a malformed timeout are answered by grpc-js
     * on exactly this object, past every interceptor: it is the one place that all statuses pass.
     */
    const send = base.sendStatus.bind(base);
    const sendThrough: typeof base.sendStatus = (given) => {
      if (call === undefined) send(given);
      // A request may end without a message because its caller has left, which grpc-js tells a moment later.
      else if (given.code === codes.UNIMPLEMENTED && !isSeen(given)) setImmediate(sendOnce, call, given);
      else sendOnce(call, given);
    };
    // By way of a variable: V8 expects a function that is assigned to a property at once to live for ever (docs/performance.md).
    base.sendStatus = sendThrough;
    function sendOnce(call: Call, given: PartialStatus): void {
      if (call.ended) return;
      // The deadline is the lifecycle's: the timer of grpc-js takes one of more than 24.8 days for none.
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
          // Fires after every call: only a call without a status was left by its caller.
          onCancel() {
            if (call !== undefined) lifecycle.end(call, codes.CANCELLED);
          },
        });
        // The caller had left before the call was started: grpc-js tells no more of it.
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

/** A success has said all in its headers; health and reflection make failures of their own. */
function trailersOf(call: Call, status: PartialStatus): Metadata | null {
  if (isSeen(status)) return status.metadata ?? null;
  if (status.code === codes.OK && call.addedTrailers === undefined) return status.metadata ?? null;
  const trailers = status.metadata ?? new Metadata();
  addHeaders(trailers, status.code === codes.OK ? (call.addedTrailers ?? {}) : answerHeaders(call));
  return trailers;
}

/** The call that the metadata describes. */
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

/** The rest of the caller's time. grpc-js makes a moment long past of a time that is too long for its numbers. */
function timeoutOf(deadline: Date | number): number | undefined {
  const leftMs = Number(deadline) - Date.now();
  return leftMs > LONG_PAST_MS && Number.isFinite(leftMs) ? Math.max(0, leftMs) : undefined;
}
