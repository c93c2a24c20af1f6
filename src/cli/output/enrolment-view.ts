/** Warnings of an enrolment: what apps may do wrong. */
import type { CompatibilityWarning } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import type { Io } from '../io.ts';
import { paint, printable, writeLine } from './text.ts';

/** Tells of each problem of some apps. */
export function showWarnings(io: Io, warnings: readonly CompatibilityWarning[]): void {
  for (const { field, description } of warnings) warn(io, printable(`${field}: ${description}`));
}

/** Writes one line of warning. */
export function warn(io: Io, text: string): void {
  writeLine(io.stderr, `${paint(io, io.stderr, 'yellow', 'warning:')} ${text}`);
}
