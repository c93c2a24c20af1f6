/** A check of a code. */
import { create } from '@bufbuild/protobuf';
import { useState } from 'preact/hooks';
import { OtpService, VerifyRequestSchema, type VerifyResponse } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { type OtpClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { FailureNote } from '../parts/failure-note.tsx';
import { ProgramsBox } from '../parts/programs-box.tsx';
import { Form, TextField, Tick } from './fields.tsx';
import { KeyFields, type KeyTexts, useKey } from './use-key.tsx';
import { Verdict } from './verdict.tsx';

interface CheckProps {
  readonly client: OtpClient;
  readonly texts: KeyTexts;
  readonly onTexts: (texts: KeyTexts) => void;
}

export function Check({ client, texts, onTexts }: CheckProps) {
  const [code, setCode] = useState('');
  const [allowReuse, setAllowReuse] = useState(false);
  const { answer, failure, isRunning, start } = useCall<{ response: VerifyResponse; allowReuse: boolean }>();
  const request = create(VerifyRequestSchema, { key: useKey(texts), code, allowReuse });
  const verify = () => start(async () => ({ response: await client.verify(request, UNARY), allowReuse }));
  return (
    <section class="card" aria-labelledby="check">
      <h2 id="check">Check a code</h2>
      <Form action="Check" isRunning={isRunning} onSubmit={verify}>
        <KeyFields texts={texts} onTexts={onTexts} />
        <TextField label="Code" value={code} required maxLength={256} placeholder="123 456" onValue={setCode} />
        <Tick label="Only look: do not use the code up" value={allowReuse} onValue={setAllowReuse} />
      </Form>
      <FailureNote failure={failure} />
      <div role="status">{answer !== undefined && <Verdict answer={answer.response} allowReuse={answer.allowReuse} />}</div>
      <ProgramsBox call={{ method: OtpService.method.verify, request }} />
    </section>
  );
}
