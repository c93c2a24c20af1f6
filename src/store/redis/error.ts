/** Errors of Redis and of its client: outages told apart from bugs, and stripped, since the client's carry the command with its arguments. */
import { ReplyError } from 'ioredis';
import { StoreSetupError, StoreUnavailableError } from '../../ports/store.ts';

/** The answers that a script of ours can only get by a mistake in it; any other names a state of Redis. */
const MISTAKES: readonly string[] = ['ERR', 'WRONGTYPE'];

/** The answers by which Redis refuses a command before it does anything: another master, or the same a moment later, may carry it out. */
const REFUSALS: readonly string[] = ['MOVED', 'ASK', 'TRYAGAIN', 'CLUSTERDOWN', 'READONLY', 'MASTERDOWN', 'LOADING'];

/** Redis cannot be used as it is, and an operator must act; the message says what to do. */
export class RedisSetupError extends StoreSetupError {
  readonly problem: string;
  constructor(problem: string) {
    super(`Redis ${problem}`);
    this.name = 'RedisSetupError';
    this.problem = problem;
  }
}

/** The same, of what time may mend: it is not there, or not the primary. */
export class RedisAwayError extends RedisSetupError {}

/** A command was refused, and certainly not carried out. */
export class RefusedError extends StoreUnavailableError {
  /** `MOVED`, say. */
  readonly code: string;
  /** Of `MOVED` and `ASK`: the slot, and who has it. A host that Redis leaves out is that of who answered. */
  readonly slot: number;
  readonly host: string;
  readonly port: number;
  constructor({ message }: Error) {
    const [code = '', ...words] = message.split(' ');
    super(new Error(code));
    this.code = code;
    const [slot = '', place = ''] = ['MOVED', 'ASK'].includes(code) ? words : [];
    this.slot = Number(slot);
    this.host = place.slice(0, place.lastIndexOf(':')).replace(/^\[|\]$/g, '');
    this.port = Number(place.slice(place.lastIndexOf(':') + 1));
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
  const isOfScript = isReply(error) && error.message.includes('user_script');
  if (isOfScript && MISTAKES.includes(codeOf(error))) return new Error(`a script failed in Redis: ${error.message}`);
  if (isReply(error) && !isOfScript && REFUSALS.includes(codeOf(error))) return new RefusedError(error);
  return new StoreUnavailableError(new Error(reasonOf(error)));
}

function isReply(error: unknown): error is Error {
  return error instanceof ReplyError;
}

function codeOf({ message }: Error): string {
  return /^[A-Z]+/.exec(message)?.[0] ?? 'ERR';
}
