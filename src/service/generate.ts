/** Generate: a new key, or an existing one shown again, ready to enrol. */
import { create } from '@bufbuild/protobuf';
import { type KeyParameters, KeyParametersSchema } from '../../gen/ts/otp/v1/key_pb.ts';
import { type GenerateRequest, type GenerateResponse, GenerateResponseSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { Violations } from '../otp/error.ts';
import { type Algorithm, completeParameters, DEFAULTS, NEW_SECRET_BYTES, type Parameters } from '../otp/params.ts';
import { formatSecret, generateSecret, groupSecret, parseSecret } from '../otp/secret.ts';
import { stepAt } from '../otp/totp.ts';
import { checkLabel, formatUri, type KeyUri } from '../otp/uri.ts';
import type { CallContext } from '../rpc/context.ts';
import type { Turns } from '../rpc/work-queue.ts';
import { compatibilityWarnings } from './compatibility.ts';
import { readAlgorithm, readType, wireAlgorithm, wireType } from './enums.ts';
import { readCounter } from './numbers.ts';
import { drawQrCode } from './qr-code.ts';
import { tokenMessage } from './token-message.ts';

/** Makes the handler; pictures are drawn in turn. */
export function createGenerate(
  turns: Turns,
): (request: GenerateRequest, context: CallContext) => GenerateResponse | Promise<GenerateResponse> {
  return (request, context) => turns.run(generate(request, context), context.call);
}

function* generate(request: GenerateRequest, context: CallContext): Generator<void, GenerateResponse> {
  const violations = new Violations();
  const key = readRequest(request, violations);
  const uri = key === undefined ? undefined : formatUri(key);
  const qrCode = yield* collectSteps(violations, drawQrCode(uri, request.qrCode));
  violations.throwIfAny();
  if (key === undefined || uri === undefined) throw new Error('a request without violations has a key');
  const secret = formatSecret(key.secret);
  const now = context.now();
  const step = key.counter ?? stepAt(now, key.parameters.period);
  return create(GenerateResponseSchema, {
    secret,
    secretGrouped: groupSecret(secret),
    uri,
    ...(qrCode === undefined ? {} : { qrCode }),
    token: tokenMessage(key, step, 0, { at: now, now }),
    parameters: echo(key),
    warnings: compatibilityWarnings(key, request.qrCode),
  });
}

/** Does the same as `Violations.collect`, for a check in steps. */
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

function echo(key: KeyUri): KeyParameters {
  const { type, algorithm, digits, period }: Parameters = key.parameters;
  return create(KeyParametersSchema, {
    type: wireType(type),
    algorithm: wireAlgorithm(algorithm),
    digits,
    periodSeconds: period,
    ...(key.counter === undefined ? {} : { counter: BigInt(key.counter) }),
    issuer: key.issuer,
    accountName: key.accountName,
    secretSize: key.secret.length,
  });
}
