/** Describes the answer to a code for a person. */
import { durationMs, type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt';
import { type VerifyResponse, VerifyStatus } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { stepStart } from '../../otp/totp.ts';
import { FIRST_DELAY_MS } from '../../verification/lock.ts';
import { formatClock, formatDuration } from '../input/time.ts';
import type { Io, Output } from '../io.ts';
import { signOf } from './charset.ts';
import { EXIT } from './exit.ts';
import { CliError } from './failure.ts';
import { paint, writeLine } from './text.ts';

/** The parts of an answer that are shown. */
type Answer = Pick<VerifyResponse, 'status' | 'nextCounter' | 'attemptsRemaining' | 'retryAfter'> &
  Partial<Pick<VerifyResponse, 'matchedStep' | 'driftSteps' | 'serverTime'>>;

/** The form of the codes of a key. */
export interface CodeForm {
  /** How long a code is: `6 digits`. */
  readonly digits: string;
  /** The time step in seconds, 0 for HOTP; undefined if it is not known here. */
  readonly period: number | undefined;
}

/** The exit code for an answer. Throws for an answer that contradicts itself, or whose status only a later version knows. */
export function readVerdict({ valid, status }: Pick<VerifyResponse, 'valid' | 'status'>): number {
  const known = status >= VerifyStatus.ACCEPTED && status <= VerifyStatus.THROTTLED;
  if (!known || valid !== (status === VerifyStatus.ACCEPTED)) {
    throw new CliError({
      code: 'INTERNAL',
      message: 'the answer makes no sense to this version of otpd: is the server a newer one?',
      violations: [],
    });
  }
  return valid ? EXIT.ok : EXIT.refused;
}

/** Writes a verdict on a line, on a terminal with a sign and in green or red. */
export function writeVerdict(io: Io, output: Output, valid: boolean, text: string): void {
  const line = signOf(io, output, valid ? 'yes' : 'no') + text;
  writeLine(output, paint(io, output, valid ? 'green' : 'red', line));
}

/** The answer in words. */
export function describeVerdict(answer: Answer, { digits, period }: CodeForm): string {
  switch (answer.status) {
    case VerifyStatus.ACCEPTED:
      return answer.nextCounter === undefined ? 'accepted' : `accepted (next counter ${answer.nextCounter})`;
    case VerifyStatus.MISMATCH:
      return `wrong code${describeAttempts(answer.attemptsRemaining, answer.serverTime)}`;
    case VerifyStatus.REPLAYED:
      return `already used${describeNext(answer, period)}`;
    case VerifyStatus.MALFORMED:
      return `not a code: ${digits} expected`;
    default:
      return describeLock(answer.retryAfter, 'secret', answer.serverTime);
  }
}

/** How far the clock of the app is off, if the code was right. */
export function describeDrift({ valid, driftSteps = 0, nextCounter }: VerifyResponse): string {
  if (!valid || nextCounter !== undefined || driftSteps === 0) return '';
  const steps = Math.abs(driftSteps);
  return ` (the clock of the app is ${steps === 1 ? '1 step' : `${steps} steps`} ${driftSteps < 0 ? 'behind' : 'ahead'})`;
}

/** Describes a lock; `what` names its subject. */
export function describeLock(retryAfter: VerifyResponse['retryAfter'], what: string, serverTime?: Timestamp): string {
  if (retryAfter === undefined)
    return `locked: too many wrong codes; only an operator can unlock the ${what} (\`otpd attempts unlock\`)`;
  const wait = durationMs(retryAfter);
  return `locked for ${formatDuration(wait)}${describeEnd(wait, serverTime)}: too many wrong codes`;
}

/**
 * The remaining attempts in brackets, or the lock that the last attempt caused; empty if they are not known. An answer does not say how long the lock
 * lasts: a minute the first time, and twice as long each further time.
 */
export function describeAttempts(left: number | undefined, serverTime?: Timestamp): string {
  if (left === undefined) return '';
  if (left > 0) return ` (${left === 1 ? '1 attempt' : `${left} attempts`} left)`;
  return `: locked for at least ${formatDuration(FIRST_DELAY_MS)}${describeEnd(FIRST_DELAY_MS, serverTime, ' or later')}`;
}

/** When a wait ends, by the server's clock, in UTC. */
function describeEnd(wait: number, serverTime: Timestamp | undefined, more = ''): string {
  return serverTime === undefined ? '' : ` (until ${formatClock(timestampMs(serverTime) + wait)} UTC${more})`;
}

/** When a code can next be accepted, at the beginning of the step after the used one, by the server's clock. */
function describeNext({ matchedStep, serverTime }: Answer, period: number | undefined): string {
  if (period === 0) return ': take the next code';
  if (period === undefined || matchedStep === undefined || serverTime === undefined) return ': wait for the next code';
  const wait = stepStart(Number(matchedStep) + 1, period) - timestampMs(serverTime);
  return wait > 0 ? `: the next code comes in ${formatDuration(wait)}` : ': take the code that the app shows now';
}
