/** A new API key. */
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { useState } from 'preact/hooks';
import type { CreateApiKeyResponse, Plan } from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { type AdminClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { Choice, Form, TextField, Tick } from '../forms/fields.tsx';
import { FailureNote } from '../parts/failure-note.tsx';
import type { NewSecret } from './secret-note.tsx';

interface NewApiKeyProps {
  readonly client: AdminClient;
  readonly plans: readonly Plan[];
  readonly onSecret: (secret: NewSecret) => void;
  readonly onChanged: () => void;
}

const SCOPES = ['generate', 'token', 'verify', 'seal', 'export', 'admin'] as const;
const DAY_MS = 86_400_000;

export function NewApiKey({ client, plans, onSecret, onChanged }: NewApiKeyProps) {
  const [displayName, setDisplayName] = useState('');
  const [scopes, setScopes] = useState<readonly string[]>(['verify']);
  const [plan, setPlan] = useState(plans[0]?.name ?? '');
  const [tenant, setTenant] = useState('');
  const [days, setDays] = useState('');
  const { failure, isRunning, start } = useCall<CreateApiKeyResponse>();
  const make = () =>
    start(async () => {
      const expireTime = days === '' ? undefined : timestampFromMs(Date.now() + Number(days) * DAY_MS);
      const apiKey = { displayName, plan, tenant, scopes: [...scopes], expireTime };
      const made = await client.createApiKey({ apiKey }, UNARY);
      onSecret({ displayName, secret: made.secret, old: undefined });
      setDisplayName('');
      onChanged();
      return made;
    });
  return (
    <section class="card" aria-labelledby="new-api-key">
      <h2 id="new-api-key">Make an API key</h2>
      <Form action="Make the key" isRunning={isRunning} onSubmit={make}>
        <TextField label="Name" value={displayName} required maxLength={100} hint="Who calls with it" onValue={setDisplayName} />
        <fieldset>
          <legend>Scopes</legend>
          {SCOPES.map((scope) => (
            <Tick
              key={scope}
              label={scope}
              value={scopes.includes(scope)}
              onValue={(isTicked) => setScopes(SCOPES.filter((other) => (other === scope ? isTicked : scopes.includes(other))))}
            />
          ))}
        </fieldset>
        <Choice
          label="Plan"
          value={plan}
          choices={Object.fromEntries(plans.map((each) => [each.name, planText(each)]))}
          onValue={setPlan}
        />
        <div class="parameters">
          <TextField label="Tenant" value={tenant} placeholder="default" maxLength={63} onValue={setTenant} />
          <TextField label="Ends in days" value={days} placeholder="never" isNumber maxLength={5} onValue={setDays} />
        </div>
      </Form>
      <FailureNote failure={failure} />
    </section>
  );
}

function planText({ name, minuteLimit, hourLimit, dayLimit, monthLimit }: Plan): string {
  const limits = Object.entries({ minute: minuteLimit, hour: hourLimit, day: dayLimit, month: monthLimit });
  const texts = limits.filter(([, limit]) => limit !== undefined).map(([window, limit]) => `${limit} a ${window}`);
  return `${name.replace('plans/', '')}: ${texts.length === 0 ? 'no limits' : texts.join(', ')}`;
}
