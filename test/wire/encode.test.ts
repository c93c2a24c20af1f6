/** The encoder of answers compared with the library's: the same bytes for the same message, for any content. */
import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  type MessageInitShape,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf';
import {
  FieldMaskSchema,
  SourceCodeInfo_LocationSchema,
  StructSchema,
  TimestampSchema,
  timestampFromMs,
} from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { AdminService } from '../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import {
  BatchTokenResultSchema,
  GenerateResponseSchema,
  OtpService,
  TokenResponseSchema,
  VerifyResponseSchema,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { QrCodeSchema } from '../../gen/ts/otp/v1/qr_code_pb.ts';
import { createEncoder } from '../../src/grpc/encode.ts';

let random = 7;
const below = (bound: number): number => {
  random = (random * 48_271) % 2_147_483_647;
  return random % bound;
};
const oneOf = <T>(...values: readonly T[]): T => values[below(values.length)] as T;

const TEXTS = [
  '',
  'a',
  '123456',
  'ü',
  '日本',
  '😀',
  '\ud800',
  'x'.repeat(23),
  'é'.repeat(24),
  'y'.repeat(127),
  'z'.repeat(128),
  '語'.repeat(6000),
];
const BIGS = [0n, 1n, 127n, 128n, 2n ** 31n, 2n ** 32n + 1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n];
const UINTS = [0, 1, 127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const INTS = [0, 1, -1, 63, -64, 64, 2 ** 31 - 1, -(2 ** 31)];

/** Fills every field of a message at random, some with their zero, and omits some optional fields. Of a oneof, the last filled field remains. */
function anyOf(schema: DescMessage): Message {
  const message = create(schema) as Message & Record<string, unknown>;
  for (const field of schema.fields) {
    if (below(4) === 0) continue;
    if (field.oneof !== undefined) {
      message[field.oneof.localName] = { case: field.localName, value: anyMember(field) };
      continue;
    }
    if (field.fieldKind === 'message') message[field.localName] = anyOf(field.message);
    if (field.fieldKind === 'list' && field.listKind === 'message') {
      message[field.localName] = Array.from({ length: below(4) }, () => anyOf(field.message));
    }
    if (field.fieldKind === 'list' && field.listKind === 'scalar') {
      message[field.localName] = Array.from({ length: below(4) }, () => anyScalar(field.scalar));
    }
    if (field.fieldKind === 'enum') message[field.localName] = below(4);
    if (field.fieldKind === 'scalar') message[field.localName] = anyScalar(field.scalar);
  }
  return message;
}

function anyMember(field: DescField): unknown {
  if (field.message !== undefined && field.fieldKind === 'message') return anyOf(field.message);
  return field.scalar === undefined ? below(4) : anyScalar(field.scalar);
}

function anyScalar(type: ScalarType): unknown {
  switch (type) {
    case ScalarType.STRING:
      return oneOf(...TEXTS).toWellFormed();
    case ScalarType.BOOL:
      return oneOf(true, false);
    case ScalarType.UINT32:
      return oneOf(...UINTS);
    case ScalarType.INT32:
    case ScalarType.SINT32:
      return oneOf(...INTS);
    case ScalarType.BYTES:
      return new Uint8Array(oneOf(0, 1, 127, 128, 20_000)).fill(below(256));
    default:
      return oneOf(...BIGS);
  }
}

describe.each([OtpService, AdminService].flatMap(({ methods }) => methods).map(({ name, output }) => ({ name, output })))(
  'the answer of $name',
  ({ output }) => {
    test('is what the library makes of it', () => {
      const encode = createEncoder(output);
      for (let round = 0; round < 500; round++) {
        const message = anyOf(output);
        expect(Buffer.compare(encode(message), toBinary(output, message))).toBe(0);
      }
    });
  },
);

test('lengths on both sides of where they take a byte more', () => {
  const encode = createEncoder(GenerateResponseSchema);
  for (const edge of [128, 16_384]) {
    // The lengths of the bytes and of the message around them cross the edge at different values.
    for (let length = edge - 8; length < edge + 2; length++) {
      const message = create(GenerateResponseSchema, {
        uri: 'u'.repeat(length),
        qrCode: { data: new Uint8Array(length).fill(7) },
      });
      expect(Buffer.compare(encode(message), toBinary(GenerateResponseSchema, message))).toBe(0);
    }
  }
});

test('negative numbers of 64 bits too', () => {
  const encode = createEncoder(TimestampSchema);
  for (const ms of [-1, -1000, -(2 ** 45), 2 ** 45]) {
    const message = timestampFromMs(ms);
    expect(encode(message)).toEqual(Buffer.from(toBinary(TimestampSchema, message)));
  }
});

test('an empty message is no bytes', () => {
  for (const schema of [TokenResponseSchema, VerifyResponseSchema, GenerateResponseSchema]) {
    expect(createEncoder(schema)(create(schema))).toHaveLength(0);
  }
});

test('the largest picture fits, and an answer after it is right', () => {
  const encode = createEncoder(QrCodeSchema);
  const large = create(QrCodeSchema, { data: new Uint8Array(300_000).fill(1), dataUri: 'd'.repeat(400_000), width: 7 });
  expect(Buffer.compare(encode(large), toBinary(QrCodeSchema, large))).toBe(0);
  const small = create(QrCodeSchema, { mediaType: 'image/png', width: 1 });
  expect(encode(small)).toEqual(Buffer.from(toBinary(QrCodeSchema, small)));
});

test('one of several, with its zero too, and none of them', () => {
  const encode = createEncoder(BatchTokenResultSchema);
  const results: MessageInitShape<typeof BatchTokenResultSchema>[] = [
    {},
    { result: { case: 'response', value: {} } },
    { result: { case: 'response', value: { token: { code: '123456' } } } },
    { result: { case: 'error', value: { message: 'wrong', violations: [{ field: 'key' }, {}] } } },
  ];
  for (const init of results) {
    const message = create(BatchTokenResultSchema, init);
    expect(encode(message)).toEqual(Buffer.from(toBinary(BatchTokenResultSchema, message)));
  }
});

test('a list of texts, empty ones too', () => {
  const encode = createEncoder(FieldMaskSchema);
  for (const paths of [[], [''], ['a', '', 'ü'], Array.from({ length: 300 }, (_, i) => 'x'.repeat(i))]) {
    const message = create(FieldMaskSchema, { paths });
    expect(encode(message)).toEqual(Buffer.from(toBinary(FieldMaskSchema, message)));
  }
});

test.each([
  ['a map', StructSchema, 'google.protobuf.Struct.fields'],
  ['a list of numbers', SourceCodeInfo_LocationSchema, 'google.protobuf.SourceCodeInfo.Location.path'],
])('%s is a kind of field that it has not learnt, and refused before anything is served', (_, schema, name) => {
  expect(() => createEncoder(schema)).toThrow(`src/grpc/encode.ts has to learn fields like field ${name}`);
});
