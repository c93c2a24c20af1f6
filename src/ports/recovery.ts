/** The port for recovery codes: what a store promises about the used codes of a set. */

/** A recovery code that has been compared and waits for its judgement. */
export interface CodeUse {
  /** The name of the set: a keyed digest. A store learns nothing else of it. */
  readonly set: string;
  /** The place of the code in the set, from 0; undefined for a wrong code. */
  readonly code: number | undefined;
  /** How many codes the set has, 1 to 20. */
  readonly count: number;
  /** Makes a repeat recognisable; undefined if the caller wants none. The id belongs to the set: with another one it is another id. */
  readonly request: { readonly id: string; readonly payload: string } | undefined;
}

/** The state of a set. */
export interface SetState {
  /** The used codes, as bits: that of the code in place n is 2^n. */
  readonly used: number;
  /** For ever, once it is true. */
  readonly isRevoked: boolean;
  /** Consecutive wrong codes. */
  readonly failures: number;
  /** Until when no code is judged, in ms since the epoch; 0 if never locked. */
  readonly lockedUntil: number;
  /** When all this may be forgotten, in ms since the epoch; undefined: never, as soon as a code was used or the set revoked. */
  readonly expiresAt: number | undefined;
}

export type UseOutcome = 'accepted' | 'mismatch' | 'replayed' | 'throttled';

/** The answer to a use, kept under its request id unless it is `throttled`. */
export interface UseJudgement {
  readonly outcome: UseOutcome;
  /** How many codes may still be used; undefined if nothing was judged. */
  readonly remainingCount: number | undefined;
  /** Wrong codes that may still be sent before the next is throttled. */
  readonly attemptsRemaining: number;
  /** If throttled: how long to wait, in ms; undefined if only an unlock helps. */
  readonly retryAfterMs: number | undefined;
}

/** The state of sets. All moments are of the store's clock, which is `now` if the store has none of its own. */
export interface RecoveryStore {
  /**
   * Judges a use in one atomic, durable step, by the rules of `judgeUse`: when it resolves, the code is used or the failure counted, on every
   * instance and through a crash, and the answer is kept under the request id. A known request id gets its first answer, or `request_id_reused` if its
   * payload was another one: then nothing was judged. Rejects with `StoreUnavailableError` where the step was not taken, or may not have been.
   */
  use(use: CodeUse, now: number): Promise<UseJudgement | { readonly outcome: 'request_id_reused' }>;
  /** Revokes a set for ever, in one atomic, durable step; a set that is revoked stays so. Rejects as `use` does. */
  revoke(set: string, now: number): Promise<void>;
  /** The state of a set; nothing of what has expired. */
  inspect(set: string, now: number): Promise<SetState>;
  /** Clears the failures and the lock of a set in one atomic step, and nothing else; resolves to what was before. */
  unlock(set: string, now: number): Promise<SetState>;
}
