/** Whose attempts a request of the administration is about: a secret's or a set's of recovery codes, however it is named. */
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

/** The needs of GetAttempts and UnlockAttempts. */
export interface AttemptsPorts extends SealingPort {
  readonly codes: CodeStore;
  readonly recovery: RecoveryStore;
  readonly fingerprints: Fingerprints;
  readonly audit: Audit;
  readonly knows: (principal: Principal) => boolean;
}

/** Whose attempts: a secret's or a set's. */
export type Subject = { readonly secret: StateName } | { readonly set: string };

/** A keyed digest in the audit trail: of a secret, or of a set. */
const NAME = /^[\w-]{22}$/;
const LETTERS = '22 letters, digits, - and _';

/**
 * Reads whose attempts are meant; `nextCounter` is for a HOTP alone. Throws `InvalidInputError` with what it and the caller found, and the `Rejection` of a
 * sealed key or set.
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
      // All tracks of a secret are together, whichever period is named.
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

/** Of a pending enrolment too: it may be locked like any other. */
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
