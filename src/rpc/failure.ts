/** Failures that are neither invalid fields nor policy: the call itself is malformed, or a handler returns its own status. */
import type { Any } from '@bufbuild/protobuf/wkt';
import type { Code } from '../../gen/ts/google/rpc/code_pb.ts';

export type CallFailureReason =
  | 'malformed_message'
  | 'message_too_large'
  | 'metadata_too_large'
  | 'deadline_exceeded'
  | 'protocol';

/** A call that failed before or beside its handler. */
export class CallFailure extends Error {
  readonly reason: CallFailureReason;
  /** The part of the contract that could not be read, and the value that it takes; undefined if that is not known. */
  readonly place: string | undefined;

  constructor(reason: CallFailureReason, place?: string) {
    super(reason);
    this.name = 'CallFailure';
    this.reason = reason;
    this.place = place;
  }
}

/** A call without an API key, to health or reflection, that exceeds a bound. Its status is RESOURCE_EXHAUSTED, without details. */
export class UnauthenticatedRefusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnauthenticatedRefusal';
  }
}

/** A failure that is answered as given, with only its own details: for methods outside of `otp.v1`, which have other reasons. */
export class StatusError extends Error {
  readonly code: Code;
  readonly details: readonly Any[];

  constructor(code: Code, message: string, details: readonly Any[] = []) {
    super(message);
    this.name = 'StatusError';
    this.code = code;
    this.details = details;
  }
}
