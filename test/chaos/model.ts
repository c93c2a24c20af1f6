/** A second implementation of the rules in the specification, independent of the code, for calls one after the other. */
import type { Outcome } from './caller.ts';

const FREE_ATTEMPTS = 5;
const HARD_STOP = 100;
const FIRST_DELAY_MS = 60_000;
const LONGEST_DELAY_MS = 86_400_000;

/** A Verify. */
export interface Question {
  readonly key: string;
  readonly caller: string;
  readonly requestId: string | undefined;
  readonly code: string;
  readonly isMalformed: boolean;
  /** The step of the code within the window; undefined for a wrong code. */
  readonly step: number | undefined;
  readonly drift: number;
  readonly claim: boolean;
  readonly afterStep: number | undefined;
  /** The counter of a HOTP. */
  readonly counter: number | undefined;
}

/** The answer, without fields that follow from other fields. */
export interface Reply {
  readonly outcome: Outcome;
  readonly step?: number;
  readonly drift?: number;
  readonly remaining?: number;
  /** Undefined if waiting does not help. */
  readonly waitMs?: number;
}

export interface Model {
  readonly verify: (question: Question, now: number) => Reply;
  readonly unlock: (key: string) => void;
  /** Returns the end of the lock: 0 without a lock, Infinity if only an operator can unlock the key. */
  readonly lockedUntil: (key: string) => number;
  /** Returns the last used step; -1 if there is none. */
  readonly lastStep: (key: string) => number;
}

interface Known {
  lastStep: number;
  /** The number of wrong codes since the last acceptance or unlock. */
  wrong: number;
  /** The time from which the next code is judged. */
  until: number;
}

/** Makes a model without any state. */
export function createModel(): Model {
  const keys = new Map<string, Known>();
  const answered = new Map<string, { readonly payload: string; readonly reply: Reply }>();

  function knownOf(key: string): Known {
    const known = keys.get(key) ?? { lastStep: -1, wrong: 0, until: 0 };
    keys.set(key, known);
    return known;
  }

  function judge({ key, step, drift, claim, afterStep = -1 }: Question, now: number): Reply {
    const known = knownOf(key);
    // However far the clock was set back, a caller waits no longer than the delay for the number of wrong codes.
    known.until = Math.min(known.until, now + delayOf(known.wrong));
    const { until } = known;
    if (until > now)
      return { outcome: 'throttled', remaining: 0, ...(until < Number.POSITIVE_INFINITY && { waitMs: until - now }) };
    if (step === undefined) {
      known.wrong += 1;
      known.until = now + delayOf(known.wrong);
      return { outcome: 'mismatch', remaining: Math.max(0, FREE_ATTEMPTS - known.wrong) };
    }
    const isUsed = step <= known.lastStep;
    const isReplayed = step <= afterStep || (claim && isUsed);
    if (!isReplayed && !isUsed) known.wrong = 0;
    if (!isReplayed && claim) known.lastStep = step;
    const remaining = Math.max(1, FREE_ATTEMPTS - known.wrong);
    return { outcome: isReplayed ? 'replayed' : 'accepted', step, drift, remaining };
  }

  return {
    verify(question, now) {
      const { caller, requestId, isMalformed, ...asked } = question;
      if (isMalformed) return { outcome: 'malformed' };
      if (requestId === undefined) return judge(question, now);
      const name = `${caller} ${requestId}`;
      const payload = JSON.stringify([asked.key, asked.code, asked.claim, asked.afterStep, asked.counter]);
      const first = answered.get(name) ?? { payload, reply: judge(question, now) };
      // A throttled attempt changes nothing, so the same id is judged again.
      if (first.reply.outcome !== 'throttled') answered.set(name, first);
      return first.payload === payload ? first.reply : { outcome: 'request_id_reused' };
    },
    unlock: (key) => {
      Object.assign(knownOf(key), { wrong: 0, until: 0 });
    },
    lockedUntil: (key) => knownOf(key).until,
    lastStep: (key) => knownOf(key).lastStep,
  };
}

function delayOf(wrong: number): number {
  if (wrong >= HARD_STOP) return Number.POSITIVE_INFINITY;
  return wrong < FREE_ATTEMPTS ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (wrong - FREE_ATTEMPTS));
}
