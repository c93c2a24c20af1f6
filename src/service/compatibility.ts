/** Warns of parameters that some authenticator apps ignore or show badly; never refuses a key. */
import { create } from '@bufbuild/protobuf';
import { type CompatibilityWarning, CompatibilityWarningSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import type { QrCodeOptions } from '../../gen/ts/otp/v1/qr_code_pb.ts';
import type { KeyUri } from '../otp/uri.ts';

const ISO_QUIET_ZONE = 4;
const RECOMMENDED_SECRET_BYTES = 16;

interface Check {
  readonly field: string;
  /** A value of `CompatibilityWarning.reason` in the contract. */
  readonly reason: string;
  readonly applies: (key: KeyUri, qrCode: QrCodeOptions | undefined) => boolean;
  readonly description: string;
}

const CHECKS: readonly Check[] = [
  {
    field: 'algorithm',
    reason: 'ALGORITHM_IGNORED',
    applies: ({ parameters }) => parameters.algorithm !== 'SHA1',
    description: 'some authenticator apps ignore the algorithm and compute wrong codes with SHA1: prefer ALGORITHM_SHA1',
  },
  {
    field: 'digits',
    reason: 'DIGITS_IGNORED',
    applies: ({ parameters }) => parameters.digits !== 6,
    description: 'some authenticator apps ignore the length and show 6 digits: prefer 6',
  },
  {
    field: 'period_seconds',
    reason: 'PERIOD_IGNORED',
    applies: ({ parameters }) => parameters.type === 'totp' && parameters.period !== 30,
    description: 'some authenticator apps ignore the period and use 30 seconds: prefer 30',
  },
  {
    field: 'type',
    reason: 'HOTP_UNSUPPORTED',
    applies: ({ parameters }) => parameters.type === 'hotp',
    description: 'some authenticator apps take no HOTP key: prefer OTP_TYPE_TOTP',
  },
  {
    field: 'issuer',
    reason: 'ISSUER_MISSING',
    applies: ({ issuer }) => issuer === '',
    description: 'without an issuer the app cannot say whose code it is, and may overwrite another account: set it',
  },
  {
    field: 'secret',
    reason: 'SECRET_SHORT',
    applies: ({ secret }) => secret.length < RECOMMENDED_SECRET_BYTES,
    description: 'shorter than the 16 bytes that RFC 4226 section 4 requires: replace it by a generated one',
  },
  {
    field: 'qr_code.quiet_zone',
    reason: 'QUIET_ZONE_NARROW',
    applies: (_, qrCode) => qrCode?.quietZone !== undefined && qrCode.quietZone < ISO_QUIET_ZONE,
    description: 'with a border under 4 modules scanning fails on dark backgrounds: use 4',
  },
];

/** The warnings for a key and the options of its QR code; empty for the defaults. */
export function compatibilityWarnings(key: KeyUri, qrCode: QrCodeOptions | undefined): CompatibilityWarning[] {
  return CHECKS.filter(({ applies }) => applies(key, qrCode)).map(({ field, reason, description }) =>
    create(CompatibilityWarningSchema, { field, reason, description }),
  );
}
