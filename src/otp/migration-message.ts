/**
 * The messages inside of otpauth-migration URIs, as Google Authenticator writes them, in protobuf's binary form:
 *
 *     MigrationPayload { repeated OtpParameters otp_parameters = 1; int32 version = 2, batch_size = 3, batch_index = 4, batch_id = 5; }
 *     OtpParameters { bytes secret = 1; string name = 2, issuer = 3; Algorithm algorithm = 4; DigitCount digits = 5; OtpType type = 6;
 *                     int64 counter = 7; }
 *
 * Written by hand: no published contract exists to generate code from, and this reader can stop at a limit while it reads.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Algorithm, OtpType } from './params.ts';

/** The numbers of `Algorithm`, `DigitCount` and `OtpType`; an unknown key has 0. */
export const ALGORITHM_NUMBERS: ReadonlyMap<Algorithm, number> = new Map([
  ['SHA1', 1],
  ['SHA256', 2],
  ['SHA512', 3],
]);
/** An algorithm that the format names and no app implements. */
export const MD5 = 4;
export const DIGIT_NUMBERS: ReadonlyMap<number, number> = new Map([
  [6, 1],
  [8, 2],
]);
export const TYPE_NUMBERS: ReadonlyMap<OtpType, number> = new Map([
  ['hotp', 1],
  ['totp', 2],
]);
/** The time step of every TOTP, in seconds: the message has no field for it. */
export const MIGRATION_PERIOD = 30;

/** A key as the message has it: unchecked, with zero or an empty text for a missing field. */
export interface OtpParameters {
  secret: Uint8Array;
  name: string;
  issuer: string;
  algorithm: number;
  digits: number;
  type: number;
  counter: bigint;
}

/** A part of a migration. */
export interface MigrationPayload {
  readonly keys: OtpParameters[];
  version: number;
  /** The number of parts; Google's app writes 1 for a migration of one part, others leave it out. */
  batchSize: number;
  batchIndex: number;
  /** The same in all parts; may be negative. */
  batchId: number;
}

/** The fields of a `MigrationPayload` that are numbers. */
const NUMBERS: ReadonlyMap<number, 'version' | 'batchSize' | 'batchIndex' | 'batchId'> = new Map([
  [2, 'version'],
  [3, 'batchSize'],
  [4, 'batchIndex'],
  [5, 'batchId'],
]);

/**
 * Reads a payload; unknown fields are skipped, and so are known ones of another wire type.
 *
 * @returns undefined if there are more than `maxKeys` keys; the reader stops there.
 * @throws an error of protobuf-es if `bytes` is not a protobuf message.
 */
export function readPayload(bytes: Uint8Array, maxKeys: number): MigrationPayload | undefined {
  const payload: MigrationPayload = { keys: [], version: 0, batchSize: 0, batchIndex: 0, batchId: 0 };
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const number = NUMBERS.get(field);
    if (field === 1 && wireType === WireType.LengthDelimited) {
      if (payload.keys.length === maxKeys) return undefined;
      payload.keys.push(readParameters(reader.bytes()));
    } else if (number !== undefined && wireType === WireType.Varint) payload[number] = reader.int32();
    else reader.skip(wireType, field);
  }
  return payload;
}

function readParameters(bytes: Uint8Array): OtpParameters {
  const key: OtpParameters = { secret: new Uint8Array(), name: '', issuer: '', algorithm: 0, digits: 0, type: 0, counter: 0n };
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const read = wireType === WIRE_TYPES[field] ? READERS[field] : undefined;
    if (read === undefined) reader.skip(wireType, field);
    else read(key, reader);
  }
  return key;
}

const WIRE_TYPES: Readonly<Record<number, WireType>> = {
  1: WireType.LengthDelimited,
  2: WireType.LengthDelimited,
  3: WireType.LengthDelimited,
  4: WireType.Varint,
  5: WireType.Varint,
  6: WireType.Varint,
  7: WireType.Varint,
};

const READERS: Readonly<Record<number, (key: OtpParameters, reader: BinaryReader) => void>> = {
  1: (key, reader) => {
    key.secret = Uint8Array.from(reader.bytes()); // A copy, since the caller clears its bytes.
  },
  2: (key, reader) => {
    key.name = reader.string();
  },
  3: (key, reader) => {
    key.issuer = reader.string();
  },
  4: (key, reader) => {
    key.algorithm = reader.int32();
  },
  5: (key, reader) => {
    key.digits = reader.int32();
  },
  6: (key, reader) => {
    key.type = reader.int32();
  },
  7: (key, reader) => {
    key.counter = BigInt(reader.int64());
  },
};

/** Writes a payload with every field, zeros included, as Google's app does. */
export function writePayload({ keys, version, batchSize, batchIndex, batchId }: MigrationPayload): Uint8Array {
  const writer = new BinaryWriter();
  for (const key of keys) writer.tag(1, WireType.LengthDelimited).bytes(writeParameters(key));
  for (const [field, value] of [version, batchSize, batchIndex, batchId].entries())
    writer.tag(field + 2, WireType.Varint).int32(value);
  return writer.finish();
}

/** Writes one key of a payload. */
export function writeParameters({ secret, name, issuer, algorithm, digits, type, counter }: OtpParameters): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).bytes(secret);
  writer.tag(2, WireType.LengthDelimited).string(name);
  writer.tag(3, WireType.LengthDelimited).string(issuer);
  for (const [at, value] of [algorithm, digits, type].entries()) writer.tag(at + 4, WireType.Varint).int32(value);
  return writer.tag(7, WireType.Varint).int64(counter).finish();
}
