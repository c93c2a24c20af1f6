/** GetAttempts and UnlockAttempts: the wrong codes of a secret or of a set of recovery codes, seen and cleared by an operator. */
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type GetAttemptsRequest,
  type GetAttemptsResponse,
  GetAttemptsResponseSchema,
  type UnlockAttemptsRequest,
  type UnlockAttemptsResponse,
  UnlockAttemptsResponseSchema,
} from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { invalid, Violations } from '../../otp/error.ts';
import type { Audit } from '../../ports/audit.ts';
import type { CodeStore, StateName } from '../../ports/codes.ts';
import type { Principal } from '../../ports/principal.ts';
import type { RecoveryStore } from '../../ports/recovery.ts';
import { Rejection } from '../../ports/rejection.ts';
import type { CallContext } from '../../rpc/context.ts';
import { type Fingerprints, stateNameOf } from '../../verification/fingerprint.ts';
import { lockEnd } from '../../verification/lock.ts';
import { resetTracks } from '../../verification/rules.ts';
import { readKey } from '../key.ts';
import { checkSet, openSet } from '../recovery-set.ts';
import { KeyOpener, type SealingPort } from '../sealed-key.ts';

/** The needs of both calls. */
export interface AttemptsPorts extends SealingPort {
  readonly codes: CodeStore;
  readonly recovery: RecoveryStore;
  readonly fingerprints: Fingerprints;
  readonly audit: Audit;
  readonly knows: (principal: Principal) => boolean;
}

/** Whose attempts: a secret's or a set's. */
type Subject = { readonly secret: StateName } | { readonly set: string };

/** Makes the handler of GetAttempts. */
export function createGetAttempts(
  ports: AttemptsPorts,
): (request: GetAttemptsRequest, context: CallContext) => Promise<GetAttemptsResponse> {
  return async (request, context) => {
    const now = context.now();
    const subject = readSubject(request.subject, new Violations(), ports, context, now);
    const state =
      'secret' in subject ? await ports.codes.inspect(subject.secret, now) : await ports.recovery.inspect(subject.set, now);
    const end = lockEnd(state, now);
    const needsUnlock = end === Number.POSITIVE_INFINITY;
    const response = create(GetAttemptsResponseSchema, { failureCount: state.failures, needsUnlock });
    if (end > 0 && !needsUnlock) response.lockEndTime = timestampFromMs(end);
    return response;
  };
}

/** Makes the handler of UnlockAttempts. */
export function createUnlockAttempts(
  ports: AttemptsPorts,
): (request: UnlockAttemptsRequest, context: CallContext) => Promise<UnlockAttemptsResponse> {
  return async ({ subject: given, forgetFutureSteps }, context) => {
    const now = context.now();
    const { principal } = context;
    const violations = new Violations();
    if (forgetFutureSteps && given.case === 'recoverySet')
      violations.add('forget_future_steps', 'not for a set of recovery codes, which has no steps: leave it unset');
    const subject = readSubject(given, violations, ports, context, now);
    if (!ports.knows(principal)) throw new Rejection('store_unavailable');
    const actor = { keyId: principal.keyId };
    if ('set' in subject) {
      const { failures } = await ports.recovery.unlock(subject.set, now);
      ports.audit({ actor, event: 'recovery.unlocked', set: subject.set, failures });
      return create(UnlockAttemptsResponseSchema, { failureCount: failures });
    }
    const { fingerprint } = subject.secret;
    const { failures } = await ports.codes.unlock(subject.secret, now);
    ports.audit({ actor, event: 'attempts.unlocked', fingerprint, failures });
    if (forgetFutureSteps) {
      const tracks = resetTracks(await ports.codes.reset(subject.secret, now));
      if (tracks.length > 0) ports.audit({ actor, event: 'attempts.reset', fingerprint, tracks });
    }
    return create(UnlockAttemptsResponseSchema, { failureCount: failures });
  };
}

function readSubject(
  subject: GetAttemptsRequest['subject'],
  violations: Violations,
  ports: AttemptsPorts,
  context: CallContext,
  now: number,
): Subject {
  switch (subject.case) {
    case 'fingerprint':
      if (!/^[\w-]{22}$/.test(subject.value))
        throw invalid('fingerprint', 'must be a fingerprint as the audit trail has it, 22 letters, digits, - and _');
      // All tracks of a secret are together, whichever period is named.
      return { secret: { fingerprint: subject.value, former: undefined, period: 0 } };
    case 'key':
      return { secret: nameOfKey(subject.value, ports, context, now) };
    case 'recoverySet': {
      checkSet(subject.value, violations, 'recovery_set');
      violations.throwIfAny();
      using set = openSet(ports, subject.value, context.principal, now, 'recovery_set');
      return { set: set.name };
    }
    default:
      throw invalid('fingerprint', 'required: set fingerprint, or key or recovery_set instead');
  }
}

/** Of a pending enrolment too: it may be locked like any other. */
function nameOfKey(key: Parameters<typeof readKey>[0], ports: AttemptsPorts, context: CallContext, now: number): StateName {
  using opener = new KeyOpener(ports.sealing, context, now, 'confirm');
  const violations = new Violations();
  const found = opener.holdRefusal(() => violations.collect('key.', readKey, key, { opener, path: 'key', needsCounter: false }));
  violations.throwIfAny();
  opener.throwIfRefused();
  if (found === undefined) throw new Error('a request without violations has a key');
  return stateNameOf(ports.fingerprints, found.secret, found.parameters, ports.codes);
}
