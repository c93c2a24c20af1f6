/** Builds the `Token` message: a code of a key, and when it is valid. */
import type { Token } from '../../gen/ts/otp/v1/token_pb.ts';
import { hotpCode } from '../otp/hotp.ts';
import { stepStart } from '../otp/totp.ts';
import type { KeyUri } from '../otp/uri.ts';
import { wireAlgorithm, wireType } from './enums.ts';
import { LAST_MS, timestamp } from './numbers.ts';

/** The times that a token refers to. */
export interface Moments {
  /** The time in the request, in ms since the epoch. */
  readonly at: number;
  /** The server's clock, in ms since the epoch. */
  readonly now: number;
}

/** The code at `step`, `offset` steps from the requested step. */
export function tokenMessage(
  key: Pick<KeyUri, 'secret' | 'parameters'>,
  step: number,
  offset: number,
  { at, now }: Moments,
): Token {
  const { type, algorithm, digits, period } = key.parameters;
  const expiresAt = stepStart(step + 1, period);
  const isTotp = type === 'totp';
  // Every field is written out, as `create` would do at five times the cost.
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
