/** Translates the enums of the contract into the types of the domain, and back. */
import { Algorithm as WireAlgorithm, OtpType as WireType } from '../../gen/ts/otp/v1/key_pb.ts';
import { QrErrorCorrection, QrFormat as WireFormat } from '../../gen/ts/otp/v1/qr_code_pb.ts';
import { invalid } from '../otp/error.ts';
import type { Algorithm, OtpType } from '../otp/params.ts';
import type { QrFormat, QrOptions } from '../otp/qr.ts';

const TYPES: ReadonlyMap<number, OtpType> = new Map([
  [WireType.TOTP, 'totp'],
  [WireType.HOTP, 'hotp'],
]);
const ALGORITHMS: ReadonlyMap<number, Algorithm> = new Map([
  [WireAlgorithm.SHA1, 'SHA1'],
  [WireAlgorithm.SHA256, 'SHA256'],
  [WireAlgorithm.SHA512, 'SHA512'],
]);
const FORMATS: ReadonlyMap<number, QrFormat | 'none'> = new Map([
  [WireFormat.UNSPECIFIED, 'png'],
  [WireFormat.PNG, 'png'],
  [WireFormat.SVG, 'svg'],
  [WireFormat.TEXT, 'text'],
  [WireFormat.NONE, 'none'],
]);
const LEVELS: ReadonlyMap<number, QrOptions['errorCorrection']> = new Map([
  [QrErrorCorrection.UNSPECIFIED, 'M'],
  [QrErrorCorrection.L, 'L'],
  [QrErrorCorrection.M, 'M'],
  [QrErrorCorrection.Q, 'Q'],
  [QrErrorCorrection.H, 'H'],
]);

/** The type in a request; undefined if unspecified. */
export function readType(value: WireType): OtpType | undefined {
  return value === WireType.UNSPECIFIED ? undefined : known(TYPES, value, 'type', 'OTP_TYPE_TOTP or OTP_TYPE_HOTP');
}

/** The hash function in a request; undefined if unspecified. */
export function readAlgorithm(value: WireAlgorithm): Algorithm | undefined {
  if (value === WireAlgorithm.UNSPECIFIED) return undefined;
  return known(ALGORITHMS, value, 'algorithm', 'ALGORITHM_SHA1, ALGORITHM_SHA256 or ALGORITHM_SHA512');
}

/** The format of a picture in a request. */
export function readFormat(value: WireFormat): QrFormat | 'none' {
  return known(FORMATS, value, 'format', 'QR_FORMAT_PNG, QR_FORMAT_SVG, QR_FORMAT_TEXT or QR_FORMAT_NONE');
}

/** The error correction level in a request. */
export function readLevel(value: QrErrorCorrection): QrOptions['errorCorrection'] {
  return known(LEVELS, value, 'error_correction', 'QR_ERROR_CORRECTION_L, _M, _Q or _H');
}

export function wireType(type: OtpType): WireType {
  return type === 'totp' ? WireType.TOTP : WireType.HOTP;
}

export function wireAlgorithm(algorithm: Algorithm): WireAlgorithm {
  return WireAlgorithm[algorithm];
}

/** Looks an enum value up. Enums of proto3 are open: an unknown value from a newer client is a violation, not a default. */
function known<T>(values: ReadonlyMap<number, T>, value: number, field: string, choices: string): T {
  const found = values.get(value);
  if (found === undefined) throw invalid(field, `unknown value: use ${choices}`);
  return found;
}
