/** A check of a recovery code, and the end of its set. */
import { create } from '@bufbuild/protobuf';
import { useState } from 'preact/hooks';
import {
  OtpService,
  type RevokeRecoveryCodesResponse,
  VerifyRecoveryCodeRequestSchema,
  type VerifyRecoveryCodeResponse,
} from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { type OtpClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { FailureNote } from '../parts/failure-note.tsx';
import { ProgramsBox } from '../parts/programs-box.tsx';
import { bytesOf, Form, TextField } from './fields.tsx';
import { Verdict } from './verdict.tsx';

interface CheckRecoveryCodeProps {
  readonly client: OtpClient;
  readonly blob: string;
  readonly context: string;
  readonly onBlob: (blob: string) => void;
}

export function CheckRecoveryCode({ client, blob, context, onBlob }: CheckRecoveryCodeProps) {
  const [code, setCode] = useState('');
  const checking = useCall<VerifyRecoveryCodeResponse>();
  const revoking = useCall<RevokeRecoveryCodesResponse>();
  const set = { blob: blob.trim(), context: bytesOf(context) };
  const request = create(VerifyRecoveryCodeRequestSchema, { set, code });
  return (
    <section class="enrolment" aria-label="Check a recovery code">
      <h3>Check a recovery code</h3>
      <Form
        action="Check"
        isRunning={checking.isRunning}
        onSubmit={() => checking.start(() => client.verifyRecoveryCode(request, UNARY))}
      >
        <TextField label="Set" value={blob} required maxLength={2048} hint="The blob that you stored" onValue={onBlob} />
        <TextField label="Recovery code" value={code} required maxLength={256} onValue={setCode} />
      </Form>
      <FailureNote failure={checking.failure} />
      <div role="status">
        {checking.answer !== undefined && <Verdict answer={checking.answer} allowReuse={false} />}
        {revoking.answer !== undefined && <p class="note">The set is revoked: none of its codes is accepted any more.</p>}
      </div>
      <FailureNote failure={revoking.failure} />
      {blob !== '' && (
        <button
          type="button"
          class="small"
          aria-disabled={revoking.isRunning}
          onClick={() => revoking.start(() => client.revokeRecoveryCodes({ set }, UNARY))}
        >
          Revoke the set
        </button>
      )}
      <ProgramsBox call={{ method: OtpService.method.verifyRecoveryCode, request }} />
    </section>
  );
}
