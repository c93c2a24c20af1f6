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

/** The reason, with public facts about it. */
export function errorInfo(reason: ErrorReason, metadata: Readonly<Record<string, string>>): Any {
  return anyPack(
    ErrorInfoSchema,
    create(ErrorInfoSchema, { reason: reasonName(reason), domain: ERROR_DOMAIN, metadata: { ...metadata } }),
  );
}

/** The id under which the server's log knows the call. */
export function requestInfo(requestId: string): Any {
  return anyPack(RequestInfoSchema, create(RequestInfoSchema, { requestId }));
}

/** Every field that is wrong. */
export function badRequest(violations: readonly FieldViolation[]): Any {
  const fieldViolations = violations.map(({ field, description }) => ({ field, description }));
  return anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations }));
}

/** The window of the plan that is full, from the metadata of the rejection. */
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

/** How long to wait before the next try. */
export function retryInfo(retryAfterMs: number): Any {
  return anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: durationFromMs(Math.ceil(retryAfterMs)) }));
}
