/** The only mapping of errors to answers: a `google.rpc.Status` with its details. */
import { create, toBinary } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { Code } from '../../gen/ts/google/rpc/code_pb.ts';
import { type Status, StatusSchema } from '../../gen/ts/google/rpc/status_pb.ts';
import { ErrorReason } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import { type FieldViolation, InvalidInputError } from '../otp/error.ts';
import { Rejection, type RejectionReason } from '../ports/rejection.ts';
import { STORE_RETRY_MS, StoreUnavailableError } from '../ports/store.ts';
import { CallFailure, type CallFailureReason, StatusError, UnauthenticatedRefusal } from './failure.ts';
import { badRequest, errorInfo, quotaFailure, requestInfo, retryInfo } from './status-details.ts';

/** A failure of a call, or of an item of a batch. */
export interface Failure {
  readonly code: Code;
  /** ASCII text that says what to do. It consists of fixed parts, without anything of the request. */
  readonly message: string;
  readonly reason: ErrorReason;
  /** When a retry makes sense, in ms; undefined if it does not. */
  readonly retryAfterMs: number | undefined;
  /** True for a fault of the server, which is logged with its stack. */
  readonly internal: boolean;
}

/** A failed call in a form that any transport can send. */
export interface CallStatus extends Failure {
  /** The binary `google.rpc.Status` for `grpc-status-details-bin`. */
  readonly details: Uint8Array;
  /** The details one by one, for doors that encode each of them separately. */
  readonly parts: readonly Any[];
  /** True if the same call can never succeed, so that clients should not retry it automatically. */
  readonly isFinal: boolean;
}

interface Meaning {
  readonly code: Code;
  readonly reason: ErrorReason;
  /** The messages. A name in braces is replaced by the value of that metadata. */
  readonly message: string;
}

type Reason = RejectionReason | CallFailureReason | 'invalid_fields' | 'internal';

const MALFORMED = 'the message cannot be decoded';

