/** An API key in the list: a line that opens to the actions for the API key. */
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { useState } from 'preact/hooks';
import type { ApiKey, RevokeApiKeyResponse } from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { type AdminClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { FailureNote } from '../parts/failure-note.tsx';
import { momentText } from './moment.ts';
import { Rotate } from './rotate.tsx';
import type { NewSecret } from './secret-note.tsx';
import { Usage } from './usage.tsx';

interface ApiKeyRowProps {
  readonly client: AdminClient;
  readonly apiKey: ApiKey;
  readonly onSecret: (secret: NewSecret) => void;
  /** Called after a change, with a sentence that describes it. */
  readonly onChanged: (text: string) => void;
}

export function ApiKeyRow(props: ApiKeyRowProps) {
  const { apiKey } = props;
  const [isOpen, setOpen] = useState(false);
  return (
    <li>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          <strong>{apiKey.displayName}</strong> <code>{apiKey.name}</code> <span class="quiet">{stateText(apiKey)}</span>
        </summary>
        {isOpen && <Opened {...props} />}
      </details>
    </li>
  );
}

function Opened({ client, apiKey, onSecret, onChanged }: ApiKeyRowProps) {
  const { name, displayName, plan, tenant, scopes, createTime, lastUseTime, etag } = apiKey;
  const { failure, isRunning, start } = useCall<RevokeApiKeyResponse>();
  const revoke = () =>
    start(async () => {
      const revoked = await client.revokeApiKey({ name, etag }, UNARY);
      onChanged(`${displayName} is revoked.`);
      return revoked;
    });
  return (
    <div class="opened">
      <dl class="facts">
        <dt>Plan</dt>
        <dd>{plan}</dd>
        <dt>Tenant</dt>
        <dd>{tenant}</dd>
        <dt>Scopes</dt>
        <dd>{scopes.join(', ')}</dd>
        <dt>Made</dt>
        <dd>{createTime && momentText(createTime)}</dd>
        <dt>Last used</dt>
        <dd>{lastUseTime ? momentText(lastUseTime) : 'never'}</dd>
      </dl>
      <Usage client={client} name={name} />
      {isActive(apiKey) && (
        <>
          <Rotate client={client} apiKey={apiKey} onSecret={onSecret} onChanged={onChanged} />
          <details>
            <summary>Revoke {displayName} …</summary>
            <p>All calls with it are refused from now on, on all instances. This cannot be undone.</p>
            <button type="button" aria-disabled={isRunning} onClick={() => isRunning || revoke()}>
              Revoke for ever
            </button>
          </details>
          <FailureNote failure={failure} />
        </>
      )}
    </div>
  );
}

function isActive({ revokeTime, expireTime }: ApiKey): boolean {
  return revokeTime === undefined && (expireTime === undefined || timestampMs(expireTime) > Date.now());
}

function stateText(apiKey: ApiKey): string {
  const { revokeTime, expireTime } = apiKey;
  if (revokeTime !== undefined) return `revoked on ${momentText(revokeTime)}`;
  if (expireTime === undefined) return 'works';
  return isActive(apiKey) ? `works until ${momentText(expireTime)}` : `ended on ${momentText(expireTime)}`;
}
