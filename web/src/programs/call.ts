/** A call as data, for programs that make the same one. */
import {
  type DescField,
  type DescMethodStreaming,
  type DescMethodUnary,
  type Message,
  type MessageShape,
  ScalarType,
} from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';

export interface Call {
  readonly method: DescMethodUnary | DescMethodStreaming;
  readonly request: Message;
}

/** Where the programs find the server. */
export interface Target {
  /** The address for calls over HTTP, such as `http://127.0.0.1:50080`. */
  readonly origin: string;
  /** The address for gRPC: host and port. */
  readonly address: string;
  readonly isTls: boolean;
}

/** A field that is set, with its value: text, bytes that are text, a number, a `bigint`, `true`, texts, or a message. */
export interface SetField {
  readonly field: DescField;
  readonly value: string | Bytes | Texts | number | bigint | boolean | readonly SetField[];
}

/** Decodes bytes as UTF-8: the requests of this page have no other bytes. */
export class Bytes {
  readonly text: string;

  constructor(bytes: Uint8Array) {
    this.text = new TextDecoder().decode(bytes);
  }
}

/** A list. The requests of this page have lists of texts only. */
export class Texts {
  readonly texts: readonly string[];

  constructor(texts: Iterable<unknown>) {
    this.texts = [...texts].map(String);
  }
}

/** The fields of the request that are set, in the order of the contract. The requests of this page have no maps. */
export function fieldsOf({ method, request }: Call): SetField[] {
  return setFields(reflect(method.input, request as MessageShape<typeof method.input>));
}

function setFields(message: ReturnType<typeof reflect>): SetField[] {
  return message.fields.flatMap((field) => {
    if (!message.isSet(field)) return [];
    if (field.fieldKind === 'message') return { field, value: setFields(message.get(field)) };
    if (field.fieldKind === 'list') return { field, value: new Texts(message.get(field)) };
    if (field.fieldKind === 'scalar' && field.scalar === ScalarType.BYTES)
      return { field, value: new Bytes(message.get(field) as Uint8Array) };
    if (field.fieldKind === 'enum') return { field, value: message.get(field) as number };
    return { field, value: message.get(field) as string | number | bigint | boolean };
  });
}

/** The name of an enum's value. */
export function enumValue({ enum: values }: DescField, number: number): { readonly name: string; readonly localName: string } {
  const found = values?.value[number];
  if (found === undefined) throw new Error('a number that is no value of its enum');
  return found;
}

/** Indents lines by this text. */
export function indent(text: string, by: string): string {
  return text.replaceAll(/^(?=.)/gm, by);
}
