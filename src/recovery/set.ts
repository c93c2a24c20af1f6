/** A set of recovery codes in the form that the service seals for its caller: keyed hashes instead of codes. docs/security.md gives the reasons. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { SealedBlobError } from '../sealing/sealing.ts';
import { CODE_COUNT, CODE_LENGTHS, type CodeLength, drawCodes } from './codes.ts';

/** The parts of the payload, in bytes: the id, the length of a code, the time, and each hash. */
const ID = 16;
const LENGTH = 1;
const TIME = 6;
const HASH = 16;
const HEAD: number = ID + LENGTH + TIME;
/** The tolerance for clocks that are ahead, in ms: a set made later than this from now is refused. */
const FUTURE_TOLERANCE_MS = 3_600_000;

/** The content of a set. */
export interface RecoverySet {
  /** 16 random bytes. */
  readonly id: Uint8Array;
  readonly codeLength: CodeLength;
  /** When it was made, in whole seconds since the epoch. */
  readonly createTime: number;
  /** A keyed hash for each code, 16 bytes. */
  readonly hashes: readonly Uint8Array[];
}

/** The keyed hash of a code of the set with this id: `Fingerprints.ofRecoveryCode`. */
export type HashCode = (id: Uint8Array, code: string) => Uint8Array;

/** Makes a set and its codes at `now`, in ms since the epoch; the codes are known only now. */
export function makeSet(
  count: number,
  codeLength: CodeLength,
  hash: HashCode,
  now: number,
): { readonly set: RecoverySet; readonly codes: readonly string[] } {
  const id = randomBytes(ID);
  const codes = drawCodes(count, codeLength);
  return { set: { id, codeLength, createTime: Math.floor(now / 1000), hashes: codes.map((code) => hash(id, code)) }, codes };
}

/** The place of the code with this hash; undefined if there is none. Compares all hashes, so the time does not depend on the place. */
export function placeOf({ hashes }: RecoverySet, hash: Uint8Array): number | undefined {
  let found: number | undefined;
  for (const [place, known] of hashes.entries()) if (timingSafeEqual(known, hash)) found = place;
  return found;
}

/** Encodes a set; the caller zeroes the result. */
export function writeSetPayload({ id, codeLength, createTime, hashes }: RecoverySet): Uint8Array {
  const payload = Buffer.alloc(HEAD + hashes.length * HASH);
  payload.set(id);
  payload.writeUIntBE(codeLength, ID, LENGTH);
  payload.writeUIntBE(createTime, ID + LENGTH, TIME);
  for (const [place, hash] of hashes.entries()) payload.set(hash, HEAD + place * HASH);
  return payload;
}

/**
 * Decodes a set, whose parts are views of `payload`, at `now`, in ms since the epoch. Throws `SealedBlobError` for anything that `writeSetPayload` does
 * not write, and for a set made more than an hour from now.
 */
export function readSetPayload(payload: Uint8Array, now: number): RecoverySet {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  const count = (bytes.length - HEAD) / HASH;
  if (!Number.isInteger(count) || count < CODE_COUNT.min || count > CODE_COUNT.max) throw new SealedBlobError();
  const codeLength = CODE_LENGTHS.find((length) => length === bytes.readUIntBE(ID, LENGTH));
  const createTime = bytes.readUIntBE(ID + LENGTH, TIME);
  if (codeLength === undefined || createTime * 1000 > now + FUTURE_TOLERANCE_MS) throw new SealedBlobError();
  const hashes = Array.from({ length: count }, (_, place) => bytes.subarray(HEAD + place * HASH, HEAD + (place + 1) * HASH));
  return { id: bytes.subarray(0, ID), codeLength, createTime, hashes };
}
