/** Keys of authenticator apps and other services, read from their URIs. */
import { create } from '@bufbuild/protobuf';
import { useId, useState } from 'preact/hooks';
import { SecretDelivery } from '../../../gen/ts/otp/v1/key_pb.ts';
import {
  ImportKeysRequestSchema,
  type ImportKeysResponse,
  type ImportResult,
  OtpService,
} from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { type OtpClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { Blob } from '../parts/blob.tsx';
import { FailureNote } from '../parts/failure-note.tsx';
import { ProgramsBox } from '../parts/programs-box.tsx';
import { bytesOf, Form, TextField, Tick } from './fields.tsx';

export function Import({ client }: { readonly client: OtpClient }) {
  const [text, setText] = useState('');
  const [isSealed, setSealed] = useState(true);
  const [context, setContext] = useState('user-1/totp/1');
  const { answer, failure, isRunning, start } = useCall<ImportKeysResponse>();
  const uris = text.split(/\s+/).filter((uri) => uri !== '');
  const sealing = isSealed ? { delivery: SecretDelivery.SEALED, sealedContext: bytesOf(context) } : {};
  const request = create(ImportKeysRequestSchema, { uris, ...sealing });
  const id = useId();
  return (
    <section class="card" aria-labelledby="import">
      <h2 id="import">Import keys</h2>
      <Form action="Import" isRunning={isRunning} onSubmit={() => start(() => client.importKeys(request, UNARY))}>
        <div class="field">
          <label for={id}>URIs, each on a line</label>
          <textarea
            id={id}
            rows={4}
            required
            spellcheck={false}
            value={text}
            aria-describedby={`${id}-hint`}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
          <small id={`${id}-hint`} class="quiet">
            otpauth:// as in a QR code, or otpauth-migration:// as Google Authenticator exports it
          </small>
        </div>
        <Tick label="Seal the keys" value={isSealed} onValue={setSealed} />
        {isSealed && <TextField label="Context" value={context} maxLength={256} onValue={setContext} />}
      </Form>
      <FailureNote failure={failure} />
      {answer !== undefined && <Imported answer={answer} />}
      <ProgramsBox call={{ method: OtpService.method.importKeys, request }} />
    </section>
  );
}

function Imported({ answer: { results, missingParts } }: { readonly answer: ImportKeysResponse }) {
  return (
    <div class="enrolment" role="status" aria-label="The imported keys">
      {results.map((result) => (
        <Found key={`${result.uriIndex}.${result.entryIndex}`} result={result} />
      ))}
      {missingParts.map(({ batchId, index, size }) => (
        <p key={`${batchId}.${index}`} class="note bad">
          Part {index + 1} of {size} of a migration is missing: scan its QR code too.
        </p>
      ))}
    </div>
  );
}

function Found({ result: { uriIndex, entryIndex, uri, sealed, parameters, error } }: { readonly result: ImportResult }) {
  if (error !== undefined) {
    return (
      <p class="note bad">
        <strong>
          Key {entryIndex + 1} of URI {uriIndex + 1}
        </strong>
        : {error.message}
      </p>
    );
  }
  const name = [parameters?.issuer, parameters?.accountName].filter((part) => part !== '').join(': ') || 'A key without a name';
  return <Blob title={name} text={sealed?.blob ?? uri} />;
}
