/** The middle stage: lets a call to one of our methods in only with a key, within its scope and its limits. */
import type { Metadata } from '@grpc/grpc-js';
import type { Admission } from '../limits/admission.ts';
import { Rejection } from '../ports/rejection.ts';
import type { Admit } from '../rpc/admit.ts';
import type { Method } from '../service/methods.ts';
import { attachToStream, type CallRecord } from './call-record.ts';
import type { Stage } from './interceptor.ts';
import { createKeyless } from './keyless.ts';
import { Listener, type Next } from './listener.ts';
import { apiKeyOf } from './metadata.ts';
import { failureStatus } from './status.ts';

/** Makes the stage; paths that none of the `methods` has (health, reflection) need no key, and are bounded otherwise. */
export function createGuard(admit: Admit, methods: ReadonlyMap<string, Method>): Stage {
  const keyless = createKeyless();

  class Guarded extends Listener {
    readonly #record: CallRecord;
    readonly #method: Method;

    constructor(next: Next, record: CallRecord, method: Method) {
      super(next);
      this.#record = record;
      this.#method = method;
    }

    /** grpc-js reads no body until this is handed on; an error in here must not escape, for it would end the process. */
    override onReceiveMetadata(metadata: Metadata): void {
      const record = this.#record;
      try {
        const admission = admit({ apiKey: apiKeyOf(metadata), peer: record.peer, scope: this.#method.scope });
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
      record.received = metadata;
      if (this.#method.kind === 'server_streaming') {
        record.leave = admit.openStream(admission.principal);
        attachToStream(metadata, record);
      }
      super.onReceiveMetadata(metadata);
    }
  }

  return (next, record, { path }) => {
    const method = methods.get(path);
    return method === undefined ? keyless(next, record) : new Guarded(next, record, method);
  };
}

function refuse(error: unknown, record: CallRecord): void {
  if (error instanceof Rejection) {
    record.quota ??= error.quota;
    record.keyId ??= error.keyId;
  }
  record.call.sendStatus(failureStatus(error, record));
}
