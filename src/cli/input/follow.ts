/** Follows the codes of a key across broken streams. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type OtpClient, OtpError } from '../../../clients/typescript/src/index.ts';
import { Code } from '../../../gen/ts/google/rpc/code_pb.ts';
import type { KeySchema } from '../../../gen/ts/otp/v1/key_pb.ts';
import type { Token } from '../../../gen/ts/otp/v1/token_pb.ts';
import { remainingMs } from '../output/code-view.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

type Key = MessageInitShape<typeof KeySchema>;

/** Options for following. */
export interface FollowOptions {
  /** Ends the iteration without an error. */
  readonly signal: AbortSignal;
  /** How long a code may be overdue, in ms. */
  readonly timeoutMs: number;
  /** Called on each break, with the pause before the next try in ms. */
  readonly onBreak: (pauseMs: number) => void;
}

/**
 * Yields each code when its step begins. A stream that ends or becomes UNAVAILABLE is opened again, with growing pauses, until it works.
 * Throws the `OtpError` of a stream that never began, or that fails for another reason.
 */
export async function* followTokens(client: OtpClient, key: Key, options: FollowOptions): AsyncGenerator<Token, void> {
  const { signal, onBreak } = options;
  let pause: number | undefined;
  while (!signal.aborted) {
    try {
      for await (const token of tokensOfStream(client, key, options)) {
        pause = FIRST_PAUSE_MS;
        yield token;
      }
      if (pause === undefined) throw failure(Code.UNKNOWN, 'the server ended the stream without a code');
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

/** Yields the codes of a stream. Ends the stream if the first or the next code is overdue, which detects a lost peer sooner than keepalive does. */
async function* tokensOfStream(client: OtpClient, key: Key, { signal, timeoutMs }: FollowOptions): AsyncGenerator<Token, void> {
  const overdue = new AbortController();
  const expectWithin = (ms: number) => setTimeout(() => overdue.abort(), ms);
  let timer = expectWithin(timeoutMs);
  try {
    for await (const { token } of client.watchToken({ key }, { signal: AbortSignal.any([signal, overdue.signal]) })) {
      clearTimeout(timer);
      if (token !== undefined) yield token;
      timer = expectWithin(((token && remainingMs(token)) ?? 0) + timeoutMs);
    }
  } catch (error) {
    throw overdue.signal.aborted ? failure(Code.DEADLINE_EXCEEDED, 'a code is overdue') : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the server cannot be reached or does not answer. */
function isAway(error: unknown): boolean {
  return error instanceof OtpError && ['UNAVAILABLE', 'DEADLINE_EXCEEDED'].includes(error.code);
}

function failure(code: Code, message: string): OtpError {
  return new OtpError({ code, message });
}
