/** The outer stage: sees each call from its first header to its one status, whoever sends it. */
import { status as codes, type Metadata } from '@grpc/grpc-js';
import type { CallerAddress } from '../rpc/caller-address.ts';
import { CallFailure } from '../rpc/failure.ts';
import { DEADLINE_MS } from './bounds.ts';
import type { MethodShape } from './call.ts';
import type { CallRecord } from './call-record.ts';
import { createDeadlines } from './deadlines.ts';
import type { Stage } from './interceptor.ts';
import { Listener, type Next } from './listener.ts';
import { annotated, annotatedTrailers, forwardedForOf, requestIdOf } from './metadata.ts';
import { failureStatus, type PartialStatus, withDetails } from './status.ts';

export interface ObserveOptions {
  /** Whether the path is one of our methods, whose every error carries our details; health and reflection keep their own. */
  readonly isOurs: (path: string) => boolean;
  /** Told of the end of every call, once. */
  readonly onCall: (record: CallRecord, code: number) => void;
  /** Names the caller of a call behind proxies. */
  readonly callerAddress: CallerAddress;
}

export interface Observer {
  /** To be told of each call before anything happens on it. */
  readonly begin: (record: CallRecord, method: MethodShape) => void;
  readonly stage: Stage;
  /** Ends every open stream with `error`, so that a shutdown need not wait for its caller. */
  readonly endStreams: (error: Error) => void;
}

/** Makes the observer; its stage must stand first, nearest the wire. */
export function createObserver({ isOurs, onCall, callerAddress }: ObserveOptions): Observer {
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
      this.record.peer = callerAddress(this.record.peer, forwardedForOf(metadata));
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
    const metadata = status.code === codes.OK ? (status.metadata ?? null) : annotatedTrailers(status.metadata, record);
    try {
      finish(record, status.code);
    } finally {
      // This is the only status that the call can have: whatever is wrong with the books, its caller is not left waiting.
      sendStatus.call(call, { code: status.code, details: status.details, metadata });
    }
  };
  const sendOnce: typeof sendStatus = (given) => {
    if (record.ended) return;
    const due = record.admission?.due;
    if (due === undefined) {
      send(given);
      return;
    }
    // Decided, and nothing that comes meanwhile changes it but that the limits are full.
    record.ended = true;
    due.made().then(
      () => send(given),
      (error: unknown) => send(failureStatus(error, record)),
    );
  };
  // In two steps, for the reason that `createInterceptor` has.
  call.sendMetadata = sendAnnotated;
  call.sendStatus = sendOnce;
}
