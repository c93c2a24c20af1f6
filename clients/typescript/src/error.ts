/** The error of a call: the gRPC status, and what the server says about it in the status details. */
import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import { anyUnpack, durationMs } from '@bufbuild/protobuf/wkt';
import { status as codes, type Metadata } from '@grpc/grpc-js';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from './generated/google/rpc/error_details_pb.ts';
import { type Status, StatusSchema } from './generated/google/rpc/status_pb.ts';
import type { ErrorReason } from './generated/otp/v1/error_reason_pb.ts';

/** A mistake in a field of a request. */
export interface FieldViolation {
  /** The path of the field in snake_case: `key.secret`. */
  readonly field: string;
  readonly description: string;
}

/** How gRPC says that a call failed. */
export interface Refused {
  /** The gRPC status code, 0 to 16. */
  readonly code: number;
  /** The message of the status. */
  readonly details: string;
  /** The trailers. */
  readonly metadata?: Metadata;
}

/** A call that failed. */
export class OtpError extends Error {
  override readonly name = 'OtpError';
  /** The error of the try before the last, if the call was tried again. */
  declare readonly cause: OtpError | undefined;
  /** The name of the gRPC status code, such as `INVALID_ARGUMENT`. */
  readonly code: keyof typeof codes;
  /** Why, for programs: the name of an `ErrorReason`. Undefined if the error is not the server's own, such as a lost connection. */
  readonly reason: `ERROR_REASON_${keyof typeof ErrorReason}` | undefined;
  /** Facts that go with the reason, such as the limit that was reached. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Every field that is wrong; empty for other errors. */
  readonly fieldViolations: readonly FieldViolation[];
  /** When it makes sense to try again, in ms from now. */
  readonly retryDelayMs: number | undefined;
  /** The id under which the server's log knows the call. */
  readonly requestId: string | undefined;

  constructor({ code, details: message, metadata }: Refused, options?: ErrorOptions) {
    const details = detailsIn(metadata?.get('grpc-status-details-bin')[0]);
    const violations = unpack(details, BadRequestSchema)?.fieldViolations ?? [];
    // The server's message names the first of them, and how many more there are.
    const unsaid = violations
      .map(({ field, description }) => `${field}: ${description}`)
      .filter((text) => !message.includes(text));
    super([message.replace(/; and \d+ more in the BadRequest details$/, ''), ...unsaid].join('; '), options);
    const info = unpack(details, ErrorInfoSchema);
    const delay = unpack(details, RetryInfoSchema)?.retryDelay;
    this.code = (codes[code] ?? 'UNKNOWN') as keyof typeof codes;
    // A server newer than this client may know more reasons: they come through by name.
    this.reason = info?.reason as OtpError['reason'];
    this.metadata = info?.metadata ?? {};
    this.fieldViolations = violations.map(({ field, description }) => ({ field, description }));
    this.retryDelayMs = delay && durationMs(delay);
    this.requestId = unpack(details, RequestInfoSchema)?.requestId ?? metadata?.get('x-request-id')[0]?.toString();
  }
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
