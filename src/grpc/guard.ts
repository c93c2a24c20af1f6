/** The inner interceptor: lets a call to one of our methods in only with a key, within its limits and scope, before its body is read. */
import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import type { Admit } from '../policy/admit.ts';
import type { Scope } from '../policy/principal.ts';
import { Rejection } from '../policy/rejection.ts';
import { type CallRecord, recordOf } from './call-record.ts';
import { apiKeyOf } from './metadata.ts';
import { pace } from './pace.ts';
import { failureStatus } from './status.ts';

/** Makes the interceptor; paths that are not in `scopes` (health, reflection) need no key. */
export function createGuard(admit: Admit, scopes: ReadonlyMap<string, Scope>): ServerInterceptor {
  return (method, call) => {
    const scope = scopes.get(method.path);
    if (scope === undefined) return method.requestStream ? pace(call) : new ServerInterceptingCall(call);
    return new ServerInterceptingCall(call, {
      start(next) {
        next({
          // grpc-js reads no body until `next` is called; a rejection in here must not escape, for it would end the process.
          onReceiveMetadata(metadata, nextMetadata) {
            const record = recordOf(metadata);
            enter(admit, metadata, record, scope, method.responseStream).then(
              () => nextMetadata(metadata),
              (error: unknown) => {
                if (error instanceof Rejection) noteRejection(error, record);
                call.sendStatus(failureStatus(error, record));
              },
            );
          },
        });
      },
    });
  };
}

function noteRejection({ quota, keyId }: Rejection, record: CallRecord): void {
  record.quota ??= quota;
  record.keyId ??= keyId;
}

async function enter(admit: Admit, metadata: Metadata, record: CallRecord, scope: Scope, streams: boolean): Promise<void> {
  const admission = await admit({ apiKey: apiKeyOf(metadata), peer: record.peer, scope });
  // The caller may have left meanwhile: then nobody else will give the call back.
  if (record.ended) return admission.settle(true);
  record.admission = admission;
  record.keyId = admission.principal.keyId;
  record.quota = admission.quota;
  if (streams) record.onEnd.push(admit.openStream(admission.principal));
}
