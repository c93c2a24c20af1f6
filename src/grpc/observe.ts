/** The outer interceptor: sees each call from its first header to its one status, whoever sends it. */
import {
  status as codes,
  Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { CallFailure } from '../service/failure.ts';
import { attachRecord, type CallRecord, createCallRecord } from './call-record.ts';
import { annotate, requestIdOf } from './metadata.ts';
import { failureStatus, type PartialStatus, withDetails } from './status.ts';

/** The longest a unary call, or the request of a stream, may take, in ms; a caller's shorter deadline is kept by grpc-js. */
export const DEADLINE_MS = 5000;

export interface ObserveOptions {
  /** Whether the path is one of our methods, whose every error carries our details; health and reflection keep their own. */
  readonly isOurs: (path: string) => boolean;
  /** Told of the end of every call, once. */
  readonly onCall: (record: CallRecord, code: number) => void;
}

export interface Observer {
  readonly interceptor: ServerInterceptor;
  /** Ends every open stream with `error`, so that a shutdown need not wait for its caller. */
  readonly endStreams: (error: Error) => void;
}

/** Makes the interceptor; it must stand first, nearest the wire. */
export function createObserver({ isOurs, onCall }: ObserveOptions): Observer {
  const streams = new Set<(error: Error) => void>();

  const interceptor: ServerInterceptor = (method, call) => {
    const record = createCallRecord(method.path, call.getPeer());
    const fail = (error: Error) => call.sendStatus(failureStatus(error, record));
    const finish = (code: number): void => {
      record.ended = true;
      for (const run of record.onEnd) run();
      record.admission?.settle(code !== codes.OK && code !== codes.CANCELLED);
      onCall(record, code);
    };
    wrapCall(call, record, isOurs(method.path), finish);
    const timer = setTimeout(fail, DEADLINE_MS, new CallFailure('deadline_exceeded'));
    record.onEnd.push(() => clearTimeout(timer));
    if (method.responseStream) {
      streams.add(fail);
      record.onEnd.push(() => streams.delete(fail));
    }
    return new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, nextMetadata) {
            record.requestId = requestIdOf(metadata);
            attachRecord(metadata, record);
            nextMetadata(metadata);
          },
          // The answer of a stream may take for ever, its request may not.
          onReceiveMessage(message, nextMessage) {
            if (method.requestStream) clearTimeout(timer);
            nextMessage(message);
          },
          onReceiveHalfClose(nextHalfClose) {
            if (method.responseStream) clearTimeout(timer);
            nextHalfClose();
          },
          // Fires after every call: only one that has had no status yet was left by its caller.
          onCancel() {
            if (!record.ended) finish(codes.CANCELLED);
          },
        });
      },
    });
  };

  const endStreams = (error: Error): void => {
    for (const end of [...streams]) end(error);
  };
  return { interceptor, endStreams };
}

/**
 * Replaces `sendMetadata` and `sendStatus` of the innermost call itself. A deadline, a message that is too large and one that does not
 * decompress are answered by grpc-js through exactly this object, past every interceptor's responder: here is the one place all pass.
 */
function wrapCall(
  call: ServerInterceptingCallInterface,
  record: CallRecord,
  ours: boolean,
  finish: (code: number) => void,
): void {
  const sendMetadata = call.sendMetadata.bind(call);
  const sendStatus = call.sendStatus.bind(call);
  call.sendMetadata = (metadata) => {
    annotate(metadata, record);
    sendMetadata(metadata);
  };
  call.sendStatus = (given) => {
    if (record.ended) return;
    const status: PartialStatus = ours ? withDetails(given, record) : given;
    const metadata = status.metadata ?? new Metadata();
    if (status.code !== codes.OK) annotate(metadata, record);
    finish(status.code);
    sendStatus({ code: status.code, details: status.details, metadata });
  };
}
