import type { Key } from '../../../gen/ts/otp/v1/key_pb.ts';
import type { OtpClient } from '../calls/client.ts';
import { useWatch } from '../calls/use-watch.ts';
import { Countdown } from './countdown.tsx';
import { FailureNote } from './failure-note.tsx';

/** The current code of a TOTP key, for as long as this is on the page. */
export function LiveCode({ client, watchedKey }: { readonly client: OtpClient; readonly watchedKey: Key }) {
  const { code, failure } = useWatch(client, watchedKey);
  if (failure !== undefined) return <FailureNote failure={failure} />;
  return code === undefined ? <p class="quiet">Waiting for the code …</p> : <Countdown watched={code} />;
}
