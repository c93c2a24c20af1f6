/** The port for recovery codes: the guarantees of a store for the used codes of a set. */

/** A recovery code after its comparison and before its judgement. */
export interface CodeUse {
  /** The name of the set: a keyed digest. A store learns nothing else about the set. */
  readonly set: string;
  /** The place of the code in the set, from 0; undefined for a wrong code. */
  readonly code: number | undefined;
  /** How many codes the set has, 1 to 20. */
  readonly count: number;
  /**
   * Identifies a retry of the request; undefined if the caller wants none. A request id belongs to its set: the same id with another set is another
   * request.
   */
  readonly request: { readonly id: string; readonly payload: string } | undefined;
}

/** The state of a set. */
export interface SetState {
  /** The used codes as bits: 2^n for the code at place n. */
  readonly used: number;
  /** A revoked set stays revoked. */
  readonly isRevoked: boolean;
  /** Consecutive wrong codes. */
  readonly failures: number;
  /** Until when no code is judged, in ms since the epoch; 0 if the set was never locked. */
  readonly lockedUntil: number;
  /** When the whole state may be forgotten, in ms since the epoch; undefined for never, once a code was used or the set was revoked. */
  readonly expiresAt: number | undefined;
}

export type UseOutcome = 'accepted' | 'mismatch' | 'replayed' | 'throttled';

/** The answer to a use, kept under its request id unless it is `throttled`. */
export interface UseJudgement {
  readonly outcome: UseOutcome;
  /** How many codes are left; undefined if nothing was judged. */
  readonly remainingCount: number | undefined;
  /** How many wrong codes may still be sent before the next attempt is throttled. */
  readonly attemptsRemaining: number;
  /** If throttled: how long to wait, in ms; undefined if only an operator can unlock the set. */
  readonly retryAfterMs: number | undefined;
}

/** The state of sets. All times are by the clock of the store, which is `now` if the store has no clock of its own. */
export interface RecoveryStore {
  /**
   * Judges a use in one atomic, durable step, by the rules of `judgeUse`. When it resolves, the code is used or the failure counted on every instance,
   * a crash cannot undo it, and the answer is kept under the request id. A known request id gets its first answer or, if its payload is another,
   * `request_id_reused`, and nothing is judged. Rejects with `StoreUnavailableError` if the step was not made, or may not have been made.
   */
  use(use: CodeUse, now: number): Promise<UseJudgement | { readonly outcome: 'request_id_reused' }>;
  /** Revokes a set for ever, in one atomic, durable step; a revoked set stays revoked. Rejects as `use` does. */
  revoke(set: string, now: number): Promise<void>;
  /** The state of a set, without expired parts. */
  inspect(set: string, now: number): Promise<SetState>;
  /** Clears the failures and the lock of a set, and nothing else, in one atomic step; resolves to the state before. */
  unlock(set: string, now: number): Promise<SetState>;
}
