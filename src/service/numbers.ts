/** The numbers and times of the contract: read within their bounds, and small enough for a double to hold exactly. */
import type { Timestamp } from '@bufbuild/protobuf/wkt';
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

/** 9999-12-31T23:59:59.999Z, the end of google.protobuf.Timestamp, in ms since the epoch. */
export const LAST_MS = 253_402_300_799_999;

/** The time in ms since the epoch, rounded down, so that the last nanosecond of a step does not count as the next step. Undefined outside 0 to `LAST_MS`. */
export function readMoment({ seconds, nanos }: Timestamp): number | undefined {
  const ms = Number(seconds) * 1000 + Math.floor(nanos / 1_000_000);
  return nanos < 0 || nanos > 999_999_999 || ms < 0 || ms > LAST_MS ? undefined : ms;
}

/** The message of a time, built without `create`, which costs several times as much. @param ms since the epoch, not negative. */
export function timestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000);
  return { $typeName: 'google.protobuf.Timestamp', seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 };
}
