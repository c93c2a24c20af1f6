/** Errors of Redis and of its client: outages told apart from bugs, and stripped, since the client's carry the command with its arguments. */
import { ReplyError } from 'ioredis';
import { StoreSetupError, StoreUnavailableError } from '../../ports/store.ts';

/** The answers that a script of ours can only get by a mistake in it; any other names a state of Redis. */
const MISTAKES: readonly string[] = ['ERR', 'WRONGTYPE'];

/** Redis cannot be used as it is, and an operator must act; the message says what to do. */
export class RedisSetupError extends StoreSetupError {
  constructor(problem: string) {
    super(`Redis ${problem}`);
    this.name = 'RedisSetupError';
  }
}

/** The cause of an error, without a word of the command: the code of an answer of Redis, or the text of a failed connection. */
export function reasonOf(error: unknown): string {
  if (isReply(error)) return codeOf(error);
  return error instanceof Error ? error.message : 'unknown';
}

/** Whether Redis does not have the script that was named by its digest. */
export function isNoScript(error: unknown): boolean {
  return isReply(error) && codeOf(error) === 'NOSCRIPT';
}

/** The error to throw on: `StoreUnavailableError` for anything that time or an operator mends, a plain one for a mistake in a script. */
export function translate(error: unknown): Error {
  if (isReply(error) && MISTAKES.includes(codeOf(error)) && error.message.includes('user_script'))
    return new Error(`a script failed in Redis: ${error.message}`);
  return new StoreUnavailableError(new Error(reasonOf(error)));
}

function isReply(error: unknown): error is Error {
  return error instanceof ReplyError;
}

function codeOf({ message }: Error): string {
  return /^[A-Z]+/.exec(message)?.[0] ?? 'ERR';
}
