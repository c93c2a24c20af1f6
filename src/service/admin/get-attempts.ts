/** GetAttempts: the wrong codes of a secret or of a set of recovery codes, and its used steps or codes. */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type GetAttemptsRequest,
  type GetAttemptsResponse,
  GetAttemptsResponseSchema,
  type UsedStepsSchema,
} from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { Violations } from '../../otp/error.ts';
import type { Track } from '../../ports/codes.ts';
import type { CallContext } from '../../rpc/context.ts';
import { lockEnd } from '../../verification/lock.ts';
import { usedCount } from '../../verification/recovery-rules.ts';
import { type AttemptsPorts, readSubject, typeOf } from './attempts-subject.ts';

/** Makes the handler of GetAttempts. */
export function createGetAttempts(
  ports: AttemptsPorts,
): (request: GetAttemptsRequest, context: CallContext) => Promise<GetAttemptsResponse> {
  const lockOf = (state: Parameters<typeof lockEnd>[0], now: number) => {
    const end = lockEnd(state, now);
    const needsUnlock = end === Number.POSITIVE_INFINITY;
    const lock = end > 0 && !needsUnlock ? { lockEndTime: timestampFromMs(end) } : {};
    return { failureCount: state.failures, needsUnlock, ...lock };
  };
  return async (request, context) => {
    const now = context.now();
    const subject = readSubject(request.subject, new Violations(), ports, context, now);
    if ('secret' in subject) {
      const state = await ports.codes.inspect(subject.secret, now);
      return create(GetAttemptsResponseSchema, { ...lockOf(state, now), usedSteps: state.tracks.map(usedSteps) });
    }
    const state = await ports.recovery.inspect(subject.set, now);
    const counts = { usedCodeCount: usedCount(state.used), revoked: state.isRevoked };
    return create(GetAttemptsResponseSchema, { ...lockOf(state, now), ...counts });
  };
}

function usedSteps({ period, first, last, until }: Track): MessageInitShape<typeof UsedStepsSchema> {
  return {
    type: typeOf(period),
    periodSeconds: period,
    firstStep: BigInt(first),
    lastStep: BigInt(last),
    ...(until !== undefined && { keepUntilTime: timestampFromMs(until) }),
  };
}
