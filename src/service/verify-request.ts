/** Reads a Verify request: checks every field, and fills in every default. */
import type { VerifyRequest } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { Violations } from '../otp/error.ts';
import { MAX_CODE_BYTES } from '../otp/hotp.ts';
import { BOUNDS, DEFAULTS } from '../otp/params.ts';
import { type StepRange, stepAt, window } from '../otp/totp.ts';
import { type ResolvedKey, requireKey } from './key.ts';
import { readBounded, readCounter } from './numbers.ts';
import { readRequestId } from './request-id.ts';
import { isExpired, type KeyOpener } from './sealed-key.ts';

/** The most keys that a code may be checked against besides the first. */
export const MAX_ALTERNATIVES = 4;

/** A key to check the code against. */
export interface KeyCheck {
  readonly key: ResolvedKey;
  /** The server's current step, or the counter of a HOTP; drift is counted from it. */
  readonly current: number;
  /** The steps whose codes are accepted, both ends included. */
  readonly window: StepRange;
}

/** A check, complete and valid. */
export interface Verification {
  /** For `key`, then for each of `alternatives`. */
  readonly checks: readonly KeyCheck[];
  /** The last step that the caller knows as used. */
  readonly afterStep: number | undefined;
  /** Whether the request confirms an enrolment that has expired. */
  readonly isLate: boolean;
  /** In lower case; undefined if retries are not recognised. */
  readonly requestId: string | undefined;
}

/** Reads `request` at `now`. Throws every violation at once or, if there is none, the `Rejection` of a sealed key. */
export function readVerification(request: VerifyRequest, opener: KeyOpener, now: number): Verification {
  const violations = new Violations();
  const keys = [requireKey(request.key, violations, opener), ...readAlternatives(request, opener, violations)];
  checkCode('code', request.code, violations);
  const windows = readWindows(request, violations);
  checkTypes(request, keys, violations);
  const afterStep = violations.collect('', readCounter, 'after_step', request.afterStep);
  const requestId = readRequestId(request.requestId, violations);
  if (request.confirm) checkConfirm(request, violations);
  violations.throwIfAny();
  opener.throwIfRefused();
  if (windows === undefined) throw new Error('a request without violations is complete');
  const checks = keys.map((key) => checkOf(key, windows, now));
  const isLate = checks.some(({ key: { opened } }) => opened !== undefined && isExpired(opened, now));
  return { checks, afterStep, requestId, isLate };
}

/** Notes violations of a code that can be found before it is read. */
export function checkCode(field: string, code: string, violations: Violations): void {
  if (code === '') violations.add(field, 'required: set the code as the user typed it');
  if (Buffer.byteLength(code) > MAX_CODE_BYTES) violations.add(field, `too long: at most ${MAX_CODE_BYTES} bytes`);
}

/** A confirmation needs one sealed key, and a code that is used up. */
function checkConfirm({ key, allowReuse, alternatives }: VerifyRequest, violations: Violations): void {
  const source = key?.source.case;
  if (source === 'secret' || source === 'uri')
    violations.add('confirm', 'only with a sealed key: set key.sealed, or leave it unset');
  if (allowReuse) violations.add('allow_reuse', 'not together with confirm: leave one of them unset');
  if (alternatives.length > 0) violations.add('alternatives', 'not together with confirm: leave one of them unset');
}

/** Reads the other keys, unless there are too many. */
function readAlternatives(
  { alternatives, afterStep }: VerifyRequest,
  opener: KeyOpener,
  violations: Violations,
): (ResolvedKey | undefined)[] {
  if (alternatives.length === 0) return [];
  if (afterStep !== undefined) violations.add('after_step', 'not together with alternatives: it does not say of which key');
  if (alternatives.length > MAX_ALTERNATIVES) {
    violations.add('alternatives', `too many: at most ${MAX_ALTERNATIVES} beside key`);
    return [];
  }
  return alternatives.map((key, place) => requireKey(key, violations, opener, `alternatives[${place}]`));
}

/** The number of steps to accept around the current step, or after a counter. */
interface Windows {
  readonly past: number;
  readonly future: number;
  readonly ahead: number;
}

function readWindows({ pastSteps, futureSteps, lookAhead }: VerifyRequest, violations: Violations): Windows | undefined {
  const past = violations.collect('', readBounded, 'past_steps', pastSteps, BOUNDS.window, DEFAULTS.window);
  const future = violations.collect('', readBounded, 'future_steps', futureSteps, BOUNDS.window, DEFAULTS.window);
  const ahead = violations.collect('', readBounded, 'look_ahead', lookAhead, BOUNDS.lookAhead, DEFAULTS.lookAhead);
  return past === undefined || future === undefined || ahead === undefined ? undefined : { past, future, ahead };
}

/** Refuses a window that does not fit the type of any key, unless one of the keys could not be read. */
function checkTypes(request: VerifyRequest, keys: readonly (ResolvedKey | undefined)[], violations: Violations): void {
  const { pastSteps, futureSteps, lookAhead } = request;
  if (lookAhead !== undefined && keys.every((key) => key?.parameters.type === 'totp'))
    violations.add('look_ahead', 'not for TOTP: set past_steps and future_steps instead');
  if (!keys.every((key) => key?.parameters.type === 'hotp')) return;
  for (const [field, value] of Object.entries({ past_steps: pastSteps, future_steps: futureSteps })) {
    if (value !== undefined) violations.add(field, 'not for HOTP: set look_ahead instead');
  }
}

function checkOf(key: ResolvedKey | undefined, { past, future, ahead }: Windows, now: number): KeyCheck {
  if (key === undefined) throw new Error('a request without violations has its keys');
  const { counter, parameters } = key;
  const current = counter ?? stepAt(now, parameters.period);
  if (counter === undefined) return { key, current, window: window(current, past, future) };
  return { key, current, window: { first: counter, last: Math.min(counter + ahead, Number.MAX_SAFE_INTEGER) } };
}
