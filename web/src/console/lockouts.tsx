/** The wrong codes of a user, and the end of a lock. */
import { create } from '@bufbuild/protobuf';
import { useState } from 'preact/hooks';
import type {
  GetAttemptsRequest,
  GetAttemptsResponse,
  UnlockAttemptsResponse,
} from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { RecoveryCodeSetSchema } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { type AdminClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { bytesOf, Choice, Form, TextField, Tick } from '../forms/fields.tsx';
import { KeyFields, NO_KEY, useKey } from '../forms/use-key.tsx';
import { FailureNote } from '../parts/failure-note.tsx';
import { momentText } from './moment.ts';

const KINDS = { fingerprint: 'A fingerprint', key: 'A key', recoverySet: 'A set of recovery codes' };

export function Lockouts({ client }: { readonly client: AdminClient }) {
  const [kind, setKind] = useState('fingerprint');
  const [fingerprint, setFingerprint] = useState('');
  const [texts, setTexts] = useState(NO_KEY);
  const [set, setSet] = useState({ blob: '', context: '' });
  const key = useKey(texts);
  const looking = useCall<{ readonly subject: GetAttemptsRequest['subject']; readonly attempts: GetAttemptsResponse }>();

  function subject(): GetAttemptsRequest['subject'] {
    if (kind === 'key') return { case: 'key', value: key };
    if (kind === 'fingerprint') return { case: 'fingerprint', value: fingerprint.trim() };
    return {
      case: 'recoverySet',
      value: create(RecoveryCodeSetSchema, { blob: set.blob.trim(), context: bytesOf(set.context) }),
    };
  }

  const look = (of: GetAttemptsRequest['subject']) =>
    looking.start(async () => ({ subject: of, attempts: await client.getAttempts({ subject: of }, UNARY) }));
  return (
    <section class="card" aria-labelledby="lockouts">
      <h2 id="lockouts">Locked users</h2>
      <Form action="Look" isRunning={looking.isRunning} onSubmit={() => look(subject())}>
        <Choice label="By" value={kind} choices={KINDS} onValue={setKind} />
        {kind === 'fingerprint' && (
          <TextField
            label="Fingerprint"
            value={fingerprint}
            required
            maxLength={64}
            hint="As the audit trail has it"
            onValue={setFingerprint}
          />
        )}
        {kind === 'key' && <KeyFields texts={texts} onTexts={setTexts} />}
        {kind === 'recoverySet' && (
          <>
            <TextField label="Set" value={set.blob} required maxLength={2048} onValue={(blob) => setSet({ ...set, blob })} />
            <TextField
              label="Context of the set"
              value={set.context}
              maxLength={256}
              onValue={(context) => setSet({ ...set, context })}
            />
          </>
        )}
      </Form>
      <FailureNote failure={looking.failure} />
      {looking.answer !== undefined && (
        <Attempts key={looking.answer.subject} client={client} {...looking.answer} onUnlocked={look} />
      )}
    </section>
  );
}

interface AttemptsProps {
  readonly client: AdminClient;
  readonly subject: GetAttemptsRequest['subject'];
  readonly attempts: GetAttemptsResponse;
  readonly onUnlocked: (subject: GetAttemptsRequest['subject']) => Promise<void>;
}

/** Unlocks the subject that was looked up, even if the fields have changed since. */
function Attempts({ client, subject, attempts, onUnlocked }: AttemptsProps) {
  const [forgetFutureSteps, setForgetFutureSteps] = useState(false);
  const { answer, failure, isRunning, start } = useCall<UnlockAttemptsResponse>();
  const unlock = () =>
    start(async () => {
      const unlocked = await client.unlockAttempts({ subject, forgetFutureSteps }, UNARY);
      await onUnlocked(subject);
      return unlocked;
    });
  return (
    <>
      <div role="status" class="note">
        <p>{attemptsText(attempts)}</p>
        {answer !== undefined && <p>It was unlocked, and {wrongCodes(answer.failureCount)} forgotten.</p>}
      </div>
      {subject.case !== 'recoverySet' && (
        <Tick
          label="Forget used codes that lie in the future, which a clock that was ahead has left"
          value={forgetFutureSteps}
          onValue={setForgetFutureSteps}
        />
      )}
      <button type="button" aria-disabled={isRunning} onClick={() => isRunning || unlock()}>
        Unlock
      </button>
      <FailureNote failure={failure} />
    </>
  );
}

function attemptsText({ failureCount, lockEndTime, needsUnlock }: GetAttemptsResponse): string {
  const counted = `${wrongCodes(failureCount)} counted.`;
  if (needsUnlock) return `${counted} Locked until it is unlocked here.`;
  return `${counted} ${lockEndTime === undefined ? 'Not locked.' : `Locked until ${momentText(lockEndTime)}.`}`;
}

function wrongCodes(count: number): string {
  return count === 1 ? '1 wrong code is' : `${count} wrong codes are`;
}
