/** The answer to a code, for a person. */
import { durationMs } from '@bufbuild/protobuf/wkt';
import { type VerifyResponse, VerifyStatus } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { formatDuration } from '../input/time.ts';
import { EXIT } from './exit.ts';
import { CliError } from './failure.ts';

/** The exit code for an answer. An answer that contradicts itself, or that only a later version knows, says nothing. */
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

/** The answer in words; `digits` says how long a code is. */
export function describeVerdict(
  response: Pick<VerifyResponse, 'status' | 'nextCounter' | 'attemptsRemaining' | 'retryAfter'>,
  digits: string,
): string {
  switch (response.status) {
    case VerifyStatus.ACCEPTED:
      return response.nextCounter === undefined ? 'accepted' : `accepted (next counter ${response.nextCounter})`;
    case VerifyStatus.MISMATCH:
      return `wrong code${describeAttempts(response.attemptsRemaining)}`;
    case VerifyStatus.REPLAYED:
      return 'already used';
    case VerifyStatus.MALFORMED:
      return `not a code: ${digits} expected`;
    default:
      return describeLock(response.retryAfter, 'key');
  }
}

/** A lock in words; `what` is locked. */
export function describeLock(retryAfter: VerifyResponse['retryAfter'], what: string): string {
  return retryAfter === undefined
    ? `locked: too many wrong codes; only an operator can unlock the ${what}`
    : `locked: try again in ${formatDuration(durationMs(retryAfter))}`;
}

/** The attempts that are left, in brackets; nothing if that is not known. */
export function describeAttempts(left: number | undefined): string {
  if (left === undefined) return '';
  return ` (${left === 1 ? '1 attempt' : `${left} attempts`} left)`;
}
