/** The content of a sealed key: a protobuf message, parsed by hand, so that only the expected fields are accepted. docs/sealed-keys.md lists the fields. */
import { isUtf8 } from 'node:buffer';
import { invalid } from '../otp/error.ts';
import { BOUNDS, type Bounds, type Parameters } from '../otp/params.ts';
import { SealedBlobError } from './sealing.ts';

/** The content of a sealed key. Times in whole seconds since the epoch. */
export interface SealedKeyContents {
  readonly secret: Uint8Array;
  readonly parameters: Parameters;
  /** Set if and only if the key is a HOTP. */
  readonly counter: number | undefined;
  /** At most 128 bytes in UTF-8; may be empty. */
  readonly issuer: string;
  /** At most 256 bytes in UTF-8; may be empty. */
  readonly accountName: string;
  readonly createTime: number;
  /** Until when an enrolment may be confirmed; undefined once it is confirmed. */
  readonly pendingUntil: number | undefined;
}

/** The types by their numbers in the message. */
const TYPES = [undefined, 'totp', 'hotp'] as const;
const ALGORITHMS = [undefined, 'SHA1', 'SHA256', 'SHA512'] as const;
const NAME_BYTES = { issuer: 128, account_name: 256 } as const;
/** Up to the last second of the year 9999; zero for none. */
const TIME: Bounds = { min: 0, max: 253_402_300_799 };
/** The fields with bytes; all other fields are numbers. */
const BYTES: ReadonlySet<number> = new Set([1, 7, 8]);

/** Encodes a key; the caller zeroes the result. Throws `InvalidInputError` for a name that is too long. */
export function writeKeyPayload(key: SealedKeyContents): Uint8Array {
  const { type, algorithm, digits, period } = key.parameters;
  return Buffer.concat([
    ...bytesField(1, key.secret),
    numberField(2, TYPES.indexOf(type)),
    numberField(3, ALGORITHMS.indexOf(algorithm)),
    numberField(4, digits),
    numberField(5, period || undefined),
    numberField(6, key.counter),
    ...bytesField(7, nameBytes('issuer', key.issuer)),
    ...bytesField(8, nameBytes('account_name', key.accountName)),
    numberField(9, key.createTime || undefined),
    numberField(10, key.pendingUntil),
  ]);
}

/** Decodes a key, whose `secret` is a view of `payload`. Throws `SealedBlobError` for anything that `writeKeyPayload` does not write. */
export function readKeyPayload(payload: Uint8Array): SealedKeyContents {
  const fields = readFields(payload);
  const bytes = (field: number): Uint8Array => (fields.get(field) as Uint8Array | undefined) ?? new Uint8Array(0);
  const number = (field: number): number | undefined => fields.get(field) as number | undefined;
  const type = TYPES[number(2) ?? 0] ?? refuse();
  const [secret, counter] = [bytes(1), number(6)];
  within(secret.length, BOUNDS.secret);
  if ((type === 'hotp') !== (counter !== undefined)) refuse();
  return {
    secret,
    parameters: {
      type,
      algorithm: ALGORITHMS[number(3) ?? 0] ?? refuse(),
      digits: within(number(4) ?? 0, BOUNDS.digits),
      period: within(number(5) ?? 0, type === 'hotp' ? { min: 0, max: 0 } : BOUNDS.period),
    },
    counter,
    issuer: readName('issuer', bytes(7)),
    accountName: readName('account_name', bytes(8)),
    createTime: within(number(9) ?? 0, TIME),
    pendingUntil: within(number(10) ?? 0, TIME) || undefined,
  };
}

/** Reads the fields, and refuses unknown ones: if an older instance ignored them, it would lift a restriction that a newer instance has sealed. */
function readFields(payload: Uint8Array): ReadonlyMap<number, Uint8Array | number> {
  const fields = new Map<number, Uint8Array | number>();
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = payload[at++] ?? refuse();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER || (byte === 0 && scale > 1)) refuse();
      if (byte < 0x80) return value;
    }
  };
  while (at < payload.length) {
    const tag = next();
    const number = Math.floor(tag / 8);
    const isBytes = BYTES.has(number);
    if (number < 1 || number > 10 || tag % 8 !== (isBytes ? 2 : 0) || fields.has(number)) refuse();
    const value = next();
    if (isBytes && value > payload.length - at) refuse();
    fields.set(number, isBytes ? payload.subarray(at, at + value) : value);
    if (isBytes) at += value;
  }
  return fields;
}

const bytesField = (field: number, value: Uint8Array): Uint8Array[] =>
  value.length === 0 ? [] : [Buffer.from([...varint(field * 8 + 2), ...varint(value.length)]), value];
const numberField = (field: number, value: number | undefined): Buffer =>
  Buffer.from(value === undefined ? [] : [...varint(field * 8), ...varint(value)]);
const varint = (value: number): number[] => (value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]);

function nameBytes(field: keyof typeof NAME_BYTES, text: string): Uint8Array {
  const bytes = Buffer.from(text);
  if (bytes.length > NAME_BYTES[field]) throw invalid(field, `must be at most ${NAME_BYTES[field]} bytes in UTF-8`);
  return bytes;
}

function within(value: number, { min, max }: Bounds): number {
  return value >= min && value <= max ? value : refuse();
}

function readName(field: keyof typeof NAME_BYTES, bytes: Uint8Array): string {
  if (bytes.length > NAME_BYTES[field] || !isUtf8(bytes)) refuse();
  return Buffer.from(bytes).toString();
}

function refuse(): never {
  throw new SealedBlobError();
}
