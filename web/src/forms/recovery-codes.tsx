/** Recovery codes: made, printed and checked. */
import { create } from '@bufbuild/protobuf';
import { useState } from 'preact/hooks';
import {
  GenerateRecoveryCodesRequestSchema,
  type GenerateRecoveryCodesResponse,
  OtpService,
} from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { type OtpClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { Blob } from '../parts/blob.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { FailureNote } from '../parts/failure-note.tsx';
import { ProgramsBox } from '../parts/programs-box.tsx';
import { CheckRecoveryCode } from './check-recovery-code.tsx';
import { bytesOf, Choice, Form, TextField } from './fields.tsx';

const LENGTHS = { 0: 'Default', 16: '16, for 80 bits', 24: '24, for 120 bits' };

export function RecoveryCodes({ client }: { readonly client: OtpClient }) {
  const [context, setContext] = useState('user-1/recovery/1');
  const [count, setCount] = useState('');
  const [codeLength, setCodeLength] = useState('0');
  const [blob, setBlob] = useState('');
  const { answer, failure, isRunning, start } = useCall<GenerateRecoveryCodesResponse>();
  const fields = { count: Number(count), codeLength: Number(codeLength), sealedContext: bytesOf(context) };
  const request = create(GenerateRecoveryCodesRequestSchema, fields);
  const generate = () =>
    start(async () => {
      const made = await client.generateRecoveryCodes(request, UNARY);
      setBlob(made.set?.blob ?? '');
      return made;
    });
  return (
    <section class="card" aria-labelledby="recovery">
      <h2 id="recovery">Recovery codes</h2>
      <Form action="Make codes" isRunning={isRunning} onSubmit={generate}>
        <TextField label="Context of the set" value={context} maxLength={256} onValue={setContext} />
        <div class="parameters">
          <TextField label="How many" value={count} placeholder="10" isNumber maxLength={2} onValue={setCount} />
          <Choice label="Length" value={codeLength} choices={LENGTHS} onValue={setCodeLength} />
        </div>
      </Form>
      <FailureNote failure={failure} />
      {answer !== undefined && <NewCodes answer={answer} />}
      <ProgramsBox call={{ method: OtpService.method.generateRecoveryCodes, request }} />
      <CheckRecoveryCode client={client} blob={blob} context={context} onBlob={setBlob} />
    </section>
  );
}

function NewCodes({ answer: { codes, set } }: { readonly answer: GenerateRecoveryCodesResponse }) {
  return (
    <div class="enrolment" role="status" aria-label="The new recovery codes">
      <div class="printed">
        <h3>Recovery codes</h3>
        <p>Each code is good for one login without your device. Keep this list where only you find it.</p>
        <ul class="recovery-codes">
          {codes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ul>
      </div>
      <p>
        <button type="button" class="small" onClick={() => print()}>
          Print
        </button>{' '}
        <CopyButton text={codes.join('\n')} what="the codes" />
      </p>
      <Blob title="Set to store" text={set?.blob ?? ''} />
    </div>
  );
}
