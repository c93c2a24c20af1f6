/** The rules of the service that the types of the contract cannot express. A test compares each with the server. */
import { MAX_CODE_BYTES } from '../../src/otp/hotp.ts';
import { BOUNDS as LIMITS } from '../../src/otp/params.ts';
import { SCOPES } from '../../src/ports/principal.ts';
import { CODE_COUNT, CODE_LENGTHS, MAX_RECOVERY_CODE_BYTES } from '../../src/recovery/codes.ts';
import { MOST_ITEMS } from '../../src/service/batch.ts';
import { RESYNC_CODES, RESYNC_WINDOW } from '../../src/service/resync-hotp.ts';
import { MAX_BLOB } from '../../src/service/sealed-key.ts';
import { MAX_ALTERNATIVES } from '../../src/service/verify-request.ts';
import type { Json } from './shared.ts';

/** The required fields. */
export const REQUIRED: ReadonlySet<string> = new Set([
  'otp.v1.GenerateRequest.account_name',
  'otp.v1.TokenRequest.key',
  'otp.v1.VerifyRequest.key',
  'otp.v1.VerifyRecoveryCodeRequest.set',
  'otp.v1.VerifyRecoveryCodeRequest.code',
  'otp.v1.RevokeRecoveryCodesRequest.set',
  'otp.v1.VerifyRequest.code',
  'otp.v1.WatchTokenRequest.key',
  'otp.v1.BatchTokenRequest.requests',
  'otp.v1.BatchVerifyRequest.requests',
  'otp.v1.ResyncHotpRequest.key',
  'otp.v1.ResyncHotpRequest.codes',
  'otp.v1.SealedKey.blob',
  'otp.v1.RecoveryCodeSet.blob',
  'otp.v1.SealItem.key',
  'otp.v1.ImportKeysRequest.uris',
  'otp.v1.ExportKeysRequest.items',
  'otp.v1.ExportItem.key',
  'otp.admin.v1.ApiKey.display_name',
  'otp.admin.v1.ApiKey.plan',
  'otp.admin.v1.ApiKey.scopes',
  'otp.admin.v1.CreateApiKeyRequest.api_key',
  'otp.admin.v1.GetApiKeyRequest.name',
  'otp.admin.v1.RotateApiKeyRequest.name',
  'otp.admin.v1.RevokeApiKeyRequest.name',
  'otp.admin.v1.GetApiKeyUsageRequest.name',
]);

/** The groups of which exactly one field must be set. */
export const REQUIRED_ONEOFS: ReadonlySet<string> = new Set([
  'otp.v1.Key.source',
  'otp.v1.RewrapItem.item',
  'otp.admin.v1.GetAttemptsRequest.subject',
  'otp.admin.v1.UnlockAttemptsRequest.subject',
]);

/** Zero is the value of an unset field, and means the default. */
const DIGITS = { enum: [0, 6, 7, 8] };
const PERIOD = { minimum: 0, maximum: LIMITS.period.max };
const STEPS = { minimum: LIMITS.window.min, maximum: LIMITS.window.max };
const BATCH = { minItems: 1, maxItems: MOST_ITEMS };
/** A name without colons and control characters. JSON Schema counts characters; the service counts bytes, which are never fewer. */
const NAME = '^[^:\\u0000-\\u001f\\u007f-\\u009f]*$';

/** 256 bytes in base64. */
const CONTEXT = { maxLength: 344 };
const ITEMS = { minItems: 1, maxItems: MOST_ITEMS };

/** The resource names of an API key, a plan, and the state of a secret or set. */
const API_KEY_NAME = { pattern: '^apiKeys/[0-9A-Za-z]{12}$' };
const PLAN_NAME = { pattern: '^plans/.{1,32}$' };
const STATE_NAME = { pattern: '^[A-Za-z0-9_-]{22}$' };
/** For fields that only answers have. */
const OUTPUT = { readOnly: true };

