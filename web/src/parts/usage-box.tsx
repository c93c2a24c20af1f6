/** How much of its plan the API key has used. */
import type { GetUsageResponse } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { type OtpClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { FailureNote } from './failure-note.tsx';
import { UsageBar } from './usage-bar.tsx';

/** Reads the usage only on request, since the call itself counts in all windows of the plan but the month. */
export function UsageBox({ client }: { readonly client: OtpClient }) {
  const { answer, failure, isRunning, start } = useCall<GetUsageResponse>();
  return (
    <div class="usage">
      <button type="button" disabled={isRunning} onClick={() => start(() => client.getUsage({}, UNARY))}>
        Show usage
      </button>
      <FailureNote failure={failure} />
      {answer !== undefined && (
        <div role="status">
          <p>
            Plan <strong>{answer.plan}</strong>
            {answer.windows.length === 0 && ', without limits'}
          </p>
          {answer.windows.map((usage) => (
            <UsageBar key={usage.window} usage={usage} />
          ))}
        </div>
      )}
    </div>
  );
}
