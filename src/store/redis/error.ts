/** Errors of Redis and of its client: distinguishes outages from bugs, and removes commands and arguments. */
import { ReplyError } from 'ioredis';
import { StoreSetupError, StoreUnavailableError } from '../../ports/store.ts';

/** The replies that only a bug in one of our scripts can cause; any other reply describes a state of Redis. */
const MISTAKES: readonly string[] = ['ERR', 'WRONGTYPE'];

/** The replies by which Redis refuses a command before it does anything: another master, or the same master later, may carry it out. */
const REFUSALS: readonly string[] = ['MOVED', 'ASK', 'TRYAGAIN', 'CLUSTERDOWN', 'READONLY', 'MASTERDOWN', 'LOADING'];

/** Redis cannot be used until an operator acts; the message says how. */
export class RedisSetupError extends StoreSetupError {
  readonly problem: string;
  constructor(problem: string) {
    super(`Redis ${problem}`);
    this.name = 'RedisSetupError';
    this.problem = problem;
  }
}

/** A setup error that may pass: the server cannot be reached, or is not the primary. */
export class RedisAwayError extends RedisSetupError {}

/** A command was refused, and was certainly not carried out. */
export class RefusedError extends StoreUnavailableError {
  /** Such as `MOVED`. */
  readonly code: string;
  /** For `MOVED` and `ASK`: the slot and its server. A host that Redis omits is that of the replying server. */
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

/** The cause of an error without the command: the code of a reply of Redis, or the text of a failed connection. */
export function reasonOf(error: unknown): string {
  if (isReply(error)) return codeOf(error);
  return error instanceof Error ? error.message : 'unknown';
}

/** Whether Redis does not know the script with the digest. */
export function isNoScript(error: unknown): boolean {
  return isReply(error) && codeOf(error) === 'NOSCRIPT';
}

/** The error to throw: `StoreUnavailableError` if time or an operator can help, a plain error for a bug in a script. */
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
