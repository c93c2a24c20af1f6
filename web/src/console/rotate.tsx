/** A new secret for an API key, and a grace period for the secret that callers use. */
import { useState } from 'preact/hooks';
import type { ApiKey, RotateApiKeyResponse } from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { type AdminClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { Choice, Form } from '../forms/fields.tsx';
import { FailureNote } from '../parts/failure-note.tsx';
import type { NewSecret } from './secret-note.tsx';

interface RotateProps {
  readonly client: AdminClient;
  readonly apiKey: ApiKey;
  readonly onSecret: (secret: NewSecret) => void;
  readonly onChanged: (text: string) => void;
}

/** By hours. */
const GRACES = { 0: 'None: it ends at once', 1: '1 hour', 24: '1 day', 168: '7 days', 720: '30 days' };

export function Rotate({ client, apiKey: { name, displayName, etag }, onSecret, onChanged }: RotateProps) {
  const [hours, setHours] = useState('24');
  const { failure, isRunning, start } = useCall<RotateApiKeyResponse>();
  const rotate = () =>
    start(async () => {
      const rotated = await client.rotateApiKey({ name, etag, grace: { seconds: BigInt(hours) * 3600n } }, UNARY);
      const end = hours === '0' ? 'has ended' : `ends in ${GRACES[hours as unknown as keyof typeof GRACES]}`;
      onSecret({ displayName, secret: rotated.secret, old: `The old secret ${end}.` });
      onChanged(`${displayName} has a new secret.`);
      return rotated;
    });
  return (
    <>
      <Form action="Rotate" isRunning={isRunning} onSubmit={rotate}>
        <Choice label="Grace of the old secret" value={hours} choices={GRACES} onValue={setHours} />
      </Form>
      <FailureNote failure={failure} />
    </>
  );
}
