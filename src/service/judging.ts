/** Judging on behalf of a caller: what every judgement of codes has in common, whatever was asked. */
import { VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import type { Audit } from '../ports/audit.ts';
import type { Attempt, CodeStore, Judgement, Outcome } from '../ports/codes.ts';
import type { Principal } from '../ports/principal.ts';
import { Rejection } from '../ports/rejection.ts';
import { type CallContext, noteVerdict } from '../rpc/context.ts';
import { traced } from '../rpc/trace.ts';
import { type Decision, judgeAny } from '../verification/alternatives.ts';
import type { Fingerprints } from '../verification/fingerprint.ts';
import type { ResolvedKey } from './key.ts';

/** The needs of a judgement besides the request. */
export interface JudgingPorts {
  readonly codes: CodeStore;
  /** Whether the store that judges is still the one that the caller's API key was found in. */
  readonly knows: (principal: Principal) => boolean;
  readonly fingerprints: Fingerprints;
  readonly audit: Audit;
}

/** The status that tells an outcome. */
export const STATUS: Readonly<Record<Outcome, VerifyStatus>> = {
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

/**
 * Judges one code on the keys of `attempts`, and audits it for each secret that it was judged on. Throws a `Rejection` for a request id that was
 * used for something else, and where the caller's API key is not one of the store that would judge.
 */
export async function judgeFor(
  { codes, knows, audit }: JudgingPorts,
  attempts: readonly Attempt[],
  { principal, requestId, call }: CallContext,
  now: number,
): Promise<Decision> {
  // Nothing may come between: a store that has lost its state would take a used code for new.
  if (!knows(principal)) throw new Rejection('store_unavailable');
  const decision = await traced(call, 'judge', () => judgeAny(codes, attempts, now));
  if (!('judgement' in decision)) {
    if (decision.outcome === 'request_id_reused') throw new Rejection('request_id_reused');
    // Only for a late confirmation is nothing but a repeat asked for.
    throw enrolmentExpired();
  }
  const { outcome, step } = decision.judgement;
  for (const place of decision.places) {
    const fingerprint = attempts[place]?.fingerprint ?? '';
    const { transport } = call;
    audit({ actor: { keyId: principal.keyId }, event: EVENT[outcome], requestId, transport, fingerprint, step });
  }
  return decision;
}

/** Notes a judgement for the log and the metrics, or that what was sent is no code; `key` is the one whose code it is. */
export function noteJudged(context: CallContext, judged: Judgement | 'malformed', key: ResolvedKey | undefined): void {
  const type = key?.parameters.type ?? 'totp';
  if (judged === 'malformed') {
    noteVerdict(context, { outcome: judged, type, drift: undefined, isLockout: false });
    return;
  }
  const { outcome, drift, attemptsRemaining } = judged;
  const isLockout = outcome === 'mismatch' && attemptsRemaining === 0;
  noteVerdict(context, { outcome, type, drift: type === 'totp' && outcome === 'accepted' ? drift : undefined, isLockout });
}

/** The request of an attempt, by the id that a caller gave it, if any, and all that it asks. */
export function attemptRequest(
  { fingerprints }: Pick<JudgingPorts, 'fingerprints'>,
  { keyId }: Principal,
  requestId: string | undefined,
  asked: readonly unknown[],
): Attempt['request'] {
  if (requestId === undefined) return undefined;
  // A caller's ids are its own: another caller's are never mistaken for them.
  return { id: `${keyId}:${requestId}`, payload: fingerprints.ofRequest(asked) };
}

/** The refusal of an enrolment that was not confirmed in time. Only `key` can be confirmed. */
export function enrolmentExpired(): Rejection {
  return new Rejection('enrolment_expired', { metadata: { field: 'key.sealed' } });
}
