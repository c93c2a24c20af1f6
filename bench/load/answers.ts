/** Checks whether an answer is the expected answer: its status, and trailers that say OK. */
import type { Code } from './bodies.ts';
import type { Ending } from './connection.ts';
import { GRPC_FRAME_BYTES } from './grpc-frame.ts';

const VARINT = 0;
/** The field numbers of VerifyResponse, and the values of VerifyStatus. */
const FIELD = { valid: 1, status: 2 } as const;
const STATUS = { right: 1, wrong: 2 } as const satisfies Partial<Record<Code, number>>;
/** The tag of field 1 with a length: the token in TokenResponse, the results of a batch, and the response in a result. */
const FIRST_TAG = 0x0a;

/** The bytes of a correct answer. */
export interface Expected {
  readonly code: Code;
  /** The number of items in each call; 1 for a call that is not a batch. */
  readonly items: number;
  /** The trailers of a successful call, byte for byte. */
  readonly trailers: Buffer;
}

/** Checks the whole answer. */
export function isRight({ message, trailers }: Ending, expected: Expected): boolean {
  if (message === undefined || trailers === undefined) return false;
  if (!isWhole(message) || !trailers.equals(expected.trailers)) return false;
  const payload = message.subarray(GRPC_FRAME_BYTES);
  const answers = expected.items > 1 ? firstFieldsIn(payload).flatMap(firstFieldsIn) : [payload];
  return answers.length === expected.items && answers.every((answer) => isDue(answer, expected.code));
}

function isDue(answer: Buffer, code: Code): boolean {
  return code === 'none' ? answer[0] === FIRST_TAG : statusIn(answer) === STATUS[code];
}

/** Returns the contents of the fields with number 1 if the message has no other fields; otherwise an empty list. */
function firstFieldsIn(message: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < message.length; ) {
    if (message[at] !== FIRST_TAG) return [];
    let [length, shift] = [0, 0];
    for (at += 1; ; at += 1, shift += 7) {
      const byte = message[at] ?? 0;
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    found.push(message.subarray(at + 1, at + 1 + length));
    at += 1 + length;
  }
  return found;
}

function isWhole(message: Buffer): boolean {
  return message.length > GRPC_FRAME_BYTES && message.length === GRPC_FRAME_BYTES + message.readUInt32BE(1);
}

/** Returns the status in an answer; undefined if the answer is incomplete. */
export function statusOf(message: Buffer): number | undefined {
  return isWhole(message) ? statusIn(message.subarray(GRPC_FRAME_BYTES)) : undefined;
}

/** The fields are in the order of their numbers. */
function statusIn(message: Buffer): number | undefined {
  let at = 0;
  if (message[at] === tag(FIELD.valid)) at += 2;
  return message[at] === tag(FIELD.status) ? message[at + 1] : undefined;
}

function tag(field: number): number {
  return (field << 3) | VARINT;
}
