/** Describes the messages and enums of the contract as JSON Schema (draft 2020-12), in the canonical JSON form of proto3. */
import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { getComments } from '@bufbuild/protoplugin';
import { BOUNDS, REQUIRED, REQUIRED_ONEOFS } from './bounds.ts';
import type { Json } from './shared.ts';

type Described = Parameters<typeof getComments>[0];

const INTEGER = 'integer';
/** JSON has 64-bit integers as text, since they do not fit into a JavaScript number. */
const BIG_INTEGER = { type: 'string', pattern: '^(0|[1-9][0-9]*)$' };

const SCALARS: Readonly<Partial<Record<ScalarType, Json>>> = {
  [ScalarType.STRING]: { type: 'string' },
  [ScalarType.BOOL]: { type: 'boolean' },
  [ScalarType.BYTES]: { type: 'string', contentEncoding: 'base64' },
  [ScalarType.INT32]: { type: INTEGER, format: 'int32' },
  [ScalarType.SINT32]: { type: INTEGER, format: 'int32' },
  [ScalarType.UINT32]: { type: INTEGER, minimum: 0, maximum: 2 ** 32 - 1 },
  [ScalarType.UINT64]: BIG_INTEGER,
};

/** The messages of Google that have a special form in JSON. */
export const WELL_KNOWN: Readonly<Record<string, Json>> = {
  'google.protobuf.Timestamp': {
    type: 'string',
    format: 'date-time',
    description: 'A moment in the form of RFC 3339, with up to nine digits of a second.',
  },
  'google.protobuf.Duration': {
    type: 'string',
    pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$',
    description: 'A length of time in seconds, with up to nine digits of a second, and the letter `s`.',
  },
};

/** Returns the comment of an element of the contract as Markdown. */
export function commentOf(element: Described): string {
  return (getComments(element).leading ?? '').replaceAll(/^ /gm, '').trim();
}

/** Returns a reference to the schema of a message or enum. */
export function refTo({ typeName }: DescMessage | DescEnum): Json {
  return { $ref: `#/components/schemas/${typeName}` };
}

/** Returns the schema of a message. Answers omit fields with their default value. Requests must not have other fields. */
export function messageSchema(message: DescMessage, isInput: boolean): Json {
  const required = message.fields.filter((field) => REQUIRED.has(pathOf(field))).map(({ jsonName }) => jsonName);
  const alternatives = message.oneofs.filter((oneof) => REQUIRED_ONEOFS.has(`${message.typeName}.${oneof.name}`));
  return {
    type: 'object',
    description: commentOf(message),
    properties: Object.fromEntries(message.fields.map((field) => [field.jsonName, fieldSchema(field)])),
    ...(required.length > 0 ? { required } : {}),
    ...(isInput ? { additionalProperties: false } : {}),
    ...Object.assign(
      {},
      ...alternatives.map(({ fields }) => ({ oneOf: fields.map((field) => ({ required: [field.jsonName] })) })),
    ),
  };
}

/** Returns the schema of an enum: the names of its values. */
export function enumSchema(descriptor: DescEnum): Json {
  const values = descriptor.values.map((value) => {
    const [meaning = ''] = commentOf(value).split('\n\n');
    return `- \`${value.name}\`: ${meaning.replaceAll('\n', ' ')}`;
  });
  return {
    type: 'string',
    description: `${commentOf(descriptor)}\n\n${values.join('\n')}`,
    enum: descriptor.values.map(({ name }) => name),
  };
}

/** Returns `messages` and every message and enum that they contain, by full name. */
export function reachable(messages: Iterable<DescMessage>): ReadonlyMap<string, DescMessage | DescEnum> {
  const found = new Map<string, DescMessage | DescEnum>();
  const visit = (type: DescMessage | DescEnum): void => {
    if (found.has(type.typeName)) return;
    found.set(type.typeName, type);
    if (type.kind === 'enum' || type.typeName in WELL_KNOWN) return;
    for (const { message, enum: values } of type.fields) {
      const held = message ?? values;
      if (held !== undefined) visit(held);
    }
  };
  for (const message of messages) visit(message);
  return new Map([...found].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** The bounds that apply to a list instead of its items. */
const LIST_BOUNDS: ReadonlySet<string> = new Set(['minItems', 'maxItems']);

function fieldSchema(field: DescField): Json {
  const bounds = Object.entries(BOUNDS[pathOf(field)] ?? {});
  const of = (isOfList: boolean): Json => Object.fromEntries(bounds.filter(([name]) => LIST_BOUNDS.has(name) === isOfList));
  const type = { ...typeOf(field), ...of(false) };
  const schema = field.fieldKind === 'list' ? { type: 'array', items: type, ...of(true) } : type;
  return { ...schema, description: commentOf(field) };
}

function typeOf(field: DescField): Json {
  const named = field.message ?? field.enum;
  if (named !== undefined) return refTo(named);
  const scalar = field.fieldKind === 'map' ? undefined : field.scalar;
  const schema = scalar === undefined ? undefined : SCALARS[scalar];
  if (schema === undefined) throw new Error(`${pathOf(field)} has a type that the OpenAPI document has no schema for yet`);
  return schema;
}

function pathOf({ parent, name }: DescField): string {
  return `${parent.typeName}.${name}`;
}
