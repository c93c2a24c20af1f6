/** Enrolment: a new key, with what a user of an authenticator app needs of it. */
import { create } from '@bufbuild/protobuf';
import { useState } from 'preact/hooks';
import { SecretDelivery } from '../../../gen/ts/otp/v1/key_pb.ts';
import { GenerateRequestSchema, type GenerateResponse, OtpService } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { type OtpClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { FailureNote } from '../parts/failure-note.tsx';
import { ProgramsBox } from '../parts/programs-box.tsx';
import { Confirm } from './confirm.tsx';
import { bytesOf, Form, TextField, Tick } from './fields.tsx';
import { NewKey } from './new-key.tsx';
import { NO_PARAMETERS, Parameters, type ParameterTexts, parametersOf } from './parameters.tsx';

interface EnrolProps {
  readonly client: OtpClient;
  /** Called with each usable key: its URI, or its blob with the context. */
  readonly onEnrolled: (source: string, context?: string) => void;
}

export function Enrol({ client, onEnrolled }: EnrolProps) {
  const [issuer, setIssuer] = useState('ACME');
  const [accountName, setAccountName] = useState('alice@example.com');
  const [isSealed, setSealed] = useState(false);
  const [context, setContext] = useState('user-1/totp/1');
  const [texts, setTexts] = useState<ParameterTexts>(NO_PARAMETERS);
  const { answer, failure, isRunning, start } = useCall<{ made: GenerateResponse; context: string }>();
  const sealing = isSealed ? { delivery: SecretDelivery.SEALED, sealedContext: bytesOf(context) } : {};
  const request = create(GenerateRequestSchema, { issuer, accountName, ...parametersOf(texts), ...sealing });
  const generate = () =>
    start(async () => {
      const made = await client.generate(request, UNARY);
      if (made.sealed === undefined) onEnrolled(made.uri);
      return { made, context };
    });
  return (
    <section class="card" aria-labelledby="enrol">
      <h2 id="enrol">Enrol an account</h2>
      <Form action="Make a key" isRunning={isRunning} onSubmit={generate}>
        <TextField label="Issuer" value={issuer} maxLength={128} hint="Your service, as the app shows it" onValue={setIssuer} />
        <TextField
          label="Account"
          value={accountName}
          maxLength={256}
          required
          hint="Usually an e-mail address"
          onValue={setAccountName}
        />
        <Tick label="Seal the key: store a blob that only this server opens" value={isSealed} onValue={setSealed} />
        {isSealed && (
          <TextField
            label="Context"
            value={context}
            maxLength={256}
            hint="What you bind the key to: the user, and a number for each enrolment"
            onValue={setContext}
          />
        )}
        <details>
          <summary>Advanced</summary>
          <Parameters texts={texts} onTexts={setTexts} />
        </details>
      </Form>
      <FailureNote failure={failure} />
      {answer !== undefined && <NewKey client={client} answer={answer.made} />}
      {answer?.made.sealed !== undefined && (
        <Confirm
          key={answer.made.sealed.blob}
          client={client}
          pending={answer.made.sealed.blob}
          context={answer.context}
          onConfirmed={(blob) => onEnrolled(blob, answer.context)}
        />
      )}
      <ProgramsBox call={{ method: OtpService.method.generate, request }} />
    </section>
  );
}
