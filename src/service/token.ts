/** Token: returns the code of a key at a time, and its neighbours. */
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { TokenRequest, TokenResponse } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import type { Token } from '../../gen/ts/otp/v1/token_pb.ts';
import { invalid, Violations } from '../otp/error.ts';
import { BOUNDS } from '../otp/params.ts';
import { stepAt, stepStart } from '../otp/totp.ts';
import type { CallContext } from '../rpc/context.ts';
import { type ResolvedKey, requireKey } from './key.ts';
import { LAST_MS, readBounded, readMoment } from './numbers.ts';
import { KeyOpener, type SealingPort } from './sealed-key.ts';
import { type Moments, tokenMessage } from './token-message.ts';

/** Makes the handler. */
export function createToken({ sealing }: SealingPort): (request: TokenRequest, context: CallContext) => TokenResponse {
  return (request, context) => {
    const now = context.now();
    using opener = new KeyOpener(sealing, context, now, 'disclose');
    return token(request, opener, now);
  };
}

function token(request: TokenRequest, opener: KeyOpener, now: number): TokenResponse {
  const violations = new Violations();
  const key = requireKey(request.key, violations, opener);
  const past = violations.collect('', readBounded, 'past_steps', request.pastSteps, BOUNDS.window, 0);
  const future = violations.collect('', readBounded, 'future_steps', request.futureSteps, BOUNDS.window, 0);
  const at = violations.collect('', readAt, request.at, key, now);
  violations.throwIfAny();
  opener.throwIfRefused();
  if (key === undefined || past === undefined || future === undefined || at === undefined) {
    throw new Error('a request without violations is complete');
  }
  const step = key.counter ?? stepAt(at, key.parameters.period);
  const moments: Moments = { at, now };
  const neighbours: Token[] = [];
  for (let offset = -past; offset <= future; offset++) {
    if (offset !== 0 && exists(step + offset, key.parameters.period)) {
      neighbours.push(tokenMessage(key, step + offset, offset, moments));
    }
  }
  return { $typeName: 'otp.v1.TokenResponse', token: tokenMessage(key, step, 0, moments), neighbours };
}

/** Whether a Timestamp can express the beginning of the step; always true for a HOTP, whose period is 0. */
function exists(step: number, period: number): boolean {
  return step >= 0 && step <= Number.MAX_SAFE_INTEGER && stepStart(step, period) <= LAST_MS;
}

function readAt(at: Timestamp | undefined, key: ResolvedKey | undefined, now: number): number {
  if (at === undefined) return now;
  if (key?.parameters.type === 'hotp') throw invalid('at', 'not for HOTP: leave it unset, and set key.counter');
  const ms = readMoment(at);
  if (ms === undefined) throw invalid('at', 'out of range: from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z');
  return ms;
}
