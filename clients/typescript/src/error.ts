/** The error of a call: the gRPC status, and what the server says about it in the status details. */
import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import { anyUnpack, durationMs } from '@bufbuild/protobuf/wkt';
import { CodeSchema } from './generated/google/rpc/code_pb.ts';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from './generated/google/rpc/error_details_pb.ts';
import { type Status, StatusSchema } from './generated/google/rpc/status_pb.ts';
import type { ErrorReason } from './generated/otp/v1/error_reason_pb.ts';

/** The name of a gRPC status code. */
export type CodeName =
  | 'OK'
  | 'CANCELLED'
  | 'UNKNOWN'
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'OUT_OF_RANGE'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'DATA_LOSS'
  | 'UNAUTHENTICATED';

/** A mistake in a field of a request. */
export interface FieldViolation {
  /** The path of the field in snake_case: `key.secret`. */
  readonly field: string;
  readonly description: string;
}

/** How a transport says that a call failed. */
export interface Refused {
  /** The gRPC status code, 0 to 16. */
  readonly code: number;
  /** The message of the status. */
  readonly details: string;
  /** The trailers, by their names. */
  readonly metadata?: { readonly get: (name: string) => readonly (string | Uint8Array)[] };
}

/** The name of an `ErrorReason`. */
export type Reason = `ERROR_REASON_${keyof typeof ErrorReason}`;

/** The parts of an `OtpError`. */
export interface Failure {
  /** The gRPC status code, 0 to 16. */
  readonly code: number;
  readonly message: string;
  readonly reason?: Reason | undefined;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly fieldViolations?: readonly FieldViolation[];
  readonly retryDelayMs?: number | undefined;
  readonly requestId?: string | undefined;
}

/** A call that failed. */
export class OtpError extends Error {
  override readonly name = 'OtpError';
  /** The error of the try before the last, if the call was tried again; the `reason` of the signal, if that cancelled it. */
  declare readonly cause: unknown;
  /** The name of the gRPC status code, such as `INVALID_ARGUMENT`. */
  readonly code: CodeName;
  /** Why, for programs: the name of an `ErrorReason`. Undefined if the error is not the server's own, such as a lost connection. */
  readonly reason: Reason | undefined;
  /** Facts that go with the reason, such as the limit that was reached. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Every field that is wrong; empty for other errors. */
  readonly fieldViolations: readonly FieldViolation[];
  /** When it makes sense to try again, in ms from now. */
  readonly retryDelayMs: number | undefined;
  /** The id under which the server's log knows the call. */
  readonly requestId: string | undefined;

  constructor(
    { code, message, reason, metadata = {}, fieldViolations = [], retryDelayMs, requestId }: Failure,
    options?: ErrorOptions,
  ) {
    super(textOf(message, fieldViolations, retryDelayMs), options);
    this.code = codeName(code);
    this.reason = reason;
    this.metadata = metadata;
    this.fieldViolations = fieldViolations;
    this.retryDelayMs = retryDelayMs;
    this.requestId = requestId;
  }
}

/** The error of a call that a transport refused, with the details of its status. */
export function refusedError({ code, details: text, metadata }: Refused, options?: ErrorOptions): OtpError {
  // The balancer of grpc-js puts its own words before those of the connection.
  const message = text.replace(/^round_robin: No connection established\. Last error: /, '').replace(/\. Resolution note: $/, '');
  const details = detailsIn(metadata?.get('grpc-status-details-bin')[0]);
  const info = unpack(details, ErrorInfoSchema);
  const violations = unpack(details, BadRequestSchema)?.fieldViolations ?? [];
  const retryDelay = unpack(details, RetryInfoSchema)?.retryDelay;
  const failure: Failure = {
    code,
    message,
    // A server newer than this client may know more reasons: they come through by name.
    reason: info?.reason as Reason | undefined,
    metadata: info?.metadata ?? {},
    fieldViolations: violations.map(({ field, description }) => ({ field, description })),
    retryDelayMs: retryDelay && durationMs(retryDelay),
    requestId: unpack(details, RequestInfoSchema)?.requestId ?? metadata?.get('x-request-id')[0]?.toString(),
  };
  return new OtpError(failure, options);
}

/** The name of a status code, or `UNKNOWN` if no code has this number. */
export function codeName(code: number): CodeName {
  return (CodeSchema.values.find(({ number }) => number === code)?.name ?? 'UNKNOWN') as CodeName;
}

function textOf(message: string, violations: readonly FieldViolation[], retryDelayMs: number | undefined): string {
  // The server's message names the first of them, and how many more there are.
  const unsaid = violations.map(({ field, description }) => `${field}: ${description}`).filter((text) => !message.includes(text));
  const when = retryDelayMs === undefined || message.includes('try again in') ? [] : [`try again in ${retryDelayMs / 1000} s`];
  return [message.replace(/; and \d+ more in the BadRequest details$/, ''), ...unsaid, ...when].join('; ');
}

/** The details in the trailer `grpc-status-details-bin`; undefined if it is not there or says nothing. */
function detailsIn(value: string | Uint8Array | undefined): Status | undefined {
  return typeof value === 'object' ? orUndefined(() => fromBinary(StatusSchema, value)) : undefined;
}

/** The first detail of a type. */
function unpack<Desc extends DescMessage>(status: Status | undefined, schema: Desc): MessageShape<Desc> | undefined {
  for (const detail of status?.details ?? []) {
    const found = orUndefined(() => anyUnpack(detail, schema));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The details may come from a proxy: details that cannot be read count as not sent. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
