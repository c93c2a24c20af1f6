/** How the answer of Generate looks to a person: the QR code, and what apps may do wrong. */
import type { CompatibilityWarning } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import type { QrCode } from '../../../gen/ts/otp/v1/qr_code_pb.ts';
import type { Io } from '../io.ts';
import { paint, printable, writeLine } from './text.ts';

/** Draws a QR code, which must be text, unless the terminal would break its lines; `files` names the flags that save it instead. */
export function showQr(io: Io, { data, width }: Pick<QrCode, 'data' | 'width'>, files = '--png or --svg'): void {
  const { columns } = io.stdout;
  if (columns !== undefined && columns < width) {
    warn(io, `the QR code is ${width} characters wide, the terminal ${columns}: widen it, or save a picture with ${files}`);
    return;
  }
  const text = Buffer.from(data).toString('utf8');
  for (const line of text.replace(/\n$/, '').split('\n')) writeLine(io.stdout, printable(line));
  writeLine(io.stdout, '');
}

/** Tells of each problem of some apps. */
export function showWarnings(io: Io, warnings: readonly CompatibilityWarning[]): void {
  for (const { field, description } of warnings) warn(io, printable(`${field}: ${description}`));
}

/** Writes one line of warning. */
export function warn(io: Io, text: string): void {
  writeLine(io.stderr, `${paint(io, io.stderr, 'yellow', 'warning:')} ${text}`);
}
