/** How much of its plan the API key has used: a bar for each window, marked where the server warns. */
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { useId } from 'preact/hooks';
import type { GetUsageResponse, WindowUsage } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { type OtpClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { FailureNote } from './failure-note.tsx';

/** On request only: the call counts in the windows of the plan, but the month. */
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

function UsageBar({ usage: { window, limit, used, resetTime } }: { readonly usage: WindowUsage }) {
  const id = useId();
  const most = Number(limit);
  return (
    <p class="usage-bar">
      <label for={id}>
        {used.toLocaleString('en')} of {limit.toLocaleString('en')} in the {window}
      </label>
      <span class="marked">
        <meter id={id} min={0} max={most} low={most * 0.8} high={most * 0.95} optimum={0} value={Number(used)} />
      </span>
      {resetTime !== undefined && (
        <span class="quiet">
          {window === 'month' ? 'until' : 'less from'} {timestampDate(resetTime).toLocaleString()}
        </span>
      )}
    </p>
  );
}
