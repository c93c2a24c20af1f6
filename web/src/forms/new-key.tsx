/** A new key: its picture and its parameters. A sealed key is shown without a code, since a code from the page would not prove that the device works. */
import { create } from '@bufbuild/protobuf';
import { useMemo } from 'preact/hooks';
import { KeySchema, OtpType } from '../../../gen/ts/otp/v1/key_pb.ts';
import type { GenerateResponse } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import type { OtpClient } from '../calls/client.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { grouped } from '../parts/countdown.tsx';
import { LiveCode } from '../parts/live-code.tsx';

export function NewKey({ client, answer }: { readonly client: OtpClient; readonly answer: GenerateResponse }) {
  const { secret, secretGrouped, uri, qrCode, token, parameters, warnings } = answer;
  const key = useMemo(() => create(KeySchema, { source: { case: 'uri', value: uri } }), [uri]);
  return (
    <div class="enrolment" role="status" aria-label="The new key">
      <img class="qr" src={qrCode?.dataUri} alt="QR code of the key, for an authenticator app" />
      <dl>
        {secret !== '' && (
          <>
            <dt>
              Secret <CopyButton text={secret} what="the secret" />
            </dt>
            <dd>
              <code class="secret">{secretGrouped}</code>
            </dd>
          </>
        )}
        <dt>
          URI <CopyButton text={uri} what="the URI" />
        </dt>
        <dd>
          <code class="uri">{uri}</code>
        </dd>
      </dl>
      {token !== undefined && (
        <div class="now" aria-live="off">
          <h3>Its code now</h3>
          {parameters?.type === OtpType.TOTP ? (
            <LiveCode client={client} watchedKey={key} />
          ) : (
            <output class="code">{grouped(token.code)}</output>
          )}
        </div>
      )}
      {warnings.map(({ field, description }) => (
        <p key={field + description} class="note">
          <code>{field}</code>: {description}
        </p>
      ))}
    </div>
  );
}
