/** How much of its plan an API key has used. */
import { useEffect } from 'preact/hooks';
import type { GetApiKeyUsageResponse } from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { type AdminClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { FailureNote } from '../parts/failure-note.tsx';
import { UsageBar } from '../parts/usage-bar.tsx';

export function Usage({ client, name }: { readonly client: AdminClient; readonly name: string }) {
  const { answer, failure, start } = useCall<GetApiKeyUsageResponse>();
  useEffect(() => {
    void start(() => client.getApiKeyUsage({ name }, UNARY));
  }, [client, name]);
  return (
    <div>
      <h3>Usage</h3>
      <FailureNote failure={failure} />
      {answer?.windows.length === 0 && <p>Its plan has no limits.</p>}
      {answer?.windows.map((usage) => (
        <UsageBar key={usage.window} usage={usage} />
      ))}
    </div>
  );
}
