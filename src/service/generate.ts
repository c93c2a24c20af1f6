/** Generate: makes a new key, or shows an existing key again, ready to enrol. */
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { type GenerateRequest, type GenerateResponse, GenerateResponseSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { Violations } from '../otp/error.ts';
import { type Algorithm, completeParameters, DEFAULTS, NEW_SECRET_BYTES } from '../otp/params.ts';
import { formatSecret, generateSecret, groupSecret, parseSecret } from '../otp/secret.ts';
import { stepAt } from '../otp/totp.ts';
import { checkLabel, formatUri, type KeyUri } from '../otp/uri.ts';
import type { CallContext } from '../rpc/context.ts';
import type { Turns } from '../rpc/work-queue.ts';
import { compatibilityWarnings } from './compatibility.ts';
import { readDelivery } from './delivery.ts';
import { readAlgorithm, readType } from './enums.ts';
import { parametersMessage } from './key-parameters.ts';
import { readCounter } from './numbers.ts';
import { drawQrCode } from './qr-code.ts';
import { type SealingPort, sealKey } from './sealed-key.ts';
import { tokenMessage } from './token-message.ts';

/** The dependencies of Generate. */
export interface GeneratePorts extends SealingPort {
  /** How long an enrolment may take, in ms. */
  readonly enrolmentTtlMs: number;
}

/** Makes the handler. Pictures are drawn in steps, in turns with other work. */
export function createGenerate(
  ports: GeneratePorts,
  turns: Turns,
): (request: GenerateRequest, context: CallContext) => GenerateResponse | Promise<GenerateResponse> {
  return (request, context) => turns.run(generate(ports, request, context), context.call);
}

function* generate(ports: GeneratePorts, request: GenerateRequest, context: CallContext): Generator<void, GenerateResponse> {
  const violations = new Violations();
  const key = readRequest(request, violations);
  const delivery = readDelivery(request, violations);
  const uri = key === undefined ? undefined : formatUri(key);
  const qrCode = yield* collectSteps(violations, drawQrCode(uri, request.qrCode));
  violations.throwIfAny();
  if (key === undefined || uri === undefined || delivery === undefined) throw new Error('a request without violations has a key');
  const now = context.now();
  const answer = create(GenerateResponseSchema, {
    ...(delivery.isPlain && plainParts(key, now)),
    uri,
    ...(qrCode !== undefined && { qrCode }),
    parameters: parametersMessage(key),
    warnings: compatibilityWarnings(key, request.qrCode),
    ...(delivery.isSealed && sealedParts(ports, key, request.sealedContext, context, now)),
  });
  key.secret.fill(0);
  return answer;
}

/** The fields that show the secret or its code; absent if only a sealed key is returned, since only the user's device can confirm that enrolment. */
function plainParts(key: KeyUri, now: number): Pick<GenerateResponse, 'secret' | 'secretGrouped' | 'token'> {
  const secret = formatSecret(key.secret);
  const step = key.counter ?? stepAt(now, key.parameters.period);
  return { secret, secretGrouped: groupSecret(secret), token: tokenMessage(key, step, 0, { at: now, now }) };
}

function sealedParts(
  { sealing, enrolmentTtlMs }: GeneratePorts,
  key: KeyUri,
  sealedContext: Uint8Array,
  { principal: { tenant } }: CallContext,
  now: number,
): Pick<GenerateResponse, 'sealed' | 'sealedExpireTime'> {
  const createTime = Math.floor(now / 1000);
  const pendingUntil = createTime + Math.ceil(enrolmentTtlMs / 1000);
  const sealed = sealKey(sealing, { ...key, createTime, pendingUntil }, { tenant, context: sealedContext }, now);
  return { sealed, sealedExpireTime: timestampFromMs(pendingUntil * 1000) };
}

/** `Violations.collect` for a check in steps. */
function* collectSteps<T>(violations: Violations, steps: Generator<void, T>): Generator<void, T | undefined> {
  for (;;) {
    const result = violations.collect('', () => steps.next());
    if (result === undefined) return undefined;
    if (result.done) return result.value;
    yield;
  }
}

function readRequest(request: GenerateRequest, violations: Violations): KeyUri | undefined {
  const type = violations.collect('', readType, request.type);
  const algorithm = violations.collect('', readAlgorithm, request.algorithm);
  const given = { type, algorithm, digits: request.digits || undefined, period: request.periodSeconds || undefined };
  const parameters = violations.collect('', completeParameters, given);
  const label = violations.collect('', checkLabel, request.issuer, request.accountName);
  const counter = violations.collect('', readCounter, 'counter', request.counter);
  if (type !== 'hotp' && !violations.has('type') && request.counter !== undefined) {
    violations.add('counter', 'not for TOTP: leave it unset, or set type to OTP_TYPE_HOTP');
  }
  const secret = violations.collect('', readSecret, request, algorithm, violations);
  if (parameters === undefined || secret === undefined || label === undefined) return undefined;
  return {
    secret,
    ...label,
    parameters,
    counter: parameters.type === 'hotp' ? (counter ?? 0) : undefined,
  };
}

function readSecret(request: GenerateRequest, algorithm: Algorithm | undefined, violations: Violations): Uint8Array {
  if (request.secret === '') return generateSecret(request.secretSize || NEW_SECRET_BYTES[algorithm ?? DEFAULTS.algorithm]);
  if (request.secretSize !== 0) violations.add('secret_size', 'not together with secret: leave one of them unset');
  return parseSecret(request.secret);
}
