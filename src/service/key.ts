/** Reads the key of a request: a secret with parameters, or an otpauth URI that the parameters may not contradict. */
import type { Key } from '../../gen/ts/otp/v1/key_pb.ts';
import { invalid, Violations } from '../otp/error.ts';
import { completeParameters, type Parameters, type ParametersInput } from '../otp/params.ts';
import { parseSecret } from '../otp/secret.ts';
import { type KeyUri, parseUri } from '../otp/uri.ts';
import { readAlgorithm, readType } from './enums.ts';
import { readCounter } from './numbers.ts';

/** A key, ready to compute with. */
export interface ResolvedKey {
  readonly secret: Uint8Array;
  readonly parameters: Parameters;
  /** Set exactly if the key is a HOTP. */
  readonly counter: number | undefined;
}

/** Reads `key`; throws every violation at once, with field paths relative to the key. */
export function readKey(key: Key): ResolvedKey {
  const violations = new Violations();
  const type = violations.collect('', readType, key.type);
  const algorithm = violations.collect('', readAlgorithm, key.algorithm);
  const input = { type, algorithm, digits: key.digits || undefined, period: key.periodSeconds || undefined };
  const counter = violations.collect('', readCounter, 'counter', key.counter);
  const source = violations.collect<[Key], Uint8Array | KeyUri>('', readSource, key);
  const uri = source instanceof Uint8Array ? undefined : source;
  if (uri !== undefined) agree(uri, input, violations);
  const parameters = violations.collect('', completeParameters, merge(uri, input));
  const moving = counter ?? uri?.counter;
  if (parameters !== undefined) checkCounter(parameters, key.counter !== undefined, moving, violations);
  violations.throwIfAny();
  if (source === undefined || parameters === undefined) throw new Error('a key without violations has a source and parameters');
  return { secret: source instanceof Uint8Array ? source : source.secret, parameters, counter: moving };
}

/** Reads the `key` field of a request, which is required; its violations get the prefix `key.`. */
export function requireKey(key: Key | undefined, violations: Violations): ResolvedKey | undefined {
  if (key !== undefined) return violations.collect('key.', readKey, key);
  violations.add('key', 'required: set key.secret to the base32 secret, or key.uri to the otpauth URI');
  return undefined;
}

function readSource(key: Key): Uint8Array | KeyUri {
  return key.source.case === 'uri' ? parseUri(key.source.value) : readSecret(key);
}

function readSecret(key: Key): Uint8Array {
  if (key.source.case !== 'secret') throw invalid('secret', 'required: set secret, or uri instead');
  return parseSecret(key.source.value);
}

function merge(uri: KeyUri | undefined, input: ParametersInput): ParametersInput {
  if (uri === undefined) return input;
  const { type, algorithm, digits, period } = uri.parameters;
  return { type, algorithm, digits, period: type === 'totp' ? period : undefined };
}

function agree(uri: KeyUri, input: ParametersInput, violations: Violations): void {
  const fields = [
    ['type', input.type, uri.parameters.type],
    ['algorithm', input.algorithm, uri.parameters.algorithm],
    ['digits', input.digits, uri.parameters.digits],
    ['period_seconds', input.period, uri.parameters.period],
  ] as const;
  for (const [field, given, inUri] of fields) {
    if (given !== undefined && given !== inUri)
      violations.add(field, 'differs from the URI: leave it unset, or correct one of them');
  }
}

function checkCounter({ type }: Parameters, given: boolean, counter: number | undefined, violations: Violations): void {
  if (type === 'totp' && given) violations.add('counter', 'not for TOTP: leave it unset, or set type to OTP_TYPE_HOTP');
  if (type === 'hotp' && !given && counter === undefined)
    violations.add('counter', 'required for HOTP: set the counter of the key');
}
