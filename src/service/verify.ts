/** Verify: is this code right, now, for the first time? */
import { create } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import type { SealedKey } from '../../gen/ts/otp/v1/key_pb.ts';
import {
  type VerifyRequest,
  type VerifyResponse,
  VerifyResponseSchema,
  VerifyStatus,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { findMatch, readCode } from '../otp/hotp.ts';
import { BOUNDS, type OtpType } from '../otp/params.ts';
import { stepStart } from '../otp/totp.ts';
import type { Audit } from '../ports/audit.ts';
import type { Attempt, CodeStore, Judgement, Outcome } from '../ports/codes.ts';
import type { Principal } from '../ports/principal.ts';
import { Rejection } from '../ports/rejection.ts';
import type { CallContext } from '../rpc/context.ts';
import type { Sealing } from '../sealing/sealing.ts';
import { type Fingerprints, stateNameOf } from '../verification/fingerprint.ts';
import { isExpired, KeyOpener, type OpenedKey, type SealingPort, sealKey, whileOpen } from './sealed-key.ts';
import { readVerification, type Verification } from './verify-request.ts';

/** The needs of Verify besides the request. */
export interface VerifyPorts extends SealingPort {
  readonly codes: CodeStore;
  /** Whether the store that judges is still the one that the caller's API key was found in. */
  readonly knows: (principal: Principal) => boolean;
  readonly fingerprints: Fingerprints;
  readonly audit: Audit;
}

const STATUS: Readonly<Record<Outcome, VerifyStatus>> = {
  accepted: VerifyStatus.ACCEPTED,
  mismatch: VerifyStatus.MISMATCH,
  replayed: VerifyStatus.REPLAYED,
  too_many_names: VerifyStatus.REPLAYED,
  throttled: VerifyStatus.THROTTLED,
};

const EVENT = {
  accepted: 'verify.accepted',
  mismatch: 'verify.refused',
  replayed: 'verify.replayed',
  too_many_names: 'verify.too_many_names',
  throttled: 'verify.throttled',
} as const satisfies Record<Outcome, string>;

/** Makes the handler. Whatever the comparison says, nothing is told before the store has judged it. */
export function createVerify(
  ports: VerifyPorts,
): (request: VerifyRequest, context: CallContext) => VerifyResponse | Promise<VerifyResponse> {
  return (request, context) => {
    const now = context.now();
    const opener = new KeyOpener(ports.sealing, context, now, request.confirm ? 'confirm' : 'ordinary');
    return whileOpen(opener, () => verify(ports, request, context, opener, now));
  };
}

function verify(
  ports: VerifyPorts,
  request: VerifyRequest,
  context: CallContext,
  opener: KeyOpener,
  now: number,
): VerifyResponse | Promise<VerifyResponse> {
  const verification = readVerification(request, opener, now);
  const { key, requestId } = verification;
  const code = readCode(request.code, key.parameters.digits);
  // An enrolment whose time is over is not confirmed, but an answer that was lost at the end of its time is given again.
  const isLate = key.opened !== undefined && isExpired(key.opened, now);
  if (isLate && (requestId === undefined || code === undefined)) throw enrolmentExpired();
  if (code === undefined) return create(VerifyResponseSchema, { status: VerifyStatus.MALFORMED });
  const attempt = attemptOf(ports, request, verification, code, context, now);
  return judge(ports, isLate ? { ...attempt, onlyRepeat: true } : attempt, verification, context, now);
}

async function judge(
  { codes, knows, audit, sealing }: VerifyPorts,
  attempt: Attempt,
  { key }: Verification,
  { principal, requestId, call: { transport } }: CallContext,
  now: number,
): Promise<VerifyResponse> {
  // Nothing may come between: a store that has lost its state would take a used code for new.
  if (!knows(principal)) throw new Rejection('store_unavailable');
  const judgement = await codes.judge(attempt, now);
  if (judgement.outcome === 'request_id_reused') throw new Rejection('request_id_reused');
  if (judgement.outcome === 'unknown_request') throw enrolmentExpired();
  const { fingerprint } = attempt;
  const { outcome, step } = judgement;
  audit({ actor: { keyId: principal.keyId }, event: EVENT[outcome], requestId, transport, fingerprint, step });
  const answer = responseOf(judgement, key.parameters.type);
  const resealed = answer.valid ? reseal(sealing, key.opened, now) : undefined;
  if (resealed !== undefined) answer.resealed = resealed;
  return answer;
}

/** The key to store from now on, once a code of it was accepted: confirmed, and under the key that seals now; undefined if it is both already. */
function reseal(sealing: Sealing, opened: OpenedKey | undefined, now: number): SealedKey | undefined {
  if (opened === undefined || (opened.pendingUntil === undefined && !opened.isStale)) return undefined;
  return sealKey(sealing, { ...opened, pendingUntil: undefined }, opened.binding, now);
}

function enrolmentExpired(): Rejection {
  return new Rejection('enrolment_expired', { metadata: { field: 'key.sealed' } });
}

function attemptOf(
  { codes, fingerprints }: Pick<VerifyPorts, 'codes' | 'fingerprints'>,
  request: VerifyRequest,
  { key, current, window, afterStep, requestId }: Verification,
  code: string,
  { principal }: CallContext,
  now: number,
): Attempt {
  const { secret, parameters, counter } = key;
  const step = findMatch(secret, code, window.first, window.last, parameters);
  const { type, period, algorithm, digits } = parameters;
  const name = stateNameOf(fingerprints, secret, parameters, codes);
  const { pastSteps, futureSteps, lookAhead, allowReuse } = request;
  const askedKey = [name.fingerprint, type, period, algorithm, digits, counter];
  const asked = [askedKey, code, pastSteps, futureSteps, lookAhead, afterStep, allowReuse];
  return {
    ...name,
    step,
    drift: step === undefined ? 0 : step - current,
    claim: !allowReuse,
    afterStep,
    matchableMs: step === undefined ? 0 : matchableMs(step, period, now),
    // A caller's ids are its own: another caller's are never mistaken for them.
    request:
      requestId === undefined ? undefined : { id: `${principal.keyId}:${requestId}`, payload: fingerprints.ofRequest(asked) },
  };
}

/** How long the code of a TOTP's step can still match, in ms, with the widest window that a caller may ask for; 0 for HOTP. */
function matchableMs(step: number, period: number, now: number): number {
  return period === 0 ? 0 : stepStart(step + BOUNDS.window.max + 1, period) - now;
}

function responseOf({ outcome, step, drift, attemptsRemaining, retryAfterMs }: Judgement, type: OtpType): VerifyResponse {
  const valid = outcome === 'accepted';
  return create(VerifyResponseSchema, {
    valid,
    status: STATUS[outcome],
    ...(step === undefined ? {} : { matchedStep: BigInt(step), driftSteps: drift }),
    ...(valid && step !== undefined && type === 'hotp' ? { nextCounter: BigInt(step) + 1n } : {}),
    attemptsRemaining,
    ...(retryAfterMs === undefined ? {} : { retryAfter: durationFromMs(Math.ceil(retryAfterMs)) }),
  });
}