const MEANINGS: Readonly<Record<Reason, Meaning>> = {
  api_key_missing: {
    code: Code.UNAUTHENTICATED,
    reason: ErrorReason.API_KEY_MISSING,
    message:
      'no API key: send one in the metadata as x-api-key, or as authorization: Bearer, with no space or line break before or after it',
  },
  api_key_invalid: {
    code: Code.UNAUTHENTICATED,
    reason: ErrorReason.API_KEY_INVALID,
    message:
      'the API key is not valid: check it, also for spaces or line breaks in it, or ask the operator of this service for another',
  },
  authentication_throttled: {
    code: Code.RESOURCE_EXHAUSTED,
    reason: ErrorReason.AUTHENTICATION_THROTTLED,
    message: 'too many failed authentications from this address: correct the API key and wait as long as retry-after says',
  },
  scope_missing: {
    code: Code.PERMISSION_DENIED,
    reason: ErrorReason.SCOPE_MISSING,
    message: 'the API key lacks the scope {scope}, which this call needs: use an API key that has it',
  },
  rate_limited: {
    code: Code.RESOURCE_EXHAUSTED,
    reason: ErrorReason.RATE_LIMITED,
    message: "the rate limit of the API key's plan is reached: wait as long as retry-after says, or use a larger plan",
  },
  cost_over_limit: {
    code: Code.RESOURCE_EXHAUSTED,
    reason: ErrorReason.COST_OVER_LIMIT,
    message:
      "the call costs more than the API key's plan ever allows at once: send less at once, or use an API key with a larger plan",
  },
  credits_exhausted: {
    code: Code.RESOURCE_EXHAUSTED,
    reason: ErrorReason.CREDITS_EXHAUSTED,
    message: "the credits of the API key's plan are used up: wait for the next month, as retry-after says, or use a larger plan",
  },
  too_many_streams: {
    code: Code.RESOURCE_EXHAUSTED,
    reason: ErrorReason.TOO_MANY_STREAMS,
    message: 'the API key has {limit} open streams, and may have no more: close one first',
  },
  request_id_reused: {
    code: Code.INVALID_ARGUMENT,
    reason: ErrorReason.REQUEST_ID_REUSED,
    message: 'the request id was used before with another request: make a new UUID for each request',
  },
  sealed_key_invalid: {
    code: Code.INVALID_ARGUMENT,
    reason: ErrorReason.SEALED_KEY_INVALID,
    message:
      'the sealed key or recovery code set cannot be opened: send the blob unchanged, with the context and an API key of the tenant that it was sealed for',
  },
  sealing_key_unknown: {
    code: Code.FAILED_PRECONDITION,
    reason: ErrorReason.SEALING_KEY_UNKNOWN,
    message:
      'the sealing key {sealing_key}, which the blob names, was never on this server: have its operator give every instance the same file of sealing keys',
  },
  enrolment_pending: {
    code: Code.FAILED_PRECONDITION,
    reason: ErrorReason.ENROLMENT_PENDING,
    message: 'the sealed key is of an enrolment that is not confirmed: call Verify with confirm, and store the resealed key',
  },
  enrolment_expired: {
    code: Code.FAILED_PRECONDITION,
    reason: ErrorReason.ENROLMENT_EXPIRED,
    message: 'the sealed key is of an enrolment that was not confirmed in time: generate a new key',
  },
  api_key_not_found: {
    code: Code.NOT_FOUND,
    reason: ErrorReason.API_KEY_NOT_FOUND,
    message: 'there is no such API key: list the API keys to find its name',
  },
  etag_mismatch: {
    code: Code.ABORTED,
    reason: ErrorReason.ETAG_MISMATCH,
    message: 'the API key has changed since its etag was read: get it again',
  },
  last_admin_key: {
    code: Code.FAILED_PRECONDITION,
    reason: ErrorReason.LAST_ADMIN_KEY,
    message: 'nobody could administer the server without this API key: make another one with the scope admin first',
  },
  store_unavailable: {
    code: Code.UNAVAILABLE,
    reason: ErrorReason.STORE_UNAVAILABLE,
    message: 'the state that this call needs cannot be reached: try again as retry-after says',
  },
  shutting_down: {
    code: Code.UNAVAILABLE,
    reason: ErrorReason.SHUTTING_DOWN,
    message: 'the server is stopping: call again to reach another instance',
  },
  connection_age_exceeded: {
    code: Code.UNAVAILABLE,
    reason: ErrorReason.CONNECTION_AGE_EXCEEDED,
    message: 'the connection has reached its greatest age: call again, on a new connection',
  },
  malformed_message: {
    code: Code.INVALID_ARGUMENT,
    reason: ErrorReason.MALFORMED_MESSAGE,
    message: `${MALFORMED}: send the request type of this method, as its content type says`,
  },
  message_too_large: {
    code: Code.RESOURCE_EXHAUSTED,
    reason: ErrorReason.MESSAGE_TOO_LARGE,
    message: 'the message is too large: send at most 64 KiB',
  },
  metadata_too_large: {
    code: Code.RESOURCE_EXHAUSTED,
    reason: ErrorReason.MESSAGE_TOO_LARGE,
    message: 'the metadata is too large: send at most 8 KiB of names and values',
  },
  deadline_exceeded: {
    code: Code.DEADLINE_EXCEEDED,
    reason: ErrorReason.DEADLINE_EXCEEDED,
    message: 'the deadline has passed: send the whole request in time, or allow more of it (5 s at most)',
  },
  protocol: {
    code: Code.UNIMPLEMENTED,
    reason: ErrorReason.PROTOCOL,
    message:
      'the call has a form that this method does not take: send one message, plain or compressed in a way that this door takes, such as gzip',
  },
  invalid_fields: {
    code: Code.INVALID_ARGUMENT,
    reason: ErrorReason.INVALID_FIELDS,
    message: 'the request has invalid fields',
  },
  internal: {
    code: Code.INTERNAL,
    reason: ErrorReason.INTERNAL,
    message: 'an internal error: it is logged under the request id',
  },
};

