/** The console: administers the server with an API key that has the scope `admin`. */
import { useEffect, useState } from 'preact/hooks';
import type { Plan, SealingKey } from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { type AdminClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { FailureNote } from '../parts/failure-note.tsx';
import { ApiKeys } from './api-keys.tsx';
import { Lockouts } from './lockouts.tsx';
import { NewApiKey } from './new-api-key.tsx';
import { SealingKeys } from './sealing-keys.tsx';
import { type NewSecret, SecretNote } from './secret-note.tsx';
import { Status } from './status.tsx';

interface ConsoleProps {
  readonly client: AdminClient;
  readonly apiKey: string;
  /** Whether this view is shown. It sends no calls while another view is. */
  readonly isShown: boolean;
}

interface Configuration {
  readonly plans: readonly Plan[];
  readonly sealingKeys: readonly SealingKey[];
}

/** How long the API key must stay the same before the console uses it, in ms: the user may still type. */
const SETTLED_MS = 400;

export function Console({ client, apiKey, isShown }: ConsoleProps) {
  const [secret, setSecret] = useState<NewSecret>();
  const [revision, setRevision] = useState(0);
  const { answer, failure, start } = useCall<Configuration>();
  const changed = () => setRevision((count) => count + 1);
  const isAsked = isShown && apiKey !== '';

  useEffect(() => {
    if (!isAsked) return undefined;
    const timer = setTimeout(() => {
      void start(() => configurationOf(client));
      changed();
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [client, apiKey, isAsked]);

  return (
    <div class="console">
      {apiKey === '' && (
        <p class="note">
          The console needs an API key with the scope <code>admin</code>: <code>otpd keys create --scopes admin</code> makes one.
        </p>
      )}
      <SecretNote secret={secret} onDone={() => setSecret(undefined)} />
      {apiKey !== '' && <FailureNote failure={failure} />}
      {apiKey !== '' && answer !== undefined && (
        <>
          <Status client={client} revision={revision} />
          <ApiKeys client={client} revision={revision} onSecret={setSecret} onChanged={changed} />
          <div class="cards">
            <NewApiKey client={client} plans={answer.plans} onSecret={setSecret} onChanged={changed} />
            <Lockouts client={client} />
            <SealingKeys sealingKeys={answer.sealingKeys} />
          </div>
        </>
      )}
    </div>
  );
}

async function configurationOf(client: AdminClient): Promise<Configuration> {
  const [{ plans }, { sealingKeys }] = await Promise.all([client.listPlans({}, UNARY), client.listSealingKeys({}, UNARY)]);
  return { plans, sealingKeys };
}
