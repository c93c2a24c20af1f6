/** Reads and clears the attempts on a key, or on a set of recovery codes, through a server, in the form in which a store has them. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import type {
  GetAttemptsRequestSchema,
  GetAttemptsResponse,
  UnlockAttemptsResponse,
} from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import type { ResetTrack } from '../../ports/audit.ts';
import type { CodeState } from '../../ports/codes.ts';
import type { Io } from '../io.ts';
import type { SetAttempts } from '../output/attempts-view.ts';
import { type ServerFlags, withAdminClient } from './admin-server.ts';

/** The subject: a key, or a set of recovery codes by its name in the audit trail. */
export type Subject = Extract<
  NonNullable<MessageInitShape<typeof GetAttemptsRequestSchema>['subject']>,
  { readonly case: 'key' | 'recoverySetName' }
>;
type Flags = ServerFlags & { readonly server: string };

/** The outcome of an unlock. */
export interface Unlocked {
  /** Consecutive wrong codes before the unlock. */
  readonly failures: number;
  /** The used steps that were forgotten or set back. */
  readonly tracks: readonly ResetTrack[];
}

/** The state of a key. The server says when its lock ends; the number of wrong codes says whether an operator must unlock it. */
export async function readState(io: Io, flags: Flags, subject: Subject): Promise<CodeState> {
  const { usedSteps, ...attempts } = await ask(io, flags, subject);
  const tracks = usedSteps.map(({ periodSeconds, firstStep, lastStep, keepUntilTime }) => ({
    period: periodSeconds,
    first: Number(firstStep),
    last: Number(lastStep),
    until: keepUntilTime && timestampMs(keepUntilTime),
  }));
  return { ...countsOf(attempts), tracks, expiresAt: undefined };
}

/** The state of a set of recovery codes. */
export async function readSet(io: Io, flags: Flags, subject: Subject): Promise<SetAttempts> {
  const { usedCodeCount = 0, revoked, ...attempts } = await ask(io, flags, subject);
  return { ...countsOf(attempts), usedCount: usedCodeCount, isRevoked: revoked };
}

/** Clears the wrong codes and, with `forgetFutureSteps`, the used steps in the future; for a HOTP from `nextCounter` on. */
export function unlock(
  io: Io,
  flags: Flags,
  subject: Subject,
  { forgetFutureSteps = false, nextCounter }: { readonly forgetFutureSteps?: boolean; readonly nextCounter?: bigint } = {},
): Promise<Unlocked> {
  const request = { subject, forgetFutureSteps, ...(nextCounter !== undefined && { nextCounter }) };
  return withAdminClient(io, flags, async (client) => {
    const { failureCount, resetSteps } = await client.unlockAttempts(request);
    return { failures: failureCount, tracks: resetSteps.map(resetTrack) };
  });
}

function ask(io: Io, flags: Flags, subject: Subject): Promise<GetAttemptsResponse> {
  return withAdminClient(io, flags, (client) => client.getAttempts({ subject }));
}

function countsOf({ failureCount, lockEndTime }: Pick<GetAttemptsResponse, 'failureCount' | 'lockEndTime'>) {
  return { failures: failureCount, lockedUntil: lockEndTime === undefined ? 0 : timestampMs(lockEndTime) };
}

function resetTrack({ periodSeconds, lastStep, newLastStep }: UnlockAttemptsResponse['resetSteps'][number]): ResetTrack {
  return { periodSeconds, lastStep: Number(lastStep), newLastStep: newLastStep === undefined ? null : Number(newLastStep) };
}
