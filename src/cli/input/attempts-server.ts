/** The attempts on a key as a server tells and clears them. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { KeySchema } from '../../../gen/ts/otp/v1/key_pb.ts';
import type { Io } from '../io.ts';
import type { Attempts } from '../output/attempts-view.ts';
import { type ServerFlags, withAdminClient } from './admin-server.ts';

type Key = MessageInitShape<typeof KeySchema>;
type Flags = ServerFlags & { readonly server: string };

/** The wrong codes, and the lock that they made; an unlock is needed where the number of codes says so. */
export function readAttempts(io: Io, flags: Flags, key: Key): Promise<Attempts> {
  return withAdminClient(io, flags, async (client) => {
    const { failureCount, lockEndTime } = await client.getAttempts({ subject: { case: 'key', value: key } });
    return { failures: failureCount, lockedUntil: lockEndTime === undefined ? 0 : timestampMs(lockEndTime) };
  });
}

/** Clears the wrong codes, and with `forgetFutureSteps` the used steps of the future; resolves to how many wrong codes there were. */
export function unlockAttempts(io: Io, flags: Flags, key: Key, forgetFutureSteps: boolean): Promise<number> {
  return withAdminClient(io, flags, async (client) => {
    const { failureCount } = await client.unlockAttempts({ subject: { case: 'key', value: key }, forgetFutureSteps });
    return failureCount;
  });
}
