/** The messages of the contract, and what helps with them: exported by every entry of the package. */
import type { DescEnum, MessageInitShape } from '@bufbuild/protobuf';
import type { Key, KeySchema } from './generated/otp/v1/key_pb.ts';
import type {
  BatchTokenRequestSchema,
  BatchVerifyRequestSchema,
  ExportKeysRequestSchema,
  GenerateRecoveryCodesRequestSchema,
  GenerateRequestSchema,
  GetUsageRequestSchema,
  ImportKeysRequestSchema,
  ResyncHotpRequestSchema,
  RevokeRecoveryCodesRequestSchema,
  RewrapRequestSchema,
  SealRequestSchema,
  TokenRequestSchema,
  VerifyRecoveryCodeRequestSchema,
  VerifyRequestSchema,
  WatchTokenRequestSchema,
} from './generated/otp/v1/otp_service_pb.ts';

// 64-bit integers are `bigint`, on which `JSON.stringify` throws.
export { create, fromJson, toJson, toJsonString } from '@bufbuild/protobuf';
export { durationMs, timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
export type { AnswerHeaders, CallOptions } from './calls.ts';
export type { OtpClient } from './client.ts';
export { type CodeName, type Failure, type FieldViolation, OtpError, type Reason } from './error.ts';
export * from './generated/otp/admin/v1/admin_service_pb.ts';
export * from './generated/otp/v1/error_reason_pb.ts';
/** A field that is wrong in the request of an item: the message of the contract, beside that of an error. */
export type { FieldViolation as ItemFieldViolation } from './generated/otp/v1/item_error_pb.ts';
export * from './generated/otp/v1/item_error_pb.ts';
export * from './generated/otp/v1/key_pb.ts';
export * from './generated/otp/v1/otp_service_pb.ts';
export * from './generated/otp/v1/qr_code_pb.ts';
export * from './generated/otp/v1/token_pb.ts';

// The requests as literals: every field may be left out.
export type BatchTokenRequestInit = MessageInitShape<typeof BatchTokenRequestSchema>;
export type BatchVerifyRequestInit = MessageInitShape<typeof BatchVerifyRequestSchema>;
export type ExportKeysRequestInit = MessageInitShape<typeof ExportKeysRequestSchema>;
export type GenerateRecoveryCodesRequestInit = MessageInitShape<typeof GenerateRecoveryCodesRequestSchema>;
export type GenerateRequestInit = MessageInitShape<typeof GenerateRequestSchema>;
export type GetUsageRequestInit = MessageInitShape<typeof GetUsageRequestSchema>;
export type ImportKeysRequestInit = MessageInitShape<typeof ImportKeysRequestSchema>;
export type ResyncHotpRequestInit = MessageInitShape<typeof ResyncHotpRequestSchema>;
export type RevokeRecoveryCodesRequestInit = MessageInitShape<typeof RevokeRecoveryCodesRequestSchema>;
export type RewrapRequestInit = MessageInitShape<typeof RewrapRequestSchema>;
export type SealRequestInit = MessageInitShape<typeof SealRequestSchema>;
export type TokenRequestInit = MessageInitShape<typeof TokenRequestSchema>;
export type VerifyRecoveryCodeRequestInit = MessageInitShape<typeof VerifyRecoveryCodeRequestSchema>;
export type VerifyRequestInit = MessageInitShape<typeof VerifyRequestSchema>;
export type WatchTokenRequestInit = MessageInitShape<typeof WatchTokenRequestSchema>;
export type KeyInit = MessageInitShape<typeof KeySchema>;

/** A key by its secret in base32: TOTP with the defaults of authenticator apps (SHA-1, 6 digits, 30 s), unless `more` says otherwise. */
export function secretKey(secret: string, more: Omit<Partial<Key>, 'source' | '$typeName'> = {}): KeyInit {
  return { ...more, source: { case: 'secret', value: secret } };
}

/** The key of an otpauth URI. */
export function uriKey(uri: string): KeyInit {
  return { source: { case: 'uri', value: uri } };
}

/** A sealed key, with the context that it is bound to: derived from the user at each call, and not stored beside the blob. */
export function sealedKey(blob: string, context: string | Uint8Array = ''): KeyInit {
  const bytes = typeof context === 'string' ? new TextEncoder().encode(context) : context;
  return { source: { case: 'sealed', value: { blob, context: bytes as Uint8Array<ArrayBuffer> } } };
}

/** The name of a value of an enum, such as `VERIFY_STATUS_ACCEPTED`: `enumName(VerifyStatusSchema, status)`. Its number if it is newer than this client. */
export function enumName(schema: DescEnum, value: number): string {
  return schema.value[value]?.name ?? String(value);
}
