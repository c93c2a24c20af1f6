/** Messages in ProtoJSON, for all calls of a service. */
import { isUtf8 } from 'node:buffer';
import {
  createRegistry,
  type DescEnum,
  type DescField,
  type DescFile,
  fromJson,
  type JsonValue,
  type Message,
  type Registry,
  ScalarType,
} from '@bufbuild/protobuf';
import { CallFailure } from '../../rpc/failure.ts';
import type { Method } from '../../rpc/method.ts';
import { parseJson } from '../../util/json-text.ts';

/** Unknown fields are refused: with a mistyped parameter the server would compute an unexpected code. */
export interface JsonOptions {
  readonly ignoreUnknownFields: false;
  readonly registry: Registry;
}

/** The JSON options for the messages of `methods`, including any message in a `google.protobuf.Any`. */
export function jsonOptionsOf(methods: readonly Method[]): JsonOptions {
  const files = methods.flatMap(({ descriptor }) => withImports(descriptor.parent.file));
  return { ignoreUnknownFields: false, registry: createRegistry(...files) };
}

function withImports(file: DescFile): DescFile[] {
  return [file, ...file.dependencies.flatMap(withImports)];
}

/**
 * Reads a request. Throws `CallFailure` (`malformed_message`) if the text is not JSON in UTF-8, has a member twice, or does not fit the message. In
 * the last case the failure names the field.
 */
export function readJson({ descriptor }: Method, text: Buffer, options: JsonOptions): Message {
  if (!isUtf8(text)) throw new CallFailure('malformed_message');
  try {
    return fromJson(descriptor.input, parseJson(text.toString()) as JsonValue, options);
  } catch (error) {
    // The reader's own message quotes the value, which may be a secret.
    throw new CallFailure('malformed_message', misfitOf(error, options.registry));
  }
}

/**
 * Returns the message, field or enum of the contract that an error of the reader concerns, and the value that it takes, such as `otp.v1.Key.secret,
 * which takes a string`; undefined if the error concerns the text. The result quotes nothing of the text, which may be a secret.
 */
function misfitOf(error: unknown, registry: Registry): string | undefined {
  const name = error instanceof Error ? /^cannot decode [a-z]+ ([\w.]+) from JSON/.exec(error.message)?.[1] : undefined;
  if (name === undefined) return undefined;
  const taken = takenBy(name, registry);
  return taken === undefined ? name : `${name}, which takes ${taken}`;
}

const WELL_KNOWN: Readonly<Record<string, string>> = {
  'google.protobuf.Timestamp': 'a time such as "2026-01-31T12:00:00Z"',
  'google.protobuf.Duration': 'seconds such as "30s"',
};

function takenBy(name: string, registry: Registry): string | undefined {
  if (WELL_KNOWN[name] !== undefined) return WELL_KNOWN[name];
  const type = registry.get(name);
  if (type?.kind === 'message')
    return `an object with no other fields than ${listed(type.fields.map(({ jsonName }) => jsonName))}`;
  if (type?.kind === 'enum') return `one of ${valuesOf(type)}`;
  const [, owner = '', member] = /^(.*)\.(\w+)$/.exec(name) ?? [];
  const message = registry.getMessage(owner);
  const oneof = message?.oneofs.find((one) => one.name === member);
  if (oneof !== undefined) return `one field alone, of ${listed(oneof.fields.map(({ jsonName }) => jsonName))}`;
  const field = message?.fields.find((one) => one.name === member);
  return field === undefined ? undefined : takenByField(field);
}

function takenByField(field: DescField): string {
  if (field.fieldKind === 'list') return 'an array';
  if (field.message !== undefined) return WELL_KNOWN[field.message.typeName] ?? 'an object';
  if (field.enum !== undefined) return `one of ${valuesOf(field.enum)}`;
  if (field.scalar === ScalarType.STRING) return 'a string';
  if (field.scalar === ScalarType.BYTES) return 'bytes in base64, as a string';
  return field.scalar === ScalarType.BOOL ? 'true or false' : 'a whole number within its bounds';
}

function valuesOf({ values }: DescEnum): string {
  return listed(values.filter(({ number }) => number !== 0).map(({ name }) => name));
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
