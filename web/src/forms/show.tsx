/** The code of a key: watched for a TOTP, asked for once for a HOTP. */
import { create } from '@bufbuild/protobuf';
import { useState } from 'preact/hooks';
import type { Key } from '../../../gen/ts/otp/v1/key_pb.ts';
import {
  OtpService,
  TokenRequestSchema,
  type TokenResponse,
  WatchTokenRequestSchema,
} from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { type OtpClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { grouped } from '../parts/countdown.tsx';
import { FailureNote } from '../parts/failure-note.tsx';
import { LiveCode } from '../parts/live-code.tsx';
import { ProgramsBox } from '../parts/programs-box.tsx';
import { Form } from './fields.tsx';
import { isHotp, KeyFields, type KeyTexts, useKey } from './use-key.tsx';

interface ShowProps {
  readonly client: OtpClient;
  readonly texts: KeyTexts;
  readonly onTexts: (texts: KeyTexts) => void;
}

export function Show({ client, texts, onTexts }: ShowProps) {
  const key = useKey(texts);
  const [watched, setWatched] = useState<Key>();
  const { answer, failure, isRunning, start } = useCall<TokenResponse | undefined>();
  const byCounter = isHotp(key);

  function show(): void {
    setWatched(byCounter ? undefined : key);
    void start(async () => (byCounter ? client.token({ key }, UNARY) : undefined));
  }

  const call = byCounter
    ? { method: OtpService.method.token, request: create(TokenRequestSchema, { key }) }
    : { method: OtpService.method.watchToken, request: create(WatchTokenRequestSchema, { key }) };
  return (
    <section class="card" aria-labelledby="show">
      <h2 id="show">Show the code of a secret</h2>
      <Form action="Show" isRunning={isRunning} onSubmit={show}>
        <KeyFields texts={texts} onTexts={onTexts} />
      </Form>
      {watched !== undefined && <LiveCode client={client} watchedKey={watched} />}
      {watched !== undefined && (
        <button type="button" onClick={() => setWatched(undefined)}>
          Stop
        </button>
      )}
      <FailureNote failure={failure} />
      {answer?.token !== undefined && <output class="code">{grouped(answer.token.code)}</output>}
      <ProgramsBox call={call} />
    </section>
  );
}
