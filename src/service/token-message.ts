/** Builds the `Token` message: one code of a key, and when it holds. */
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { Token } from '../../gen/ts/otp/v1/token_pb.ts';
import { hotpCode } from '../otp/hotp.ts';
import { stepStart } from '../otp/totp.ts';
import type { KeyUri } from '../otp/uri.ts';
import { wireAlgorithm, wireType } from './enums.ts';

/** 9999-12-31T23:59:59.999Z, the end of google.protobuf.Timestamp, in ms since the epoch. */
export const LAST_MS = 253_402_300_799_999;

/** The moments that a token is told against. */
export interface Moments {
  /** The moment asked about, ms since the epoch. */
  readonly at: number;
  /** The server's clock, ms since the epoch. */
  readonly now: number;
}

/** The code at `step`, which lies `offset` steps from the one asked for. */
export function tokenMessage(
  key: Pick<KeyUri, 'secret' | 'parameters'>,
  step: number,
  offset: number,
  { at, now }: Moments,
): Token {
  const { type, algorithm, digits, period } = key.parameters;
  const expiresAt = stepStart(step + 1, period);
  const isTotp = type === 'totp';
  // Every field is written out, which is all that `create` would see to, at a fifth of its cost.
  return {
    $typeName: 'otp.v1.Token',
    code: hotpCode(key.secret, step, key.parameters),
    step: BigInt(step),
    validFrom: isTotp ? timestamp(stepStart(step, period)) : undefined,
    expireTime: isTotp ? timestamp(Math.min(expiresAt, LAST_MS)) : undefined,
    remainingSeconds: isTotp ? Math.max(0, Math.ceil((expiresAt - at) / 1000)) : 0,
    serverTime: timestamp(now),
    type: wireType(type),
    algorithm: wireAlgorithm(algorithm),
    digits,
    periodSeconds: period,
    offsetSteps: offset,
    offsetSeconds: offset * period,
  };
}

/** A moment; made without `create`, which costs several times as much. @param ms since the epoch, not negative. */
export function timestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000);
  return { $typeName: 'google.protobuf.Timestamp', seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 };
}
