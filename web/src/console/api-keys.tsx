/** The API keys, in pages. */
import { useEffect, useState } from 'preact/hooks';
import type { ApiKey } from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { type AdminClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { Tick } from '../forms/fields.tsx';
import { FailureNote } from '../parts/failure-note.tsx';
import { ApiKeyRow } from './api-key-row.tsx';
import type { NewSecret } from './secret-note.tsx';

interface ApiKeysProps {
  readonly client: AdminClient;
  /** A change of this value makes the list read its page again. */
  readonly revision: number;
  readonly onSecret: (secret: NewSecret) => void;
  readonly onChanged: () => void;
}

interface Page {
  /** From 1. */
  readonly number: number;
  readonly apiKeys: readonly ApiKey[];
  readonly nextPageToken: string;
}

const PAGE_SIZE = 50;
/** The token of the first page. */
const FIRST = [''];

export function ApiKeys({ client, revision, onSecret, onChanged }: ApiKeysProps) {
  const [showInactive, setShowInactive] = useState(false);
  const [said, setSaid] = useState('');
  // The tokens of the pages up to this one. A page has the token of the next page only.
  const [tokens, setTokens] = useState<readonly string[]>(FIRST);
  const { answer, failure, isRunning, start } = useCall<Page>();
  const pageToken = tokens.at(-1) ?? '';
  const next = answer?.nextPageToken ?? '';

  useEffect(() => {
    void start(async () => {
      const { apiKeys, nextPageToken } = await client.listApiKeys({ pageSize: PAGE_SIZE, pageToken, showInactive }, UNARY);
      return { number: tokens.length, apiKeys, nextPageToken };
    });
  }, [client, revision, pageToken, showInactive]);

  function show(inactive: boolean): void {
    setTokens(FIRST);
    setShowInactive(inactive);
  }

  return (
    <section class="card" aria-labelledby="api-keys">
      <h2 id="api-keys">API keys</h2>
      <Tick label="Revoked and ended keys too" value={showInactive} onValue={show} />
      <p role="status" class="quiet">
        {said}
      </p>
      <FailureNote failure={failure} />
      <ul class="rows">
        {answer?.apiKeys.map((apiKey) => (
          <ApiKeyRow
            key={apiKey.name}
            client={client}
            apiKey={apiKey}
            onSecret={onSecret}
            onChanged={(text) => {
              setSaid(text);
              onChanged();
            }}
          />
        ))}
      </ul>
      <nav aria-label="Pages" class="pages">
        <PageButton text="Previous" isOff={isRunning || tokens.length === 1} onClick={() => setTokens(tokens.slice(0, -1))} />
        <span>Page {answer?.number ?? tokens.length}</span>
        <PageButton text="Next" isOff={isRunning || next === ''} onClick={() => setTokens([...tokens, next])} />
      </nav>
    </section>
  );
}

interface PageButtonProps {
  readonly text: string;
  readonly isOff: boolean;
  readonly onClick: () => void;
}

/** A button that keeps the focus while it is off; `disabled` would take the focus away. */
function PageButton({ text, isOff, onClick }: PageButtonProps) {
  return (
    <button type="button" class="small" aria-disabled={isOff} onClick={() => isOff || onClick()}>
      {text}
    </button>
  );
}
