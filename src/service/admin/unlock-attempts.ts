/** UnlockAttempts: an operator unlocks a secret or a set of recovery codes. */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type ResetStepsSchema,
  type UnlockAttemptsRequest,
  type UnlockAttemptsResponse,
  UnlockAttemptsResponseSchema,
} from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { Violations } from '../../otp/error.ts';
import type { ResetTrack } from '../../ports/audit.ts';
import { Rejection } from '../../ports/rejection.ts';
import type { CallContext } from '../../rpc/context.ts';
import { resetTracks } from '../../verification/rules.ts';
import { readCounter } from '../numbers.ts';
import { type AttemptsPorts, readSubject, typeOf } from './attempts-subject.ts';

/** Makes the handler of UnlockAttempts. */
export function createUnlockAttempts(
  ports: AttemptsPorts,
): (request: UnlockAttemptsRequest, context: CallContext) => Promise<UnlockAttemptsResponse> {
  return async ({ subject: given, forgetFutureSteps, nextCounter }, context) => {
    const now = context.now();
    const { principal, requestId, call } = context;
    const violations = new Violations();
    const isSet = given.case === 'recoverySet' || given.case === 'recoverySetName';
    if (forgetFutureSteps && isSet)
      violations.add('forget_future_steps', 'not for a set of recovery codes, which has no steps: leave it unset');
    if (nextCounter !== undefined && !forgetFutureSteps)
      violations.add('next_counter', 'only with forget_future_steps: set that too, or leave it unset');
    const counter = violations.collect('', readCounter, 'next_counter', nextCounter);
    const subject = readSubject(given, violations, ports, context, now, counter);
    if (!ports.knows(principal)) throw new Rejection('store_unavailable');
    const actor = { keyId: principal.keyId };
    const origin = { requestId, transport: call.transport };
    if ('set' in subject) {
      const { failures } = await ports.recovery.unlock(subject.set, now);
      ports.audit({ actor, event: 'recovery.unlocked', ...origin, set: subject.set, failures });
      return create(UnlockAttemptsResponseSchema, { failureCount: failures });
    }
    const { fingerprint } = subject.secret;
    const { failures } = await ports.codes.unlock(subject.secret, now);
    ports.audit({ actor, event: 'attempts.unlocked', ...origin, fingerprint, failures });
    const tracks = forgetFutureSteps ? resetTracks(await ports.codes.reset(subject.secret, now, counter)) : [];
    if (tracks.length > 0) ports.audit({ actor, event: 'attempts.reset', ...origin, fingerprint, tracks });
    return create(UnlockAttemptsResponseSchema, { failureCount: failures, resetSteps: tracks.map(resetSteps) });
  };
}

function resetSteps({ periodSeconds, lastStep, newLastStep }: ResetTrack): MessageInitShape<typeof ResetStepsSchema> {
  const steps = { type: typeOf(periodSeconds), periodSeconds, lastStep: BigInt(lastStep) };
  return newLastStep === null ? steps : { ...steps, newLastStep: BigInt(newLastStep) };
}
