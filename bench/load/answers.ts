/** Whether an answer is the one that is due: its status, and trailers that say OK. */
import type { Code } from './bodies.ts';
import type { Ending } from './connection.ts';
import { GRPC_FRAME_BYTES } from './grpc-frame.ts';

const VARINT = 0;
/** Fields of VerifyResponse and the values of VerifyStatus. */
const FIELD = { valid: 1, status: 2 } as const;
const STATUS = { right: 1, wrong: 2 } as const satisfies Partial<Record<Code, number>>;
/** The field of a message in TokenResponse: number 1, with a length. */
const TOKEN_TAG = 0x0a;

/** The bytes by which a right answer is recognised. */
export interface Expected {
  readonly code: Code;
  /** The trailers of a call that succeeded, byte for byte. */
  readonly trailers: Buffer;
}

/** Checks the whole of an answer, of every call. */
export function isRight({ message, trailers }: Ending, expected: Expected): boolean {
  if (message === undefined || trailers === undefined) return false;
  const due = expected.code === 'none' ? isToken(message) : statusOf(message) === STATUS[expected.code];
  return due && trailers.equals(expected.trailers);
}

function isToken(message: Buffer): boolean {
  return isWhole(message) && message[GRPC_FRAME_BYTES] === TOKEN_TAG;
}

function isWhole(message: Buffer): boolean {
  return message.length > GRPC_FRAME_BYTES && message.length === GRPC_FRAME_BYTES + message.readUInt32BE(1);
}

/** The status of an answer that has all its bytes; undefined otherwise. Fields come in the order of their numbers. */
export function statusOf(message: Buffer): number | undefined {
  if (!isWhole(message)) return undefined;
  let at = GRPC_FRAME_BYTES;
  if (message[at] === tag(FIELD.valid)) at += 2;
  return message[at] === tag(FIELD.status) ? message[at + 1] : undefined;
}

function tag(field: number): number {
  return (field << 3) | VARINT;
}
