/** Turns a mapped failure into the status that grpc-js sends, and grpc-js' own failures into mapped ones. */
import { status as codes, Metadata, type StatusObject } from '@grpc/grpc-js';
import { CallFailure } from '../rpc/failure.ts';
import { statusOf } from '../rpc/status.ts';
import { reasonName } from '../rpc/status-details.ts';
import type { CallRecord } from './call-record.ts';

const DETAILS = 'grpc-status-details-bin';

export type PartialStatus = Pick<StatusObject, 'code' | 'details'> & { metadata?: Metadata | null | undefined };

/** The status for `error`; its reason, and a fault of ours, are noted in the record for the log. */
export function failureStatus(error: unknown, record: CallRecord): StatusObject {
  const { code, message, reason, details, retryAfterMs, isFinal, internal } = statusOf(error, record.requestId);
  record.reason = reasonName(reason);
  if (internal) record.fault = error;
  const metadata = new Metadata();
  metadata.set(DETAILS, Buffer.from(details.buffer, details.byteOffset, details.byteLength));
  // Negative: clients are not to retry (gRFC A6).
  if (isFinal) metadata.set('grpc-retry-pushback-ms', '-1');
  if (retryAfterMs !== undefined) {
    metadata.set('grpc-retry-pushback-ms', String(Math.ceil(retryAfterMs)));
    metadata.set('retry-after', String(Math.ceil(retryAfterMs / 1000)));
  }
  return { code, details: message, metadata };
}

/** Gives a status that grpc-js made by itself (a deadline, a message it could not read) the details that every error has. */
export function withDetails(status: PartialStatus, record: CallRecord): PartialStatus {
  if (status.code === codes.OK || (status.metadata?.get(DETAILS).length ?? 0) > 0) return status;
  return failureStatus(foreignFailure(status), record);
}

function foreignFailure({ code, details }: PartialStatus): Error {
  if (code === codes.DEADLINE_EXCEEDED) return new CallFailure('deadline_exceeded');
  if (code === codes.RESOURCE_EXHAUSTED) return new CallFailure('message_too_large');
  if (code === codes.UNIMPLEMENTED) return new CallFailure('protocol');
  // A message that does not decompress and a timeout that is no number are the caller's mistakes, whatever grpc-js calls them.
  if (/^(Failed to decompress|Invalid grpc-timeout)/.test(details)) return new CallFailure('malformed_message');
  return new Error('grpc-js answered the call itself');
}
