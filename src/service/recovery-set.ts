/** The sets of recovery codes in requests and answers: opened and sealed for their caller. */
import { create } from '@bufbuild/protobuf';
import { type RecoveryCodeSet, RecoveryCodeSetSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import type { Violations } from '../otp/error.ts';
import type { Audit, RecoveryEvent } from '../ports/audit.ts';
import type { Principal } from '../ports/principal.ts';
import type { RecoveryStore } from '../ports/recovery.ts';
import { type RecoverySet, readSetPayload, writeSetPayload } from '../recovery/set.ts';
import type { CallContext } from '../rpc/context.ts';
import type { Binding, Sealing } from '../sealing/sealing.ts';
import type { JudgingPorts } from './judging.ts';
import { checkBlob, openBlob, refusing, type SealingPort } from './sealed-key.ts';

/** The dependencies of the calls on recovery codes. */
export interface RecoveryPorts extends Omit<JudgingPorts, 'codes'>, SealingPort {
  readonly recovery: RecoveryStore;
}

/** An open set; disposing of it zeroes the bytes that it consists of. */
export interface OpenedSet extends RecoverySet, Disposable {
  /** The name of its state. */
  readonly name: string;
  /** Returns the same set under the current sealing key; undefined if it is sealed under that key. */
  readonly reseal: (now: number) => RecoveryCodeSet | undefined;
}

/** Checks the required set of a request, without opening it. */
export function checkSet(set: RecoveryCodeSet | undefined, violations: Violations, field: string = 'set'): void {
  if (set === undefined) {
    violations.add(field, 'required: set it to the set that GenerateRecoveryCodes gave, with its context');
    return;
  }
  checkBlob(violations, `${field}.`, 'otpr1', set);
}

/** Opens a set after `checkSet`. Throws `Rejection` (`sealed_key_invalid`, `sealing_key_unknown`). */
export function openSet(
  { sealing, fingerprints }: Pick<RecoveryPorts, 'sealing' | 'fingerprints'>,
  set: RecoveryCodeSet | undefined,
  { tenant }: Principal,
  now: number,
  field: string = 'set',
): OpenedSet {
  if (set === undefined) throw new Error('a request without violations has a set');
  const binding = { tenant, context: set.context };
  const { payload, isStale } = openBlob(sealing, 'otpr1', set.blob, binding, field);
  const dispose = () => void payload.fill(0);
  try {
    const contents = refusing(field, () => readSetPayload(payload, now));
    return {
      ...contents,
      name: fingerprints.ofRecoverySet(contents.id),
      reseal: (at) => (isStale ? seal(sealing, payload, binding, at) : undefined),
      [Symbol.dispose]: dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Seals a new set. */
export function sealSet(sealing: Sealing, set: RecoverySet, binding: Binding, now: number): RecoveryCodeSet {
  const payload = writeSetPayload(set);
  try {
    return seal(sealing, payload, binding, now);
  } finally {
    payload.fill(0);
  }
}

/** Writes the effect of a call on a set to the audit trail. */
export function auditSet(audit: Audit, event: RecoveryEvent, set: string, { principal, requestId, call }: CallContext): void {
  audit({ actor: { keyId: principal.keyId }, event, requestId, transport: call.transport, set });
}

/** The message has no context: a caller that stores the whole message would store the binding beside the blob. */
function seal(sealing: Sealing, payload: Uint8Array, binding: Binding, now: number): RecoveryCodeSet {
  return create(RecoveryCodeSetSchema, { blob: sealing.seal('otpr1', payload, binding, now) });
}
