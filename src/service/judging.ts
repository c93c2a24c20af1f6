/** Judges codes on behalf of a caller: the steps that all judging calls share. */
import { VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import type { Audit } from '../ports/audit.ts';
import type { Attempt, CodeStore, Judgement, NotJudged, Outcome } from '../ports/codes.ts';
import type { Principal } from '../ports/principal.ts';
import { Rejection } from '../ports/rejection.ts';
import { type CallContext, noteVerdict } from '../rpc/context.ts';
import { traced } from '../rpc/trace.ts';
import { type Decision, judgeAny } from '../verification/alternatives.ts';
import type { Fingerprints } from '../verification/fingerprint.ts';
import type { ResolvedKey } from './key.ts';

/** The dependencies of a judgement. */
export interface JudgingPorts {
  readonly codes: CodeStore;
  /** Whether the store has kept its state since the caller's API key was read. */
  readonly knows: (principal: Principal) => boolean;
  readonly fingerprints: Fingerprints;
  readonly audit: Audit;
}

/** The status of each outcome. */
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
 * Judges one code against the keys of `attempts`, and writes an audit event for each secret that it was judged for. Throws a `Rejection` for a request id
 * that was used for another request, and if the store has lost its state since the caller's API key was read.
 */
export async function judgeFor(
  ports: JudgingPorts,
  attempts: readonly Attempt[],
  context: CallContext,
  now: number,
): Promise<Decision> {
  requireKnown(ports, context);
  const decision = await traced(context.call, 'judge', () => judgeAny(ports.codes, attempts, now));
  if (!('judgement' in decision)) throw refusalOf(decision);
  for (const place of decision.places) auditJudgement(ports, attempts[place], decision.judgement, context);
  return decision;
}

/**
 * Judges many codes together, each against one key, and writes an audit event for each. Returns for each code its judgement, or the error that prevented
 * it. Throws as `judgeFor` does if none of them is known to have been judged.
 */
export async function judgeTogether(
  ports: JudgingPorts,
  attempts: readonly Attempt[],
  context: CallContext,
  now: number,
): Promise<(Judgement | Error)[]> {
  if (attempts.length === 0) return [];
  requireKnown(ports, context);
  const results = await traced(context.call, 'judge', () => ports.codes.judgeAll(attempts, now));
  return attempts.map((attempt, place) => {
    const judged = results[place] ?? new Error('the store has not said how it judged');
    if (judged instanceof Error) return judged;
    if (!('step' in judged)) return refusalOf(judged);
    auditJudgement(ports, attempt, judged, context);
    return judged;
  });
}

/** Nothing may be awaited between this check and the judgement: a store that has lost its state would accept a used code. */
function requireKnown({ knows }: JudgingPorts, { principal }: CallContext): void {
  if (!knows(principal)) throw new Rejection('store_unavailable');
}

/** Without a kept answer nothing was judged; only a late confirmation asks for nothing but a kept answer. */
function refusalOf({ outcome }: NotJudged): Rejection {
  return outcome === 'request_id_reused' ? new Rejection('request_id_reused') : enrolmentExpired();
}

function auditJudgement(
  { audit }: JudgingPorts,
  attempt: Attempt | undefined,
  { outcome, step }: Judgement,
  { principal, requestId, call }: CallContext,
): void {
  const fingerprint = attempt?.fingerprint ?? '';
  audit({ actor: { keyId: principal.keyId }, event: EVENT[outcome], requestId, transport: call.transport, fingerprint, step });
}

/** Notes a judgement, or a malformed code, for the log and the metrics; `key` is the key that the code belongs to. */
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

/** The request of an attempt: the id that the caller gave it, and a digest of its content; undefined without an id. */
export function attemptRequest(
  { fingerprints }: Pick<JudgingPorts, 'fingerprints'>,
  { keyId }: Principal,
  requestId: string | undefined,
  asked: () => readonly unknown[],
): Attempt['request'] {
  if (requestId === undefined) return undefined;
  // The caller is part of the id, so that equal ids of two callers are different requests.
  return { id: `${keyId}:${requestId}`, payload: fingerprints.ofRequest(asked()) };
}

/** The refusal of an enrolment that was not confirmed in time. Only `key` can be confirmed. */
export function enrolmentExpired(): Rejection {
  return new Rejection('enrolment_expired', { metadata: { field: 'key.sealed' } });
}
