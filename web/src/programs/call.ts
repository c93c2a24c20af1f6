/** A call as data, for programs that make the same one. */
import type { DescField, DescMethodStreaming, DescMethodUnary, Message, MessageShape } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';

export interface Call {
  readonly method: DescMethodUnary | DescMethodStreaming;
  readonly request: Message;
}

/** Where the programs find the server. */
export interface Target {
  /** Of the calls over HTTP, such as `http://127.0.0.1:50080`. */
  readonly origin: string;
  /** Of gRPC: host and port. */
  readonly address: string;
  readonly isTls: boolean;
}

/** A field that is set, with its value: text, a number, a `bigint`, `true`, or a message. */
export interface SetField {
  readonly field: DescField;
  readonly value: string | number | bigint | boolean | readonly SetField[];
}

/** The fields of the request that are set, in the order of the contract. The requests of this page have no lists, maps or bytes. */
export function fieldsOf({ method, request }: Call): SetField[] {
  return setFields(reflect(method.input, request as MessageShape<typeof method.input>));
}

function setFields(message: ReturnType<typeof reflect>): SetField[] {
  return message.fields.flatMap((field) => {
    if (!message.isSet(field)) return [];
    if (field.fieldKind === 'message') return { field, value: setFields(message.get(field)) };
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

/** Lines further in, by this much. */
export function indent(text: string, by: string): string {
  return text.replaceAll(/^(?=.)/gm, by);
}