/** The reasons that concern a window of a plan. */
const OF_A_WINDOW: ReadonlySet<ErrorReason> = new Set([
  ErrorReason.RATE_LIMITED,
  ErrorReason.COST_OVER_LIMIT,
  ErrorReason.CREDITS_EXHAUSTED,
]);

/** The most fields that a message names; each description is a fixed text of some hundred characters. */
const FIELDS_NAMED = 3;

/** The failure for any `error`, without details; an unknown error is INTERNAL with a fixed text. */
export function failureOf(error: unknown): Failure {
  const reason = reasonOf(error);
  const meaning = MEANINGS[reason];
  return {
    ...meaning,
    message: messageOf(error, meaning.message),
    retryAfterMs: retryAfterOf(error),
    internal: reason === 'internal',
  };
}

/** The status that the caller of `requestId` gets for any `error`. */
export function statusOf(error: unknown, requestId: string): CallStatus {
  if (error instanceof StatusError) return statusAsSaid(error);
  const failure = failureOf(error);
  const { code, reason, message, retryAfterMs } = failure;
  const metadata = error instanceof Rejection ? error.metadata : {};
  const details = [errorInfo(reason, metadata), requestInfo(requestId)];
  if (error instanceof InvalidInputError) details.push(badRequest(error.violations));
  if (OF_A_WINDOW.has(reason)) details.push(quotaFailure(metadata));
  if (retryAfterMs !== undefined) details.push(retryInfo(retryAfterMs));
  const status: Status = create(StatusSchema, { code, message, details });
  return {
    ...failure,
    details: toBinary(StatusSchema, status),
    parts: details,
    isFinal: reason === ErrorReason.COST_OVER_LIMIT,
  };
}

function statusAsSaid({ code, message, details }: StatusError): CallStatus {
  const status: Status = create(StatusSchema, { code, message, details: [...details] });
  const reason = ErrorReason.UNSPECIFIED;
  return {
    code,
    message,
    reason,
    details: toBinary(StatusSchema, status),
    parts: details,
    retryAfterMs: undefined,
    isFinal: false,
    internal: false,
  };
}

/** The message of the error itself if it is more precise than that of its reason. */
function messageOf(error: unknown, message: string): string {
  if (error instanceof InvalidInputError) return describeFields(message, error.violations);
  if (error instanceof CallFailure && error.place !== undefined) return `${MALFORMED}: it does not fit ${error.place}`;
  if (error instanceof Rejection) return filledIn(message, error.metadata);
  return error instanceof UnauthenticatedRefusal ? error.message : message;
}

/** A message whose `{names}` are replaced by the values in the metadata. */
function filledIn(message: string, metadata: Readonly<Record<string, string>>): string {
  return message.replaceAll(/\{(\w+)\}/g, (_, name: string) => metadata[name] ?? '');
}

/** The first invalid fields and their remedies: many callers print nothing of an error but its message. */
function describeFields(message: string, violations: readonly FieldViolation[]): string {
  const named = violations.slice(0, FIELDS_NAMED).map(({ field, description }) => `${field}: ${description}`);
  const more = violations.length - named.length;
  return `${message}: ${[...named, ...(more > 0 ? [`and ${more} more in the BadRequest details`] : [])].join('; ')}`;
}

function reasonOf(error: unknown): Reason {
  if (error instanceof InvalidInputError) return 'invalid_fields';
  if (error instanceof Rejection || error instanceof CallFailure) return error.reason;
  if (error instanceof UnauthenticatedRefusal) return 'too_many_streams';
  return error instanceof StoreUnavailableError ? 'store_unavailable' : 'internal';
}

function retryAfterOf(error: unknown): number | undefined {
  if (error instanceof Rejection && error.retryAfterMs !== undefined) return error.retryAfterMs;
  return reasonOf(error) === 'store_unavailable' ? STORE_RETRY_MS : undefined;
}
