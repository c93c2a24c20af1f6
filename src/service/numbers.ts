/** Reads the numbers of the contract: bounded, and small enough for a double to hold exactly. */
import { Violations } from '../otp/error.ts';
import { BOUNDS, type Bounds, checkWhole } from '../otp/params.ts';

/** The number in an optional uint64 field, 0 to 2^53 - 1; undefined if unset. */
export function readCounter(field: string, value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : readBounded(field, Number(value), BOUNDS.counter, 0);
}

/** The number in an optional field: `fallback` if unset. */
export function readBounded(field: string, value: number | undefined, bounds: Bounds, fallback: number): number {
  if (value === undefined) return fallback;
  const violations = new Violations();
  checkWhole(violations, field, value, bounds);
  violations.throwIfAny();
  return value;
}
