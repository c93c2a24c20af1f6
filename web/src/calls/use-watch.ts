/** The code of a key while it is watched. */
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { useEffect, useState } from 'preact/hooks';
import type { Key } from '../../../gen/ts/otp/v1/key_pb.ts';
import type { OtpClient } from './client.ts';
import { type Failure, failureOf, isOfAge } from './failure.ts';

export interface WatchedCode {
  readonly code: string;
  readonly periodMs: number;
  /** When the code ends, on the clock of `performance.now()`: that of the machine may be wrong. */
  readonly endsAt: number;
}

export interface Watch {
  readonly code: WatchedCode | undefined;
  readonly failure: Failure | undefined;
}

/** Watches `key` until it is undefined, and starts again if it changes. */
export function useWatch(client: OtpClient, key: Key | undefined): Watch {
  const [watch, setWatch] = useState<Watch>({ code: undefined, failure: undefined });
  useEffect(() => {
    setWatch({ code: undefined, failure: undefined });
    if (key === undefined) return undefined;
    const leaving = new AbortController();
    void follow(client, key, leaving.signal, setWatch);
    return () => leaving.abort();
  }, [client, key]);
  return watch;
}

async function follow(client: OtpClient, key: Key, signal: AbortSignal, tell: (watch: Watch) => void): Promise<void> {
  try {
    for await (const { token } of client.watchToken({ key }, { signal })) {
      if (token?.expireTime === undefined || token.serverTime === undefined) continue;
      const leftMs = timestampMs(token.expireTime) - timestampMs(token.serverTime);
      const code = { code: token.code, periodMs: token.periodSeconds * 1000, endsAt: performance.now() + leftMs };
      tell({ code, failure: undefined });
    }
  } catch (error) {
    if (signal.aborted) return;
    if (isOfAge(error)) await follow(client, key, signal, tell);
    else tell({ code: undefined, failure: failureOf(error) });
  }
}
