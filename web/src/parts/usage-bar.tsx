import { timestampDate } from '@bufbuild/protobuf/wkt';
import { useId } from 'preact/hooks';
import type { WindowUsage } from '../../../gen/ts/otp/v1/otp_service_pb.ts';

/** The shares, in per cent, at which the server warns; the bar is marked there (`style.css`). */
const MARKS = [80, 95] as const;

/** The use of a window of a plan. */
export function UsageBar({ usage: { window, limit, used, resetTime } }: { readonly usage: WindowUsage }) {
  const id = useId();
  const most = Number(limit);
  // In words too: colours are not for all eyes.
  const reached = MARKS.findLast((mark) => Number(used) * 100 >= most * mark);
  return (
    <p class="usage-bar">
      <label for={id}>
        {used.toLocaleString('en')} of {limit.toLocaleString('en')} in the {window}
      </label>
      <span class="marked">
        <meter
          id={id}
          min={0}
          max={most}
          low={(most * MARKS[0]) / 100}
          high={(most * MARKS[1]) / 100}
          optimum={0}
          value={Number(used)}
        />
      </span>
      {reached !== undefined && <strong>over {reached} %</strong>}
      {resetTime !== undefined && (
        <span class="quiet">
          {window === 'month' ? 'until' : 'less from'} {timestampDate(resetTime).toLocaleString()}
        </span>
      )}
    </p>
  );
}
