/** Follows the codes of a key across broken streams. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WatchTokenResponse } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import type { Token } from '../../../gen/ts/otp/v1/token_pb.ts';
import { CallError } from '../output/call-error.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** How to follow. */
export interface FollowOptions {
  /** Ends it, without an error. */
  readonly signal: AbortSignal;
  /** Told of each break, with the pause before the next try in ms. */
  readonly onBreak: (pauseMs: number) => void;
}

/**
 * Each code as its step begins. A stream that ends or becomes UNAVAILABLE is opened again, with growing pauses, for as long as it takes;
 * a stream that never began, or fails otherwise, throws its error.
 */
export async function* followTokens(
  open: () => AsyncIterable<WatchTokenResponse>,
  { signal, onBreak }: FollowOptions,
): AsyncGenerator<Token, void> {
  let pause: number | undefined;
  while (!signal.aborted) {
    try {
      for await (const { token } of open()) {
        pause = FIRST_PAUSE_MS;
        if (token !== undefined) yield token;
      }
      if (pause === undefined) throw endedAtOnce();
    } catch (error) {
      if (signal.aborted) return;
      if (pause === undefined || !isAway(error)) throw error;
    }
    if (signal.aborted) return;
    onBreak(pause);
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
  }
}

/** No server, no way to it, or no answer on it. */
function isAway(error: unknown): boolean {
  return error instanceof CallError && ['UNAVAILABLE', 'DEADLINE_EXCEEDED'].includes(error.failure.code);
}

function endedAtOnce(): CallError {
  return new CallError({ code: 'UNKNOWN', message: 'the server ended the stream without a code', violations: [] }, false);
}
