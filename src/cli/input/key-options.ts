/** The flags that describe a key, and the `Key` that they make with its secret or its sealed form. */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type Command, InvalidArgumentError } from 'commander';
import { Algorithm, KeySchema, OtpType } from '../../../gen/ts/otp/v1/key_pb.ts';
import { InvalidInputError } from '../../otp/error.ts';
import { readKey } from '../../service/key.ts';
import type { Io } from '../io.ts';
import { usageError } from '../output/failure.ts';
import type { CodeForm } from '../output/verdict.ts';
import { parseCounter, parsePositive } from './parsers.ts';
import { readSecret } from './secret.ts';

/** The flags of a key. The server, or the URI, determines parameters whose flags are absent. */
export interface KeyFlags {
  readonly type?: OtpType;
  readonly algorithm?: Algorithm;
  readonly digits?: number;
  readonly period?: number;
  readonly counter?: bigint;
}

/** Adds the flags of a TOTP. */
export function addTotpOptions(command: Command): Command {
  return command
    .optionsGroup('Parameters of the secret:')
    .option('--algorithm <name>', 'sha1 (default), sha256 or sha512', parseAlgorithm)
    .option('--digits <n>', 'the length of a code, 6 (default) to 8', parsePositive)
    .option('--period <seconds>', 'the time step, 1 to 86400 (default 30)', parsePositive);
}

/** Adds the flags of a TOTP or HOTP. */
export function addKeyOptions(command: Command): Command {
  return addTotpOptions(command)
    .option('--type <type>', 'totp (default) or hotp', parseType)
    .option('--counter <n>', 'the counter of a HOTP', parseCounter);
}

/** Adds the flags of a HOTP. */
export function addHotpOptions(command: Command): Command {
  return command
    .optionsGroup('Parameters of the secret:')
    .option('--counter <n>', 'the counter to search from', parseCounter)
    .option('--algorithm <name>', 'sha1 (default), sha256 or sha512', parseAlgorithm)
    .option('--digits <n>', 'the length of a code, 6 (default) to 8', parsePositive);
}

/** The flags of a sealed key, which replaces the secret. */
export interface SealedFlags {
  readonly sealed?: string;
  readonly context?: string;
}

/** Adds the flags of a sealed key. */
export function addSealedOptions(command: Command): Command {
  return command
    .option('--sealed <blob>', 'a sealed key, otpk1_..., instead of SECRET')
    .option('--context <text>', 'the context that the sealed key is bound to');
}

/** The key to send: the sealed key of the flags, or a key with the secret that `readSecret` reads. */
export async function readKeyInput(
  io: Io,
  argument: string | undefined,
  flags: KeyFlags & SealedFlags,
): Promise<MessageInitShape<typeof KeySchema>> {
  const { sealed, context } = flags;
  if (sealed === undefined) {
    if (context !== undefined) throw usageError('--context is that of a sealed key: give --sealed too');
    const secret = await readSecret(io, argument);
    if (secret.startsWith('otpk1_'))
      throw usageError('SECRET is a sealed key: give it with --sealed, and its context with --context');
    return keyOf(secret, flags);
  }
  if (argument !== undefined) throw usageError('SECRET and --sealed exclude each other: give one of them');
  return { source: { case: 'sealed', value: { blob: sealed.trim(), context: contextBytes(context) } }, ...keyFields(flags) };
}

/** A context as it is sent: the bytes of its text in UTF-8. */
export function contextBytes(text = ''): Uint8Array {
  return Buffer.from(text);
}

/** The key to send for a secret; a text in the form of a URI is sent as a URI. */
export function keyOf(secret: string, flags: KeyFlags): MessageInitShape<typeof KeySchema> {
  return { source: { case: isUri(secret) ? 'uri' : 'secret', value: secret }, ...keyFields(flags) };
}

/** The same, or a sealed key, bound to `context`. */
export function anyKeyOf(text: string, context: string | undefined, flags: KeyFlags): MessageInitShape<typeof KeySchema> {
  if (!text.startsWith('otpk1_')) return keyOf(text, flags);
  return { source: { case: 'sealed', value: { blob: text, context: contextBytes(context) } }, ...keyFields(flags) };
}

/** The flags that are set, under the names of the contract. */
export function keyFields({ period, ...flags }: KeyFlags): Omit<MessageInitShape<typeof KeySchema>, 'source' | '$typeName'> {
  const { type, algorithm, digits, counter } = flags;
  return {
    ...(type !== undefined && { type }),
    ...(algorithm !== undefined && { algorithm }),
    ...(digits !== undefined && { digits }),
    ...(period !== undefined && { periodSeconds: period }),
    ...(counter !== undefined && { counter }),
  };
}

/** The form of the key's codes, read as this version of the server reads the key; another version may read more, and only a server opens a sealed key. */
export function codeFormOf(key: MessageInitShape<typeof KeySchema>): CodeForm {
  try {
    const { digits, type, period } = readKey(create(KeySchema, key), { needsCounter: false }).parameters;
    return { digits: `${digits} digits`, period: type === 'hotp' ? 0 : period };
  } catch (error) {
    if (error instanceof InvalidInputError) return { digits: 'another number of digits', period: undefined };
    throw error;
  }
}

/** Whether a secret has the form of a URI. The server reports mistakes in the URI. */
function isUri(secret: string): boolean {
  return secret.includes('://');
}

/** Parses a type from a flag or a column. */
export function parseType(text: string): OtpType {
  const types: Readonly<Record<string, OtpType>> = { totp: OtpType.TOTP, hotp: OtpType.HOTP };
  const type = types[text.toLowerCase()];
  if (type === undefined) throw new InvalidArgumentError('It must be totp or hotp.');
  return type;
}

/** Parses an algorithm from a flag or a column. */
export function parseAlgorithm(text: string): Algorithm {
  const algorithms: Readonly<Record<string, Algorithm>> = {
    sha1: Algorithm.SHA1,
    sha256: Algorithm.SHA256,
    sha512: Algorithm.SHA512,
  };
  const algorithm = algorithms[text.toLowerCase().replace('-', '')];
  if (algorithm === undefined) throw new InvalidArgumentError('It must be sha1, sha256 or sha512.');
  return algorithm;
}
