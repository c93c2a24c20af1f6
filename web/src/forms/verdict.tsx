/** The answer to a check, in words. */
import { durationMs } from '@bufbuild/protobuf/wkt';
import { type VerifyRecoveryCodeResponse, type VerifyResponse, VerifyStatus } from '../../../gen/ts/otp/v1/otp_service_pb.ts';

interface Words {
  readonly name: string;
  readonly text: string;
}

const WORDS: Readonly<Record<VerifyStatus, Words>> = {
  [VerifyStatus.UNSPECIFIED]: { name: 'UNKNOWN', text: 'This page is older than the server: load it again.' },
  [VerifyStatus.ACCEPTED]: {
    name: 'ACCEPTED',
    text: 'The code is right. It is used now, and no code up to it is accepted again.',
  },
  [VerifyStatus.MISMATCH]: { name: 'MISMATCH', text: 'The code is wrong.' },
  [VerifyStatus.MALFORMED]: { name: 'MALFORMED', text: 'This is no code: it has the wrong length, or is not all digits.' },
  [VerifyStatus.REPLAYED]: {
    name: 'REPLAYED',
    text: 'The code is right, but it or a later one was used before. Wait for the next.',
  },
  [VerifyStatus.THROTTLED]: { name: 'THROTTLED', text: 'There were too many wrong codes, so this one was not looked at.' },
};

interface VerdictProps {
  readonly answer: VerifyResponse | VerifyRecoveryCodeResponse;
  /** The check consumed nothing. */
  readonly allowReuse: boolean;
}

export function Verdict({ answer, allowReuse }: VerdictProps) {
  const { valid, status, attemptsRemaining, retryAfter } = answer;
  const driftSteps = 'driftSteps' in answer ? answer.driftSteps : undefined;
  const nextCounter = 'nextCounter' in answer ? answer.nextCounter : undefined;
  const remainingCount = 'remainingCount' in answer ? answer.remainingCount : undefined;
  const { name, text } = WORDS[status] ?? WORDS[VerifyStatus.UNSPECIFIED];
  return (
    <div class={valid ? 'note good' : 'note bad'}>
      <strong>{name}</strong>
      <p>{valid && allowReuse ? 'The code is right. It was not used up.' : text}</p>
      <dl class="facts">
        {driftSteps !== undefined && (
          <>
            <dt>Drift</dt>
            <dd>{driftText(driftSteps)}</dd>
          </>
        )}
        {remainingCount !== undefined && (
          <>
            <dt>Codes left</dt>
            <dd>{remainingCount}</dd>
          </>
        )}
        {attemptsRemaining !== undefined && (
          <>
            <dt>Wrong codes left</dt>
            <dd>{attemptsRemaining}</dd>
          </>
        )}
        {nextCounter !== undefined && (
          <>
            <dt>Counter to store</dt>
            <dd>{String(nextCounter)}</dd>
          </>
        )}
        {status === VerifyStatus.THROTTLED && (
          <>
            <dt>Next try</dt>
            <dd>
              {retryAfter === undefined
                ? 'after an operator has unlocked the key'
                : `in ${Math.ceil(durationMs(retryAfter) / 1000)} s`}
            </dd>
          </>
        )}
      </dl>
    </div>
  );
}

function driftText(steps: number): string {
  if (steps === 0) return 'none';
  const count = Math.abs(steps);
  return `${count} ${count === 1 ? 'step' : 'steps'} ${steps < 0 ? 'behind' : 'ahead'}`;
}
