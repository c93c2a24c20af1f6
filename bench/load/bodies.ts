/** Makes Verify requests before the measurement. Each has a new secret, and a code that is certainly right or certainly wrong. */
import { createHmac, randomFillSync } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import { TokenRequestSchema, VerifyRequestSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { formatSecret } from '../../src/otp/secret.ts';
import { grpcFrame } from './grpc-frame.ts';

/** The code of a Verify; `none` stands for a Token with a fixed key. */
export type Code = 'right' | 'wrong' | 'none';

/** The key of all Token requests, which is the key of RFC 4226, appendix D. */
export const SECRET: Uint8Array = Buffer.from('12345678901234567890');
export const TOKEN_BODY: Uint8Array = toBinary(
  TokenRequestSchema,
  create(TokenRequestSchema, { key: { source: { case: 'secret', value: formatSecret(SECRET) } } }),
);

/** The tag of field 1 of a batch, with a length. */
const REQUESTS_TAG = 0x0a;
const SECRET_BYTES = 20;
const PERIOD_S = 30;
/** The steps that the server's window of ±1 may accept while the request waits to be sent: from one step back to two ahead. */
const STEPS = [0, -1, 1, 2] as const;

/** Makes requests with their gRPC frame. If `items` is greater than 1, the requests are batches of this many items. */
export function bodies(count: number, kind: Code, items: number = 1): Buffer[] {
  if (kind === 'none') return new Array<Buffer>(count).fill(grpcFrame(items > 1 ? batchOf(items, () => TOKEN_BODY) : TOKEN_BODY));
  return Array.from({ length: count }, () => {
    return grpcFrame(items > 1 ? batchOf(items, () => encoded(verifyBody(kind))) : encoded(verifyBody(kind)));
  });
}

/** Makes a batch of encoded requests, which both batch messages have in field 1. */
function batchOf(items: number, request: () => Uint8Array): Buffer {
  return Buffer.concat(
    Array.from({ length: items }, () => {
      const bytes = request();
      if (bytes.length > 127) throw new Error('a request is too long for a length of one byte');
      return Buffer.concat([Buffer.of(REQUESTS_TAG, bytes.length), bytes]);
    }),
  );
}

/** Makes a new secret and a code for it. */
export function verifyBody(kind: 'right' | 'wrong'): { secret: string; code: string } {
  const step = Math.floor(Date.now() / 1000 / PERIOD_S);
  const secret = randomFillSync(new Uint8Array(SECRET_BYTES));
  return { secret: formatSecret(secret), code: kind === 'right' ? hotp(secret, step) : wrongCode(secret, step) };
}

/** Computes the code of six digits (RFC 4226), independently of the code under test. */
export function hotp(secret: Uint8Array, counter: number): string {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(counter));
  const digest = createHmac('sha1', secret).update(message).digest();
  const offset = (digest[19] ?? 0) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

function wrongCode(secret: Uint8Array, step: number): string {
  const right = new Set(STEPS.map((offset) => hotp(secret, step + offset)));
  // There is one more candidate than right codes, so at least one candidate is wrong.
  const candidates = ['000000', '111111', '222222', '333333', '444444'];
  return candidates.find((code) => !right.has(code)) ?? '555555';
}

function encoded({ secret, code }: { secret: string; code: string }): Uint8Array {
  return toBinary(VerifyRequestSchema, create(VerifyRequestSchema, { key: { source: { case: 'secret', value: secret } }, code }));
}
