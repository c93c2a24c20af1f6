/** Reads a Verify request: every field checked, every default filled in. */
import type { VerifyRequest } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { Violations } from '../otp/error.ts';
import { MAX_CODE_BYTES } from '../otp/hotp.ts';
import { BOUNDS, DEFAULTS } from '../otp/params.ts';
import { stepAt, window } from '../otp/totp.ts';
import { type ResolvedKey, requireKey } from './key.ts';
import { readBounded, readCounter } from './numbers.ts';
import { readRequestId } from './request-id.ts';

/** A check, ready to be made. */
export interface Verification {
  readonly key: ResolvedKey;
  /** The server's current step, or the counter of a HOTP: what drift is counted from. */
  readonly current: number;
  /** The steps whose codes are right, both ends included. */
  readonly window: { readonly first: number; readonly last: number };
  /** The last step that the caller knows to be used. */
  readonly afterStep: number | undefined;
  /** In lower case; undefined if a retry is not to be recognised. */
  readonly requestId: string | undefined;
}

/** Reads `request` at `now`; throws every violation at once. */
export function readVerification(request: VerifyRequest, now: number): Verification {
  const violations = new Violations();
  const key = requireKey(request.key, violations);
  if (request.code === '') violations.add('code', 'required: set the code as the user typed it');
  if (Buffer.byteLength(request.code) > MAX_CODE_BYTES) violations.add('code', `too long: at most ${MAX_CODE_BYTES} bytes`);
  const window = readWindow(request, key, now, violations);
  const afterStep = violations.collect('', readCounter, 'after_step', request.afterStep);
  const requestId = readRequestId(request.requestId, violations);
  violations.throwIfAny();
  if (key === undefined || window === undefined) throw new Error('a request without violations is complete');
  return { key, ...window, afterStep, requestId };
}

function readWindow(
  request: VerifyRequest,
  key: ResolvedKey | undefined,
  now: number,
  violations: Violations,
): Pick<Verification, 'current' | 'window'> | undefined {
  const { pastSteps, futureSteps, lookAhead } = request;
  const past = violations.collect('', readBounded, 'past_steps', pastSteps, BOUNDS.window, DEFAULTS.window);
  const future = violations.collect('', readBounded, 'future_steps', futureSteps, BOUNDS.window, DEFAULTS.window);
  const ahead = violations.collect('', readBounded, 'look_ahead', lookAhead, BOUNDS.lookAhead, DEFAULTS.lookAhead);
  if (key === undefined || past === undefined || future === undefined || ahead === undefined) return undefined;
  if (key.counter === undefined) {
    if (lookAhead !== undefined) violations.add('look_ahead', 'not for TOTP: set past_steps and future_steps instead');
    const current = stepAt(now, key.parameters.period);
    return { current, window: window(current, past, future) };
  }
  for (const [field, value] of Object.entries({ past_steps: pastSteps, future_steps: futureSteps })) {
    if (value !== undefined) violations.add(field, 'not for HOTP: set look_ahead instead');
  }
  return { current: key.counter, window: { first: key.counter, last: Math.min(key.counter + ahead, Number.MAX_SAFE_INTEGER) } };
}
