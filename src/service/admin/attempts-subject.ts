/** Reads the subject of a request about attempts: a secret or a set of recovery codes, in any of the forms that name one. */
import type { GetAttemptsRequest } from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { OtpType } from '../../../gen/ts/otp/v1/key_pb.ts';
import type { Violations } from '../../otp/error.ts';
import type { Audit } from '../../ports/audit.ts';
import type { CodeStore, StateName } from '../../ports/codes.ts';
import type { Principal } from '../../ports/principal.ts';
import type { RecoveryStore } from '../../ports/recovery.ts';
import type { CallContext } from '../../rpc/context.ts';
import { type Fingerprints, stateNameOf } from '../../verification/fingerprint.ts';
import { readKey } from '../key.ts';
import { checkSet, openSet } from '../recovery-set.ts';
import { KeyOpener, type SealingPort } from '../sealed-key.ts';

/** The dependencies of GetAttempts and UnlockAttempts. */
export interface AttemptsPorts extends SealingPort {
  readonly codes: CodeStore;
  readonly recovery: RecoveryStore;
  readonly fingerprints: Fingerprints;
  readonly audit: Audit;
  readonly knows: (principal: Principal) => boolean;
}

/** The subject: a secret or a set. */
export type Subject = { readonly secret: StateName } | { readonly set: string };

/** A keyed digest from the audit trail, of a secret or of a set. */
const NAME = /^[\w-]{22}$/;
const LETTERS = '22 letters, digits, - and _';

/**
 * Reads the subject; `nextCounter` is for a HOTP alone. Throws `InvalidInputError` with its own violations and those of the caller, and the `Rejection`
 * of a sealed key or set.
 */
export function readSubject(
  subject: GetAttemptsRequest['subject'],
  violations: Violations,
  ports: AttemptsPorts,
  context: CallContext,
  now: number,
  nextCounter?: number,
): Subject {
  switch (subject.case) {
    case 'fingerprint':
      if (!NAME.test(subject.value)) violations.add('fingerprint', `must be a fingerprint as the audit trail has it, ${LETTERS}`);
      violations.throwIfAny();
      // The state has all tracks of a secret, so any period will do.
      return { secret: { fingerprint: subject.value, former: undefined, period: 0 } };
    case 'key':
      return { secret: nameOfKey(subject.value, violations, ports, context, now, nextCounter) };
    case 'recoverySet': {
      checkSet(subject.value, violations, 'recovery_set');
      violations.throwIfAny();
      using set = openSet(ports, subject.value, context.principal, now, 'recovery_set');
      return { set: set.name };
    }
    case 'recoverySetName':
      if (!NAME.test(subject.value))
        violations.add('recovery_set_name', `must be the name of a set as the audit trail has it, ${LETTERS}`);
      violations.throwIfAny();
      return { set: subject.value };
    default:
      violations.add('fingerprint', 'required: set fingerprint, or key, recovery_set or recovery_set_name instead');
      throw violations.error;
  }
}

/** Reads pending enrolments too, since they can be locked like any other key. */
function nameOfKey(
  key: Parameters<typeof readKey>[0],
  violations: Violations,
  ports: AttemptsPorts,
  context: CallContext,
  now: number,
  nextCounter: number | undefined,
): StateName {
  using opener = new KeyOpener(ports.sealing, context, now, 'confirm');
  const found = opener.holdRefusal(() => violations.collect('key.', readKey, key, { opener, path: 'key', needsCounter: false }));
  if (nextCounter !== undefined && found?.parameters.type === 'totp')
    violations.add('next_counter', 'not for TOTP: leave it unset, or set key.type to OTP_TYPE_HOTP');
  violations.throwIfAny();
  opener.throwIfRefused();
  if (found === undefined) throw new Error('a request without violations has a key');
  return stateNameOf(ports.fingerprints, found.secret, found.parameters, ports.codes);
}

/** The type of a track of used steps. */
export function typeOf(period: number): OtpType {
  return period === 0 ? OtpType.HOTP : OtpType.TOTP;
}
