/** VerifyRecoveryCode: checks that a code belongs to the set and was not used before. */
import { create } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import {
  type RecoveryCodeSet,
  type VerifyRecoveryCodeRequest,
  type VerifyRecoveryCodeResponse,
  VerifyRecoveryCodeResponseSchema,
  VerifyStatus,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { Violations } from '../otp/error.ts';
import type { CodeUse, UseJudgement, UseOutcome } from '../ports/recovery.ts';
import { Rejection } from '../ports/rejection.ts';
import { MAX_RECOVERY_CODE_BYTES, readRecoveryCode } from '../recovery/codes.ts';
import { placeOf } from '../recovery/set.ts';
import { type CallContext, noteVerdict } from '../rpc/context.ts';
import { traced } from '../rpc/trace.ts';
import { attemptRequest } from './judging.ts';
import { auditSet, checkSet, type OpenedSet, openSet, type RecoveryPorts } from './recovery-set.ts';
import { readRequestId } from './request-id.ts';

const MEANING = {
  accepted: { status: VerifyStatus.ACCEPTED, event: 'recovery.accepted' },
  mismatch: { status: VerifyStatus.MISMATCH, event: 'recovery.refused' },
  replayed: { status: VerifyStatus.REPLAYED, event: 'recovery.replayed' },
  throttled: { status: VerifyStatus.THROTTLED, event: 'recovery.throttled' },
} as const satisfies Record<UseOutcome, object>;

/** Makes the handler. It answers only after the store has judged the code, whatever the comparison says. */
export function createVerifyRecoveryCode(
  ports: RecoveryPorts,
): (request: VerifyRecoveryCodeRequest, context: CallContext) => Promise<VerifyRecoveryCodeResponse> {
  return async (request, context) => {
    const now = context.now();
    const requestId = checkRequest(request);
    using set = openSet(ports, request.set, context.principal, now);
    const code = readRecoveryCode(request.code, set.codeLength);
    if (code === undefined) {
      noteVerdict(context, { outcome: 'malformed', type: 'recovery', drift: undefined, isLockout: false });
      return create(VerifyRecoveryCodeResponseSchema, { status: VerifyStatus.MALFORMED });
    }
    const use = useOf(ports, set, code, requestId, context);
    // Nothing may be awaited in between: a store that has lost its state would accept a used code.
    if (!ports.knows(context.principal)) throw new Rejection('store_unavailable');
    const judgement = await traced(context.call, 'judge', () => ports.recovery.use(use, now));
    if (judgement.outcome === 'request_id_reused') throw new Rejection('request_id_reused');
    const { outcome, attemptsRemaining } = judgement;
    const isLockout = outcome === 'mismatch' && attemptsRemaining === 0;
    noteVerdict(context, { outcome, type: 'recovery', drift: undefined, isLockout });
    auditSet(ports.audit, MEANING[judgement.outcome].event, set.name, context);
    return responseOf(judgement, judgement.outcome === 'accepted' ? set.reseal(now) : undefined);
  };
}

/** Returns the request id, if there is one. Throws every violation at once. */
function checkRequest({ set, code, requestId }: VerifyRecoveryCodeRequest): string | undefined {
  const violations = new Violations();
  checkSet(set, violations);
  if (code === '') violations.add('code', 'required: set the code as the user typed it');
  if (Buffer.byteLength(code) > MAX_RECOVERY_CODE_BYTES)
    violations.add('code', `too long: at most ${MAX_RECOVERY_CODE_BYTES} bytes`);
  const read = readRequestId(requestId, violations);
  violations.throwIfAny();
  return read;
}

function useOf(
  ports: Pick<RecoveryPorts, 'fingerprints'>,
  set: OpenedSet,
  code: string,
  requestId: string | undefined,
  { principal }: CallContext,
): CodeUse {
  return {
    set: set.name,
    code: placeOf(set, ports.fingerprints.ofRecoveryCode(set.id, code)),
    count: set.hashes.length,
    request: attemptRequest(ports, principal, requestId, () => [set.name, code]),
  };
}

function responseOf(
  { outcome, remainingCount, attemptsRemaining, retryAfterMs }: UseJudgement,
  resealed: RecoveryCodeSet | undefined,
): VerifyRecoveryCodeResponse {
  return create(VerifyRecoveryCodeResponseSchema, {
    valid: outcome === 'accepted',
    status: MEANING[outcome].status,
    ...(remainingCount !== undefined && { remainingCount }),
    attemptsRemaining,
    ...(retryAfterMs !== undefined && { retryAfter: durationFromMs(Math.ceil(retryAfterMs)) }),
    ...(resealed !== undefined && { resealed }),
  });
}
