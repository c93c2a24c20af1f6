/**
 * The requests of an archive, in ProtoJSON. Requests for which the server keeps state have different secrets, so that their order does not matter.
 */
import type { JsonObject } from '@bufbuild/protobuf';

/** Blobs from the server of the release. */
export interface Blobs {
  /** A confirmed TOTP key, under the current sealing key. */
  readonly key: string;
  /** The same key under the sealing key before it. */
  readonly olderKey: string;
  /** An unconfirmed enrolment, with a code for it. */
  readonly pending: string;
  readonly pendingCode: string;
  /** A set of recovery codes with one of its codes, and another set. */
  readonly set: string;
  readonly recoveryCode: string;
  readonly otherSet: string;
}

/** The context of all blobs, in base64. */
export const CONTEXT: string = Buffer.from('user-17/totp/1').toString('base64');
/** The secrets in the blobs. */
export const SEALED_SECRET = 'KRUGKIDROVUWG2ZAMJZG653OEBTG66BA';
export const PENDING_SECRET = 'ONSWG4TFOQQGC3TEEBUW4IDQNRQWS3RA';

const TOTP = {
  secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  type: 'OTP_TYPE_TOTP',
  algorithm: 'ALGORITHM_SHA256',
  digits: 8,
  periodSeconds: 60,
};
/** The secret of RFC 4226, appendix D, which lists its codes. */
const HOTP = { secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', type: 'OTP_TYPE_HOTP', counter: '3' };
const URI = 'otpauth://totp/ACME:alice?secret=JBSWY3DPEHPK3PXP&issuer=ACME&algorithm=SHA512&digits=7&period=45';
/** A HOTP key in the export format of Google Authenticator. */
const MIGRATION = 'otpauth-migration://offline?data=CiUKFDEyMzQ1Njc4OTAxMjM0NTY3ODkwEgNib2IaACABKAEwATgDEAEYASAAKLmNj80F';

/** The requests by method and name. Together they contain every field of every request message. */
export function requests(blobs: Blobs): Readonly<Record<string, JsonObject>> {
  const sealed = (blob: string) => ({ sealed: { blob, context: CONTEXT } });
  const set = (blob: string) => ({ blob, context: CONTEXT });
  return {
    'Generate.totp': {
      ...TOTP,
      issuer: 'ACME',
      accountName: 'alice@example.com',
      qrCode: { format: 'QR_FORMAT_SVG', errorCorrection: 'QR_ERROR_CORRECTION_Q', scale: 3, quietZone: 2 },
    },
    'Generate.hotp': { ...HOTP, accountName: 'alice' },
    'Generate.sealed': {
      ...TOTP,
      accountName: 'alice',
      delivery: 'SECRET_DELIVERY_BOTH',
      sealedContext: CONTEXT,
      qrCode: { format: 'QR_FORMAT_NONE' },
    },
    'Generate.refused': { ...TOTP, accountName: 'alice', secretSize: 20 },
    'Token.totp': { key: TOTP, at: '2009-02-13T23:31:30Z', pastSteps: 1, futureSteps: 2 },
    'Token.uri': { key: { uri: URI } },
    'Token.hotp': { key: HOTP },
    'Token.sealed': { key: sealed(blobs.key) },
    'Token.refused': { key: { secret: '1', digits: 9 }, at: '1969-12-31T23:59:59Z', pastSteps: 11 },
    'Verify.hotp': { key: HOTP, code: '254 676', lookAhead: 2, requestId: '5f0f7f55-6f0c-4d55-9a8c-2f3f4b5a6c7d' },
    'Verify.totp': { key: TOTP, code: '00000000', pastSteps: 2, futureSteps: 0, allowReuse: true },
    'Verify.used': { key: { ...HOTP, counter: '6' }, code: '287922', afterStep: '6' },
    'Verify.malformed': { key: TOTP, code: '12345' },
    'Verify.sealed': { key: sealed(blobs.olderKey), code: '000000', alternatives: [{ secret: 'MFRGGZDFMZTWQ2LK' }] },
    'Verify.confirm': { key: sealed(blobs.pending), code: blobs.pendingCode, confirm: true },
    'Verify.refused': { key: sealed(blobs.pending), code: blobs.pendingCode },
    'WatchToken.totp': { key: TOTP },
    'BatchToken.items': { requests: [{ key: { secret: 'MFRGGZDFMZTWQ2LK' }, futureSteps: 1 }, { key: { secret: '!' } }] },
    'BatchVerify.items': {
      requests: [
        { key: { secret: 'NBSWY3DPEB3W64TMMQ' }, code: '000000', requestId: '2f1f5b0c-5f0c-4d4e-9a37-0b8a5d1b7c11' },
        { key: { secret: 'NBSWY3DPEB3W64TMMQ' }, code: '' },
      ],
    },
    'Seal.items': { items: [{ key: TOTP, sealedContext: CONTEXT }, { key: { secret: '!' } }] },
    'Rewrap.items': { items: [{ key: set(blobs.olderKey) }, { set: set(blobs.set) }, { key: set('otpk1_') }] },
    'ResyncHotp.codes': {
      key: { secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGE', type: 'OTP_TYPE_HOTP', counter: '0' },
      codes: ['000000', '000001'],
      window: 20,
      requestId: '8d3f0c3e-7f53-4f4b-9c1e-0d5b5c4f3a21',
    },
    'GenerateRecoveryCodes.set': { count: 3, codeLength: 24, sealedContext: CONTEXT },
    'VerifyRecoveryCode.accepted': {
      set: set(blobs.set),
      code: blobs.recoveryCode,
      requestId: 'b1a7c1a4-63f1-4f35-8f2a-0f5f0a5f9b57',
    },
    'RevokeRecoveryCodes.set': { set: set(blobs.otherSet) },
    'ImportKeys.uris': {
      uris: [URI, MIGRATION, 'otpauth://steam/alice'],
      delivery: 'SECRET_DELIVERY_BOTH',
      sealedContext: CONTEXT,
    },
    'ExportKeys.otpauth': {
      items: [{ key: sealed(blobs.key), issuer: 'ACME', accountName: 'alice' }, { key: { secret: '!' } }],
      format: 'EXPORT_FORMAT_OTPAUTH',
    },
    'ExportKeys.migration': {
      items: [{ key: { uri: URI } }, { key: HOTP, accountName: 'bob' }],
      format: 'EXPORT_FORMAT_MIGRATION',
    },
    'GetUsage.plan': {},
  };
}
