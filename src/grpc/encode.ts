/**
 * Encodes answers in the wire format, compiled from the contract as `toBinary` is, with the same result. It writes into one shared buffer: `toBinary` makes three
 * array buffers per message, and creating and freeing these costs more than filling them.
 */
import type { DescField, DescMessage, Message } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import {
  INT32,
  type Kind,
  LENGTH_DELIMITED,
  MAX_NUMBER,
  makeRoom,
  type Put,
  putLength,
  putVarint,
  SCALARS,
  written,
} from './encode-values.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Compiles the encoder of a message; throws for kinds of fields that no answer has. Encoded bytes are valid until any encoder is called again. */
export function createEncoder(message: DescMessage): (value: Message) => Buffer {
  const put = putMessage(message);
  return (value) => written(put(value as object as Fields, 0));
}

function putMessage({ fields }: DescMessage): Put<Fields> {
  const puts = fields.toSorted((one, other) => one.number - other.number).map(putField);
  return (message, at) => {
    let end = at;
    for (const put of puts) end = put(message, end);
    return end;
  };
}

function putField(field: DescField): Put<Fields> {
  const { localName: name, number } = field;
  const { wireType, put } = kindOf(field);
  const putTagged = (value: unknown, at: number): number => {
    makeRoom(at, MAX_NUMBER);
    return put(value as never, putVarint((number << 3) | wireType, at));
  };
  if (field.fieldKind === 'list')
    return (message, at) => (message[name] as unknown[]).reduce<number>((end, one) => putTagged(one, end), at);
  const { oneof } = field;
  if (oneof !== undefined)
    return (message, at) => {
      const chosen = message[oneof.localName] as { readonly case: string | undefined; readonly value: unknown };
      return chosen.case === name ? putTagged(chosen.value, at) : at;
    };
  // Proto3 omits the zero of a field without presence; for bytes this is the empty value.
  const isSent =
    field.presence === FeatureSet_FieldPresence.IMPLICIT
      ? (value: unknown) => (typeof value === 'object' ? (value as Uint8Array).length > 0 : Boolean(value))
      : (value: unknown) => value !== undefined;
  return (message, at) => {
    const value = message[name];
    return isSent(value) ? putTagged(value, at) : at;
  };
}

function kindOf(field: DescField): Kind {
  const kind = field.fieldKind === 'map' ? undefined : learnt(field);
  if (kind === undefined) throw new Error(`src/grpc/encode.ts has to learn fields like ${field}`);
  return kind;
}

function learnt(field: Exclude<DescField, { fieldKind: 'map' }>): Kind | undefined {
  if (field.message !== undefined) return { wireType: LENGTH_DELIMITED, put: nested(field.message) };
  // Lists of numbers are packed, and no answer has one. Lists of texts are not packed.
  if (field.fieldKind === 'list' && (field.packed || field.scalar === undefined)) return undefined;
  return field.scalar === undefined ? INT32 : SCALARS[field.scalar];
}

function nested(message: DescMessage): Put<Fields> {
  const put = putMessage(message);
  return (value, at) => {
    makeRoom(at, 1);
    return putLength(at, put(value, at + 1));
  };
}
