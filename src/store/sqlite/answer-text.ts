/**
 * An answer to a request id as text: `nXnyrp-1Vo1BNMyZ8f5umk accepted 59800000 0 5 1797000000000 payload`, that is name, outcome, step, drift, attempts remaining,
 * time of expiry, and the digest of the request.
 */
import { hash } from 'node:crypto';
import type { Judgement, Outcome } from '../../ports/codes.ts';
import { NONE, numberOf } from '../track-text.ts';

/** An answer that is kept under a request id. */
export interface KeptAnswer {
  /** As `answerName` makes it. */
  readonly name: string;
  /** The digest of the request. A repeat has the same digest; another request with the same id has not. */
  readonly payload: string;
  /** Never `throttled`, which is not kept. */
  readonly judgement: Judgement;
  /** In ms since the epoch. */
  readonly expiresAt: number;
}

/** 132 bits in base64url: the names of two answers never collide. */
const NAME_LENGTH = 22;

const ANSWER = /^(\S+) ([a-z_]+) (-|[0-9]+) (-?[0-9]+) ([0-9]+) ([0-9]+) (.*)$/s;

/**
 * Returns the name of an answer. It looks random and has a fixed length, whatever ids callers choose, and depends on the secret or set as well as
 * on the id.
 */
export function answerName(fingerprint: string, requestId: string): string {
  return hash('sha256', `${fingerprint}:${requestId}`, 'base64url').slice(0, NAME_LENGTH);
}

/** The text of an answer. Throws for an answer that could not be read again: it would fail all later attempts on its secret. */
export function textOfAnswer({ name, payload, judgement, expiresAt }: KeptAnswer): string {
  const { outcome, step = NONE, drift, attemptsRemaining } = judgement;
  const text = `${name} ${outcome} ${step} ${drift} ${attemptsRemaining} ${expiresAt} ${payload}`;
  if (!ANSWER.test(text)) throw new Error('an answer that cannot be kept');
  return text;
}

/** Parses such a text. Throws for any other text: if it were read as no answer, its request would be judged again. */
export function answerOfText(text: string): KeptAnswer {
  const match = ANSWER.exec(text);
  if (match === null) throw new Error('what is kept cannot be read');
  const [, name = '', outcome, step, drift, attemptsRemaining, expiresAt, payload = ''] = match;
  return {
    name,
    payload,
    judgement: {
      outcome: outcome as Outcome,
      step: numberOf(step),
      drift: Number(drift),
      attemptsRemaining: Number(attemptsRemaining),
      retryAfterMs: undefined,
    },
    expiresAt: Number(expiresAt),
  };
}
