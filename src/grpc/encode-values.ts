/** Writes single values in the wire format (https://protobuf.dev/programming-guides/encoding) into the shared buffer of answers. */
import { ScalarType } from '@bufbuild/protobuf';

/** Writes a value at a position with room for a number, and returns the position after it. */
export type Put<T> = (value: T, at: number) => number;

/** The encoding of a type of field. */
export interface Kind {
  readonly wireType: number;
  readonly put: Put<never>;
}

const VARINT = 0;
export const LENGTH_DELIMITED = 2;

/** Room for a tag and a number or a length: a varint has ten bytes at most. */
export const MAX_NUMBER = 20;
/** Up to this length the characters of a string are copied one by one, since a call into Node takes longer. */
const SHORT = 24;

let bytes: Buffer = Buffer.allocUnsafeSlow(4096);

/** The bytes before `end`, valid until the next write. */
export function written(end: number): Buffer {
  return bytes.subarray(0, end);
}

/** Makes sure that this many more bytes can be written. */
export function makeRoom(at: number, size: number): void {
  if (at + size <= bytes.length) return;
  const larger = Buffer.allocUnsafeSlow(2 * (at + size));
  bytes.copy(larger, 0, 0, at);
  bytes = larger;
}

/** Writes the length of the bytes between the byte after `at` and `end`, which are moved if the length takes more than that byte. Returns their new end. */
export function putLength(at: number, end: number): number {
  const length = end - at - 1;
  const size = length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : 4;
  if (size > 1) {
    makeRoom(end, size);
    bytes.copyWithin(at + size, at + 1, end);
  }
  putVarint(length, at);
  return end + size - 1;
}

function putString(text: string, at: number): number {
  makeRoom(at, MAX_NUMBER + 3 * text.length);
  let end = at + 1;
  if (text.length <= SHORT) {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return putLength(at, at + 1 + bytes.write(text, at + 1));
      bytes[end++] = code;
    }
  } else {
    end += bytes.write(text, end);
  }
  return putLength(at, end);
}

function putBytes(value: Uint8Array, at: number): number {
  makeRoom(at, MAX_NUMBER + value.length);
  bytes.set(value, at + 1);
  return putLength(at, at + 1 + value.length);
}

/** @param value a whole number from 0 to 2^53 - 1. */
export function putVarint(value: number, at: number): number {
  let rest = value;
  let end = at;
  for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 128)) bytes[end++] = (rest & 127) | 128;
  for (; rest > 127; rest >>>= 7) bytes[end++] = rest | 128;
  bytes[end++] = rest;
  return end;
}

function putInt64(value: bigint, at: number): number {
  const small = Number(value);
  if (small >= 0 && small <= Number.MAX_SAFE_INTEGER) return putVarint(small, at);
  let rest = BigInt.asUintN(64, value);
  let end = at;
  for (; rest > 127n; rest >>= 7n) bytes[end++] = Number(rest & 127n) | 128;
  bytes[end++] = Number(rest);
  return end;
}

const putInt32: Put<number> = (value, at) => (value < 0 ? putInt64(BigInt(value), at) : putVarint(value, at));

/** The scalar types in our messages. */
export const SCALARS: Partial<Record<ScalarType, Kind>> = {
  [ScalarType.STRING]: { wireType: LENGTH_DELIMITED, put: putString },
  [ScalarType.BYTES]: { wireType: LENGTH_DELIMITED, put: putBytes },
  [ScalarType.BOOL]: { wireType: VARINT, put: (value: boolean, at: number) => putVarint(Number(value), at) },
  [ScalarType.UINT32]: { wireType: VARINT, put: putVarint },
  [ScalarType.INT32]: { wireType: VARINT, put: putInt32 },
  [ScalarType.SINT32]: {
    wireType: VARINT,
    put: (value: number, at: number) => putVarint(((value << 1) ^ (value >> 31)) >>> 0, at),
  },
  [ScalarType.UINT64]: { wireType: VARINT, put: putInt64 },
  [ScalarType.INT64]: { wireType: VARINT, put: putInt64 },
};
export const INT32: Kind = { wireType: VARINT, put: putInt32 };