/** The bounds on fields of requests, by full name, as JSON Schema keywords. */
export const BOUNDS: Readonly<Record<string, Json>> = {
  'otp.v1.Key.secret': { minLength: 1, maxLength: 2048 },
  'otp.v1.Key.uri': { minLength: 1, maxLength: 4096 },
  'otp.v1.Key.digits': DIGITS,
  'otp.v1.Key.period_seconds': PERIOD,
  'otp.v1.GenerateRequest.issuer': { maxLength: 128, pattern: NAME },
  'otp.v1.GenerateRequest.account_name': { minLength: 1, maxLength: 256, pattern: NAME },
  'otp.v1.GenerateRequest.digits': DIGITS,
  'otp.v1.GenerateRequest.period_seconds': PERIOD,
  'otp.v1.GenerateRequest.secret_size': {
    anyOf: [{ const: 0 }, { minimum: LIMITS.newSecret.min, maximum: LIMITS.newSecret.max }],
  },
  'otp.v1.GenerateRequest.secret': { maxLength: 2048 },
  'otp.v1.GenerateRequest.sealed_context': CONTEXT,
  'otp.v1.SealedKey.blob': { minLength: 1, maxLength: MAX_BLOB.otpk1 },
  'otp.v1.SealedKey.context': CONTEXT,
  'otp.v1.RecoveryCodeSet.blob': { minLength: 1, maxLength: MAX_BLOB.otpr1 },
  'otp.v1.RecoveryCodeSet.context': CONTEXT,
  'otp.v1.SealRequest.items': ITEMS,
  'otp.v1.SealItem.sealed_context': CONTEXT,
  'otp.v1.RewrapRequest.items': ITEMS,
  'otp.v1.QrCodeOptions.scale': { minimum: 0, maximum: 16 },
  'otp.v1.QrCodeOptions.quiet_zone': { minimum: 0, maximum: 16 },
  'otp.v1.TokenRequest.past_steps': STEPS,
  'otp.v1.TokenRequest.future_steps': STEPS,
  'otp.v1.BatchTokenRequest.requests': BATCH,
  'otp.v1.BatchVerifyRequest.requests': BATCH,
  'otp.v1.VerifyRequest.code': { minLength: 1, maxLength: MAX_CODE_BYTES },
  'otp.v1.VerifyRequest.past_steps': STEPS,
  'otp.v1.VerifyRequest.future_steps': STEPS,
  'otp.v1.ImportKeysRequest.uris': { minLength: 1, maxLength: 4096 },
  'otp.v1.ImportKeysRequest.sealed_context': { maxLength: 344 },
  'otp.v1.ExportItem.issuer': { maxLength: 128, pattern: NAME },
  'otp.v1.ExportItem.account_name': { maxLength: 256, pattern: NAME },
  'otp.v1.VerifyRequest.look_ahead': { minimum: LIMITS.lookAhead.min, maximum: LIMITS.lookAhead.max },
  'otp.v1.GenerateRecoveryCodesRequest.count': { minimum: 0, maximum: CODE_COUNT.max },
  'otp.v1.GenerateRecoveryCodesRequest.code_length': { enum: [0, ...CODE_LENGTHS] },
  'otp.v1.GenerateRecoveryCodesRequest.sealed_context': CONTEXT,
  'otp.v1.VerifyRecoveryCodeRequest.code': { minLength: 1, maxLength: MAX_RECOVERY_CODE_BYTES },
  'otp.v1.VerifyRequest.alternatives': { maxItems: MAX_ALTERNATIVES },
  'otp.v1.ResyncHotpRequest.codes': { minItems: RESYNC_CODES.min, maxItems: RESYNC_CODES.max },
  'otp.v1.ResyncHotpRequest.window': { minimum: 0, maximum: RESYNC_WINDOW.max },
  'otp.admin.v1.ApiKey.name': { ...OUTPUT, ...API_KEY_NAME },
  'otp.admin.v1.ApiKey.display_name': { minLength: 1, maxLength: 100 },
  'otp.admin.v1.ApiKey.plan': PLAN_NAME,
  'otp.admin.v1.ApiKey.tenant': { pattern: '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$' },
  'otp.admin.v1.ApiKey.scopes': { minItems: 1, enum: SCOPES },
  'otp.admin.v1.ApiKey.create_time': OUTPUT,
  'otp.admin.v1.ApiKey.revoke_time': OUTPUT,
  'otp.admin.v1.ApiKey.last_use_time': OUTPUT,
  'otp.admin.v1.ApiKey.etag': OUTPUT,
  'otp.admin.v1.GetApiKeyRequest.name': API_KEY_NAME,
  'otp.admin.v1.ListApiKeysRequest.page_size': { minimum: 0 },
  'otp.admin.v1.ListApiKeysRequest.page_token': { maxLength: 200 },
  'otp.admin.v1.RotateApiKeyRequest.name': API_KEY_NAME,
  'otp.admin.v1.RevokeApiKeyRequest.name': API_KEY_NAME,
  'otp.admin.v1.GetApiKeyUsageRequest.name': API_KEY_NAME,
  'otp.admin.v1.GetAttemptsRequest.fingerprint': STATE_NAME,
  'otp.admin.v1.GetAttemptsRequest.recovery_set_name': STATE_NAME,
  'otp.admin.v1.UnlockAttemptsRequest.fingerprint': STATE_NAME,
  'otp.admin.v1.UnlockAttemptsRequest.recovery_set_name': STATE_NAME,
};
