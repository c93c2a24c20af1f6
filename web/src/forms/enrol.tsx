/** Enrolment: a new key, with what a user of an authenticator app needs of it. */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { useMemo, useState } from 'preact/hooks';
import { KeySchema, OtpType } from '../../../gen/ts/otp/v1/key_pb.ts';
import {
  type GenerateRequest,
  GenerateRequestSchema,
  type GenerateResponse,
  OtpService,
} from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { type OtpClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { grouped } from '../parts/countdown.tsx';
import { FailureNote } from '../parts/failure-note.tsx';
import { LiveCode } from '../parts/live-code.tsx';
import { ProgramsBox } from '../parts/programs-box.tsx';
import { Form, TextField } from './fields.tsx';
import { NO_PARAMETERS, Parameters, type ParameterTexts, parametersOf } from './parameters.tsx';

interface EnrolProps {
  readonly client: OtpClient;
  /** Told of the URI of each new key. */
  readonly onEnrolled: (uri: string) => void;
}

export function Enrol({ client, onEnrolled }: EnrolProps) {
  const [issuer, setIssuer] = useState('ACME');
  const [accountName, setAccountName] = useState('alice@example.com');
  const [texts, setTexts] = useState<ParameterTexts>(NO_PARAMETERS);
  const { answer, failure, isRunning, start } = useCall<GenerateResponse>();
  const request = create(GenerateRequestSchema, requestOf(issuer, accountName, texts));
  const generate = () =>
    start(async () => {
      const made = await client.generate(request, UNARY);
      onEnrolled(made.uri);
      return made;
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
        <details>
          <summary>Advanced</summary>
          <Parameters texts={texts} onTexts={setTexts} />
        </details>
      </Form>
      <FailureNote failure={failure} />
      {answer !== undefined && <Enrolment client={client} answer={answer} />}
      <ProgramsBox call={{ method: OtpService.method.generate, request }} />
    </section>
  );
}

function requestOf(issuer: string, accountName: string, texts: ParameterTexts): MessageInitShape<typeof GenerateRequestSchema> {
  return { issuer, accountName, ...parametersOf(texts) } satisfies Partial<GenerateRequest>;
}

function Enrolment({ client, answer }: { readonly client: OtpClient; readonly answer: GenerateResponse }) {
  const { secret, secretGrouped, uri, qrCode, token, parameters, warnings } = answer;
  const key = useMemo(() => create(KeySchema, { source: { case: 'uri', value: uri } }), [uri]);
  return (
    <div class="enrolment" role="status" aria-label="The new key">
      <img class="qr" src={qrCode?.dataUri} alt="QR code of the key, for an authenticator app" />
      <dl>
        <dt>
          Secret <CopyButton text={secret} what="the secret" />
        </dt>
        <dd>
          <code class="secret">{secretGrouped}</code>
        </dd>
        <dt>
          URI <CopyButton text={uri} what="the URI" />
        </dt>
        <dd>
          <code class="uri">{uri}</code>
        </dd>
      </dl>
      <div class="now" aria-live="off">
        <h3>Its code now</h3>
        {parameters?.type === OtpType.TOTP ? (
          <LiveCode client={client} watchedKey={key} />
        ) : (
          <output class="code">{grouped(token?.code ?? '')}</output>
        )}
      </div>
      {warnings.map(({ field, description }) => (
        <p key={field + description} class="note">
          <code>{field}</code>: {description}
        </p>
      ))}
    </div>
  );
}
