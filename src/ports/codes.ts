/** The port for one-time use and attempts: what a store promises about codes. */

/** One code, compared, and waiting for its judgement. */
export interface Attempt {
  /** The keyed fingerprint of the key: all that a store learns of it. */
  readonly fingerprint: string;
  /** The latest step (HOTP: counter) of the window whose code it is; undefined for a wrong code. */
  readonly step: number | undefined;
  /** How far `step` is from the current one; kept with the answer. */
  readonly drift: number;
  /** Whether an accepted step is consumed. */
  readonly claim: boolean;
  /** The last step that the caller knows to be used. */
  readonly afterStep: number | undefined;
  /** How long after now the step's code could match again, in ms; undefined: for ever, as a HOTP counter could. */
  readonly matchableMs: number | undefined;
  /** What makes a repeat recognisable; undefined if the caller wants none. */
  readonly request: { readonly id: string; readonly payload: string } | undefined;
}

/** What is kept of a key. */
export interface CodeState {
  /** The last consumed step; undefined if there is none. */
  readonly lastStep: number | undefined;
  /** Consecutive wrong codes. */
  readonly failures: number;
  /** Until when no code is judged, in ms since the epoch; 0 if never locked. */
  readonly lockedUntil: number;
  /** When all this may be forgotten, in ms since the epoch; undefined: never. */
  readonly expiresAt: number | undefined;
}

export type Outcome = 'accepted' | 'mismatch' | 'replayed' | 'throttled';

/** The answer to an attempt, kept whole under its request id. */
export interface Judgement {
  readonly outcome: Outcome;
  /** The matched step; undefined unless accepted or replayed. */
  readonly step: number | undefined;
  readonly drift: number;
  /** Wrong codes that may still be sent before the next is throttled. */
  readonly attemptsRemaining: number;
  /** If throttled: how long to wait, in ms; undefined if only an unlock helps. */
  readonly retryAfterMs: number | undefined;
}

/** A repeat of a request id with something else: nothing was judged. */
export interface RequestIdReused {
  readonly outcome: 'request_id_reused';
}

/** The state of codes. */
export interface CodeStore {
  /**
   * Judges an attempt in one atomic, durable step, by the rules of `judge`: when it resolves, the step is claimed or the failure counted, on
   * every instance and through a crash, and the answer is kept under the request id. A request id that is known gets its first answer.
   * Rejects with `StoreUnavailableError` where the step was not taken, or may not have been.
   */
  judge(attempt: Attempt, now: number): Promise<Judgement | RequestIdReused>;
  /** What is kept of a key. */
  inspect(fingerprint: string): Promise<CodeState>;
  /** Clears the failures and the lock of a key, not its last step; resolves to what was before. */
  unlock(fingerprint: string): Promise<CodeState>;
}
