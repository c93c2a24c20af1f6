import { useMemo, useRef, useState } from 'preact/hooks';
import { forgetKey, storedKey, storeKey } from './api-key.ts';
import { createClients, type Quota } from './calls/client.ts';
import { Console } from './console/console.tsx';
import { Check } from './forms/check.tsx';
import { Enrol } from './forms/enrol.tsx';
import { Import } from './forms/import.tsx';
import { RecoveryCodes } from './forms/recovery-codes.tsx';
import { Show } from './forms/show.tsx';
import { type KeyTexts, NO_KEY } from './forms/use-key.tsx';
import { KeyBox } from './parts/key-box.tsx';
import { ViewSwitch } from './parts/view-switch.tsx';
import { useView } from './use-view.ts';

export function App({ initialKey }: { readonly initialKey: string }) {
  const [apiKey, setApiKey] = useState(initialKey);
  const [isStored, setStored] = useState(storedKey() !== '');
  const [quota, setQuota] = useState<Quota>();
  const [texts, setTexts] = useState<KeyTexts>(NO_KEY);
  const view = useView();
  // A hidden view keeps its content: a secret that is shown only once is still there after a look at another view.
  const wasConsole = useRef(false);
  wasConsole.current ||= view === 'console';
  // The clients stay when the key changes, so that the codes remain on the page while the user types.
  const currentKey = useRef(apiKey);
  currentKey.current = apiKey;
  const { otp: client, admin } = useMemo(() => createClients(() => currentKey.current, setQuota), []);

  function keep(key: string, stored: boolean): void {
    setApiKey(key);
    setStored(stored);
    if (stored) storeKey(key);
    else forgetKey();
  }

  return (
    <>
      <header>
        <h1>otpd</h1>
        <ViewSwitch view={view} />
        <p>
          <a href="/openapi.json">OpenAPI</a>
        </p>
      </header>
      <main>
        <KeyBox
          client={client}
          apiKey={apiKey}
          isStored={isStored}
          quota={quota}
          onKey={(key) => keep(key, isStored)}
          onStored={(stored) => keep(apiKey, stored)}
        />
        <div hidden={view !== 'calls'}>
          <div class="cards">
            <Enrol client={client} onEnrolled={(source, context = '') => setTexts({ ...NO_KEY, source, context })} />
            <Check client={client} texts={texts} onTexts={setTexts} />
            <Show client={client} texts={texts} onTexts={setTexts} />
            <RecoveryCodes client={client} />
            <Import client={client} />
          </div>
        </div>
        {wasConsole.current && (
          <div hidden={view !== 'console'}>
            <Console client={admin} apiKey={apiKey} isShown={view === 'console'} />
          </div>
        )}
      </main>
    </>
  );
}
