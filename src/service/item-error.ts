/** The error of one item of a batch: the meaning that it has for a call, without the `Any` details, which JSON readers without a registry refuse. */
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import type { FieldViolation, ItemError } from '../../gen/ts/otp/v1/item_error_pb.ts';
import { InvalidInputError } from '../otp/error.ts';
import { failureOf } from '../rpc/status.ts';

/** The error that the caller is told for an item; violations have their paths from the item on. A fault of ours is INTERNAL, without a word of it. */
export function itemErrorOf(error: unknown): ItemError {
  const { code, reason, message, retryAfterMs } = failureOf(error);
  const violations = error instanceof InvalidInputError ? error.violations : [];
  return {
    $typeName: 'otp.v1.ItemError',
    code,
    reason,
    message,
    violations: violations.map(({ field, description }): FieldViolation => {
      return { $typeName: 'otp.v1.FieldViolation', field, description };
    }),
    retryAfter: retryAfterMs === undefined ? undefined : durationFromMs(Math.ceil(retryAfterMs)),
  };
}
