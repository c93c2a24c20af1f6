import { useId } from 'preact/hooks';
import type { OtpClient, Quota } from '../calls/client.ts';
import { UsageBox } from './usage-box.tsx';

interface KeyBoxProps {
  readonly client: OtpClient;
  readonly apiKey: string;
  readonly isStored: boolean;
  readonly quota: Quota | undefined;
  readonly onKey: (apiKey: string) => void;
  readonly onStored: (isStored: boolean) => void;
}

/** The field for the API key, and the state of its limits. */
export function KeyBox({ client, apiKey, isStored, quota, onKey, onStored }: KeyBoxProps) {
  const id = useId();
  return (
    <div class="key-box">
      <label for={id}>API key</label>
      <input
        id={id}
        type="password"
        autocomplete="off"
        spellcheck={false}
        placeholder="otpd_…"
        value={apiKey}
        onInput={({ currentTarget }) => onKey(currentTarget.value.trim())}
      />
      <label class="check">
        <input type="checkbox" checked={isStored} onChange={({ currentTarget }) => onStored(currentTarget.checked)} />
        Keep it in this tab when the page is loaded again
      </label>
      {quota !== undefined && <QuotaBar quota={quota} />}
      {/* Anew for each key: the usage of one is not that of another. */}
      {apiKey !== '' && <UsageBox key={apiKey} client={client} />}
    </div>
  );
}

function QuotaBar({ quota: { limit, remaining, reset } }: { readonly quota: Quota }) {
  const id = useId();
  return (
    <p class="quota">
      <label for={id}>
        {remaining} of {limit} calls left for {reset} s
      </label>
      <meter id={id} min={0} max={limit} low={limit * 0.2} optimum={limit} value={remaining} />
    </p>
  );
}
