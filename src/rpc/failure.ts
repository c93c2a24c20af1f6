/** Failures that are neither bad fields nor policy: a door found the call itself wrong, or a handler gives a status of its own. */
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
  /** The message or field of the contract that could not be read, such as `otp.v1.Key.secret`, if it is known. */
  readonly place: string | undefined;

  constructor(reason: CallFailureReason, place?: string) {
    super(reason);
    this.name = 'CallFailure';
    this.reason = reason;
    this.place = place;
  }
}

/** A call without an API key, to health or reflection, that is over a bound. Its status is RESOURCE_EXHAUSTED, without details of ours. */
export class UnauthenticatedRefusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnauthenticatedRefusal';
  }
}

/** A failure that is answered exactly as it says, with no details but its own: for methods outside of `otp.v1`, whose reasons are not theirs. */
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
