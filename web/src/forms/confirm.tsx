/** The confirmation of an enrolment: the first code of the device makes the sealed key usable. */
import { create } from '@bufbuild/protobuf';
import { useState } from 'preact/hooks';
import { OtpService, VerifyRequestSchema, type VerifyResponse } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { type OtpClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { Blob } from '../parts/blob.tsx';
import { FailureNote } from '../parts/failure-note.tsx';
import { ProgramsBox } from '../parts/programs-box.tsx';
import { bytesOf, Form, TextField } from './fields.tsx';
import { Verdict } from './verdict.tsx';

interface ConfirmProps {
  readonly client: OtpClient;
  /** The blob of the pending key. */
  readonly pending: string;
  readonly context: string;
  /** Called with the blob to store. */
  readonly onConfirmed: (blob: string) => void;
}

export function Confirm({ client, pending, context, onConfirmed }: ConfirmProps) {
  const [code, setCode] = useState('');
  const { answer, failure, isRunning, start } = useCall<VerifyResponse>();
  const sealed = { blob: pending, context: bytesOf(context) };
  const request = create(VerifyRequestSchema, { key: { source: { case: 'sealed', value: sealed } }, code, confirm: true });
  const confirm = () =>
    start(async () => {
      const response = await client.verify(request, UNARY);
      if (response.resealed !== undefined) onConfirmed(response.resealed.blob);
      return response;
    });
  return (
    <section class="enrolment" aria-label="Confirm the enrolment">
      <h3>Confirm the enrolment</h3>
      <Form action="Confirm" isRunning={isRunning} onSubmit={confirm}>
        <TextField
          label="Code of the app"
          value={code}
          required
          maxLength={256}
          placeholder="123 456"
          hint="Scan the picture, then type the code that the app shows"
          onValue={setCode}
        />
      </Form>
      <FailureNote failure={failure} />
      <div role="status">
        {answer !== undefined && <Verdict answer={answer} allowReuse={false} />}
        {answer?.resealed !== undefined && <Blob title="Sealed key to store" text={answer.resealed.blob} />}
      </div>
      <ProgramsBox call={{ method: OtpService.method.verify, request }} />
    </section>
  );
}
