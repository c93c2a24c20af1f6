/** Reads a Verify request: every field checked, every default filled in. */
import type { VerifyRequest } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { Violations } from '../otp/error.ts';
import { MAX_CODE_BYTES } from '../otp/hotp.ts';
import { BOUNDS, DEFAULTS } from '../otp/params.ts';
import { stepAt, window } from '../otp/totp.ts';
import { type ResolvedKey, requireKey } from './key.ts';
import { readBounded, readCounter } from './numbers.ts';
import type { KeyOpener } from './sealed-key.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

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

/** Reads `request` at `now`; throws every violation at once, and without one the `Rejection` of a sealed key. */
export function readVerification(request: VerifyRequest, opener: KeyOpener, now: number): Verification {
  const violations = new Violations();
  const key = requireKey(request.key, violations, opener);
  if (request.code === '') violations.add('code', 'required: set the code as the user typed it');
  if (Buffer.byteLength(request.code) > MAX_CODE_BYTES) violations.add('code', `too long: at most ${MAX_CODE_BYTES} bytes`);
  const window = readWindow(request, key, now, violations);
  const afterStep = violations.collect('', readCounter, 'after_step', request.afterStep);
  if (request.requestId !== '' && !UUID.test(request.requestId)) {
    violations.add('request_id', 'not a UUID: use the form 01234567-89ab-4cde-8f01-23456789abcd, or leave it unset');
  }
  if (request.confirm) checkConfirm(request, violations);
  violations.throwIfAny();
  opener.throwIfRefused();
  if (key === undefined || window === undefined) throw new Error('a request without violations is complete');
  return { key, ...window, afterStep, requestId: request.requestId.toLowerCase() || undefined };
}

/** A confirmation is of one sealed key, by a code that is used up. */
function checkConfirm({ key, allowReuse, alternatives }: VerifyRequest, violations: Violations): void {
  const source = key?.source.case;
  if (source === 'secret' || source === 'uri')
    violations.add('confirm', 'only with a sealed key: set key.sealed, or leave it unset');
  if (allowReuse) violations.add('allow_reuse', 'not together with confirm: leave one of them unset');
  if (alternatives.length > 0) violations.add('alternatives', 'not together with confirm: leave one of them unset');
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
