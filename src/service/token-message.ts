/** Builds the `Token` message: one code of a key, and when it holds. */
import { create } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { type Token, TokenSchema } from '../../gen/ts/otp/v1/token_pb.ts';
import { hotpCode } from '../otp/hotp.ts';
import { stepStart } from '../otp/totp.ts';
import { wireAlgorithm, wireType } from './enums.ts';
import type { ResolvedKey } from './key.ts';

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
export function tokenMessage(key: ResolvedKey, step: number, offset: number, moments: Moments): Token {
  const { type, algorithm, digits, period } = key.parameters;
  const token = create(TokenSchema, {
    code: hotpCode(key.secret, step, key.parameters),
    step: BigInt(step),
    serverTime: timestampFromMs(moments.now),
    type: wireType(type),
    algorithm: wireAlgorithm(algorithm),
    digits,
    periodSeconds: period,
    offsetSteps: offset,
    offsetSeconds: offset * period,
  });
  return type === 'totp' ? Object.assign(token, validity(step, period, moments.at)) : token;
}

function validity(
  step: number,
  period: number,
  at: number,
): { validFrom: Timestamp; expireTime: Timestamp; remainingSeconds: number } {
  const expiresAt = stepStart(step + 1, period);
  return {
    validFrom: timestampFromMs(stepStart(step, period)),
    expireTime: timestampFromMs(Math.min(expiresAt, LAST_MS)),
    remainingSeconds: Math.max(0, Math.ceil((expiresAt - at) / 1000)),
  };
}
