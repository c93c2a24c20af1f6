/** The outer stage: sees each call from its first header to its one status, whoever sends it. */
import { status as codes, type Metadata } from '@grpc/grpc-js';
import { CallFailure } from '../rpc/failure.ts';
import { DEADLINE_MS } from './bounds.ts';
import type { MethodShape } from './call.ts';
import type { CallRecord } from './call-record.ts';
import { createDeadlines } from './deadlines.ts';
import type { Stage } from './interceptor.ts';
import { Listener, type Next } from './listener.ts';
import { annotated, annotatedTrailers, goodTrailers, requestIdOf } from './metadata.ts';
import { failureStatus, type PartialStatus, withDetails } from './status.ts';

export interface ObserveOptions {
  /** Whether the path is one of our methods, whose every error carries our details; health and reflection keep their own. */
  readonly isOurs: (path: string) => boolean;
  /** Told of the end of every call, once. */
  readonly onCall: (record: CallRecord, code: number) => void;
}

export interface Observer {
  /** To be told of each call before anything happens on it. */
  readonly begin: (record: CallRecord, method: MethodShape) => void;
  readonly stage: Stage;
  /** Ends every open stream with `error`, so that a shutdown need not wait for its caller. */
  readonly endStreams: (error: Error) => void;
}

/** Makes the observer; its stage must stand first, nearest the wire. */
export function createObserver({ isOurs, onCall }: ObserveOptions): Observer {
  const streams = new Set<CallRecord>();
  const deadlines = createDeadlines<CallRecord>(DEADLINE_MS, (record) => fail(record, new CallFailure('deadline_exceeded')));

  function finish(record: CallRecord, code: number): void {
    record.ended = true;
    deadlines.delete(record);
    streams.delete(record);
    record.leave?.();
    record.admission?.settle(code !== codes.OK && code !== codes.CANCELLED);
    onCall(record, code);
  }

  class Observed extends Listener {
    protected readonly record: CallRecord;

    constructor(next: Next, record: CallRecord) {
      super(next);
      this.record = record;
    }

    override onReceiveMetadata(metadata: Metadata): void {
      this.record.requestId = requestIdOf(metadata);
      super.onReceiveMetadata(metadata);
    }

    /** Fires after every call: only one that has had no status yet was left by its caller. */
    override onCancel(): void {
      if (!this.record.ended) finish(this.record, codes.CANCELLED);
      super.onCancel();
    }
  }

  /** The answer of a stream may take for ever; its request may not, nor the first of several. */
  class ObservedStream extends Observed {
    readonly #hasOneRequest: boolean;

    constructor(next: Next, record: CallRecord, hasOneRequest: boolean) {
      super(next, record);
      this.#hasOneRequest = hasOneRequest;
    }

    override onReceiveMessage(message: unknown): void {
      if (!this.#hasOneRequest) deadlines.delete(this.record);
      super.onReceiveMessage(message);
    }

    override onReceiveHalfClose(): void {
      deadlines.delete(this.record);
      super.onReceiveHalfClose();
    }
  }

  const begin: Observer['begin'] = (record, { responseStream }) => {
    answerThrough(record, isOurs(record.path), finish);
    deadlines.add(record);
    if (responseStream) streams.add(record);
  };

  const stage: Stage = (next, record, { requestStream, responseStream }) =>
    requestStream || responseStream ? new ObservedStream(next, record, !requestStream) : new Observed(next, record);

  const endStreams = (error: Error): void => {
    for (const record of [...streams]) fail(record, error);
  };
  return { begin, stage, endStreams };
}

function fail(record: CallRecord, error: Error): void {
  if (record.ended) return;
  record.call.sendStatus(failureStatus(error, record));
}

/**
 * Replaces `sendMetadata` and `sendStatus` of the call nearest the wire itself. A deadline, a message that is too large and one that does not
 * decompress are answered by grpc-js through exactly this object, past every interceptor's responder: here is the one place all pass.
 */
function answerThrough(record: CallRecord, ours: boolean, finish: (record: CallRecord, code: number) => void): void {
  const { call } = record;
  const { sendMetadata, sendStatus } = call;
  const sendAnnotated: typeof sendMetadata = (metadata) => sendMetadata.call(call, annotated(metadata, record));
  const send: typeof sendStatus = (given) => {
    const status: PartialStatus = ours ? withDetails(given, record) : given;
    const metadata =
      status.code === codes.OK ? goodTrailers(status.metadata, record) : annotatedTrailers(status.metadata, record);
    try {
      finish(record, status.code);
    } finally {
      // This is the only status that the call can have: whatever is wrong with the books, its caller is not left waiting.
      // A success has no message, as the specification has it; grpc-js would send "OK".
      const details = status.code === codes.OK ? '' : status.details;
      sendStatus.call(call, { code: status.code, details, metadata });
    }
  };
  const sendOnce: typeof sendStatus = (given) => {
    if (!record.ended) send(given);
  };
  // In two steps, for the reason that `createInterceptor` has.
  call.sendMetadata = sendAnnotated;
  call.sendStatus = sendOnce;
}
