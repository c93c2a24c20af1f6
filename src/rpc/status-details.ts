/** Builds the standard `google.rpc` error details. */
import { create } from '@bufbuild/protobuf';
import { type Any, anyPack, durationFromMs } from '@bufbuild/protobuf/wkt';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  QuotaFailureSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from '../../gen/ts/google/rpc/error_details_pb.ts';
import { type ErrorReason, ErrorReasonSchema } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import type { FieldViolation } from '../otp/error.ts';

/** The domain of every `ErrorInfo`: the package of the contract. */
const ERROR_DOMAIN = 'otp.v1';

/** The name of a reason in the contract. */
export function reasonName(reason: ErrorReason): string {
  return ErrorReasonSchema.values.find(({ number }) => number === reason)?.name ?? '';
}

/** The reason, with its public facts. */
export function errorInfo(reason: ErrorReason, metadata: Readonly<Record<string, string>>): Any {
  return anyPack(
    ErrorInfoSchema,
    create(ErrorInfoSchema, { reason: reasonName(reason), domain: ERROR_DOMAIN, metadata: { ...metadata } }),
  );
}

/** The request id, under which the server's log has the call. */
export function requestInfo(requestId: string): Any {
  return anyPack(RequestInfoSchema, create(RequestInfoSchema, { requestId }));
}

/** Every invalid field. */
export function badRequest(violations: readonly FieldViolation[]): Any {
  const fieldViolations = violations.map(({ field, description }) => ({ field, description }));
  return anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations }));
}

/** The exhausted window of the plan, from the metadata of the rejection. */
export function quotaFailure({ window = '', limit = '0', plan = '' }: Readonly<Record<string, string>>): Any {
  const violation = {
    subject: `plan:${plan}`,
    description: `at most ${limit} calls a ${window}`,
    quotaMetric: 'calls',
    quotaId: window,
    quotaValue: BigInt(limit),
  };
  return anyPack(QuotaFailureSchema, create(QuotaFailureSchema, { violations: [violation] }));
}

/** How long to wait before a retry. */
export function retryInfo(retryAfterMs: number): Any {
  return anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: durationFromMs(Math.ceil(retryAfterMs)) }));
}
