/** Tries a call again while the server is away, within one deadline. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CallError } from '../output/call-error.ts';

/** The pauses before the second, third and fourth try, in ms. */
const PAUSES = [200, 400, 800] as const;

/**
 * The result of the first try that is not UNAVAILABLE; the error of the last one otherwise. The server may ask for a longer pause.
 *
 * Only for calls that may be repeated: for Verify, those with a request id (AIP-155).
 */
export async function retryUnavailable<T>(call: () => Promise<T>, deadline: number, signal: AbortSignal): Promise<T> {
  for (const pause of PAUSES) {
    try {
      return await call();
    } catch (error) {
      if (!isUnavailable(error) || signal.aborted) throw error;
      const wait = Math.max(pause, (error.failure.retryAfterSeconds ?? 0) * 1000);
      if (Date.now() + wait >= deadline) throw error;
      // Interrupted: what the last try said is all there is to say.
      await sleep(wait, undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
  return call();
}

function isUnavailable(error: unknown): error is CallError {
  return error instanceof CallError && error.failure.code === 'UNAVAILABLE';
}
