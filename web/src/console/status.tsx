/** The state of the server, and the outcomes of the last hour. */
import { Fragment } from 'preact';
import { useEffect } from 'preact/hooks';
import type { GetServerStatusResponse } from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { type AdminClient, UNARY } from '../calls/client.ts';
import { useCall } from '../calls/use-call.ts';
import { FailureNote } from '../parts/failure-note.tsx';

interface StatusProps {
  readonly client: AdminClient;
  /** A change of this value makes the view read the status again. */
  readonly revision: number;
}

export function Status({ client, revision }: StatusProps) {
  const { answer, failure, isRunning, start } = useCall<GetServerStatusResponse>();
  const look = () => start(() => client.getServerStatus({}, UNARY));
  useEffect(() => void look(), [client, revision]);
  return (
    <section class="card" aria-labelledby="status">
      <h2 id="status">The server</h2>
      <FailureNote failure={failure} />
      <div role="status" class="opened">
        {answer !== undefined && <StatusText status={answer} />}
      </div>
      <button type="button" class="small" aria-disabled={isRunning} onClick={() => isRunning || look()}>
        Look again
      </button>
    </section>
  );
}

function StatusText({ status: { storeReachable, limitsLocal, outcomes } }: { readonly status: GetServerStatusResponse }) {
  return (
    <>
      <p class={storeReachable ? 'note good' : 'note bad'}>
        <strong>{storeReachable ? 'The store is reached.' : 'The store is away: no code is accepted.'}</strong>
        {limitsLocal && ' Each process counts calls by itself.'}
      </p>
      <h3>Codes of the last hour, in the process that answered</h3>
      {outcomes.length === 0 && <p>None was checked.</p>}
      <dl class="facts">
        {outcomes.map(({ outcome, count }) => (
          <Fragment key={outcome}>
            <dt>{outcome}</dt>
            <dd>{count.toLocaleString('en')}</dd>
          </Fragment>
        ))}
      </dl>
    </>
  );
}
