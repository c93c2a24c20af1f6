/** The middle stage: lets a call to one of our methods in only with a key, within its limits and scope, before its body is read. */
import type { Metadata } from '@grpc/grpc-js';
import type { Admission, Admit } from '../policy/admit.ts';
import type { Scope } from '../policy/principal.ts';
import { Rejection } from '../policy/rejection.ts';
import { attachToStream, type CallRecord } from './call-record.ts';
import type { Stage } from './interceptor.ts';
import { Listener, type Next } from './listener.ts';
import { apiKeyOf } from './metadata.ts';
import { failureStatus } from './status.ts';

/** Makes the stage; paths that are not in `scopes` (health, reflection) need no key. */
export function createGuard(admit: Admit, scopes: ReadonlyMap<string, Scope>): Stage {
  class Guarded extends Listener {
    readonly #record: CallRecord;
    readonly #scope: Scope;
    readonly #streams: boolean;

    constructor(next: Next, record: CallRecord, scope: Scope, streams: boolean) {
      super(next);
      this.#record = record;
      this.#scope = scope;
      this.#streams = streams;
    }

    /** grpc-js reads no body until this is handed on; an error in here must not escape, for it would end the process. */
    override onReceiveMetadata(metadata: Metadata): void {
      const record = this.#record;
      try {
        const admission = admit({ apiKey: apiKeyOf(metadata), peer: record.peer, scope: this.#scope });
        if (!(admission instanceof Promise)) this.#letIn(metadata, record, admission);
        else admission.then((late) => this.#letIn(metadata, record, late)).catch((error: unknown) => refuse(error, record));
      } catch (error) {
        refuse(error, record);
      }
    }

    #letIn(metadata: Metadata, record: CallRecord, admission: Admission): void {
      // The caller may have left meanwhile: then nobody else will give the call back.
      if (record.ended) {
        admission.settle(true);
        return;
      }
      record.admission = admission;
      record.keyId = admission.principal.keyId;
      record.quota = admission.quota;
      if (this.#streams) {
        record.closeStream = admit.openStream(admission.principal);
        attachToStream(metadata, record);
      }
      super.onReceiveMetadata(metadata);
    }
  }

  return (next, record, { path, responseStream }) => {
    const scope = scopes.get(path);
    return scope === undefined ? next : new Guarded(next, record, scope, responseStream);
  };
}

function refuse(error: unknown, record: CallRecord): void {
  if (error instanceof Rejection) {
    record.quota ??= error.quota;
    record.keyId ??= error.keyId;
  }
  record.call.sendStatus(failureStatus(error, record));
}
