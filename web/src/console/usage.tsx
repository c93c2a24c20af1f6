/** How much of its plan an API key has used. */
import { useEffect } from 'preact/hooks';
import type { GetApiKeyUsageResponse } from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import type { WindowUsage } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { type AdminClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { FailureNote } from '../parts/failure-note.tsx';
import { momentText } from './moment.ts';

/** The shares, in per cent, of which the server warns. */
const MARKS = [80, 95] as const;

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

function UsageBar({ usage: { window, limit, used, resetTime } }: { readonly usage: WindowUsage }) {
  const percent = limit === 0n ? 100 : (Number(used) / Number(limit)) * 100;
  const reached = MARKS.filter((mark) => percent >= mark).at(-1);
  return (
    <div class="usage">
      <span>
        {window}: {String(used)} of {String(limit)} calls, {Math.floor(percent)} %
        {reached !== undefined && <strong class="over"> over {reached} %</strong>}
        {resetTime !== undefined && <span class="quiet"> until {momentText(resetTime)}</span>}
      </span>
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" class={reached === undefined ? 'bar' : 'bar over'}>
        <rect width="100" height="8" />
        <rect class="used" width={Math.min(100, percent)} height="8" />
        {MARKS.map((mark) => (
          <line key={mark} x1={mark} x2={mark} y1="0" y2="8" />
        ))}
      </svg>
    </div>
  );
}
