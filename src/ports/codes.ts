/** The port for one-time use and attempts: what a store promises about codes. */

/** Keyed digests by which the state of a secret is found. A store learns nothing else of the secret. */
export interface StateName {
  /** The name of the secret's state, whatever type, period and digits a request names. */
  readonly fingerprint: string;
  /** Where earlier versions kept the state of a secret with this type, algorithm and period, to be taken over; undefined if the store has none. */
  readonly former: string | undefined;
  /** The time step in seconds, which names the track; 0 for HOTP. */
  readonly period: number;
}

/** A code that has been compared and waits for its judgement. */
export interface Attempt extends StateName {
  /** The latest step (HOTP: counter) of the window whose code it is; undefined for a wrong code. */
  readonly step: number | undefined;
  /** Of several codes that were sent in a row: the counter of the first, `step` being that of the last. The same as `step` if unset. */
  readonly firstStep?: number | undefined;
  /** How far `step` is from the current one; kept with the answer. */
  readonly drift: number;
  /** Whether an accepted step is consumed. */
  readonly claim: boolean;
  /** The last step that the caller knows to be used. */
  readonly afterStep: number | undefined;
  /** How long after now the code of a TOTP could match again, in ms; 0 for HOTP, whose counters can always match. */
  readonly matchableMs: number;
  /** Makes a repeat recognisable; undefined if the caller wants none. The id belongs to the fingerprint: with another one it is another id. */
  readonly request: { readonly id: string; readonly payload: string } | undefined;
  /** Set to ask for the answer that is kept under the request id and for nothing else: where none is, nothing is judged and nothing changes. */
  readonly onlyRepeat?: boolean | undefined;
}

/** The moving factors of one period, or of HOTP, that were used. */
export interface Track {
  /** The time step in seconds; 0 for HOTP. */
  readonly period: number;
  /** No step before it was used within the last 30 days. */
  readonly first: number;
  /** The last step (HOTP: counter) that was used: nothing up to it is accepted on this track. */
  readonly last: number;
  /** When the track may be forgotten, in ms since the epoch; undefined for HOTP: never. */
  readonly until: number | undefined;
}

/** The state of a secret. */
export interface CodeState {
  /** Consecutive wrong codes. */
  readonly failures: number;
  /** Until when no code is judged, in ms since the epoch; 0 if never locked. */
  readonly lockedUntil: number;
  /** At most one for each period, and one for HOTP. */
  readonly tracks: readonly Track[];
  /** When all this may be forgotten, in ms since the epoch; undefined: never. */
  readonly expiresAt: number | undefined;
}

/** The state that earlier versions kept of a secret with one type, algorithm and period. */
export interface FormerState extends Omit<CodeState, 'tracks'> {
  /** The last consumed step; undefined if there is none. */
  readonly lastStep: number | undefined;
}

/** `too_many_names`: a right code of a secret that is in use under as many other periods as are kept apart, and so not accepted. */
export type Outcome = 'accepted' | 'mismatch' | 'replayed' | 'too_many_names' | 'throttled';

/** The answer to an attempt, kept whole under its request id unless it is `throttled`. */
export interface Judgement {
  readonly outcome: Outcome;
  /** The matched step; undefined if the code is wrong or was not judged. */
  readonly step: number | undefined;
  readonly drift: number;
  /** Wrong codes that may still be sent before the next is throttled. */
  readonly attemptsRemaining: number;
  /** If throttled: how long to wait, in ms; undefined if only an unlock helps. */
  readonly retryAfterMs: number | undefined;
}

/** Nothing was judged: a request id came again with something else, or only its answer was asked for, and none is kept. */
export type NotJudged = { readonly outcome: 'request_id_reused' } | { readonly outcome: 'unknown_request' };

/** The things known before an attempt is judged; others may change them meanwhile. */
export interface Preview {
  /** The state of the secret, without expired parts. */
  readonly state: CodeState;
  /** The moment of the store's clock at which it was read, in ms since the epoch. */
  readonly now: number;
  /** The answer that is kept under the request id, as `judge` would give it; undefined if none is. */
  readonly kept: Judgement | NotJudged | undefined;
}

/** The change by an operator's reset. */
export interface Reset {
  readonly before: CodeState;
  /** The same as `before` where no track lay in the future. */
  readonly after: CodeState;
}

/** The state of codes. All moments are of the store's clock, which is `now` if the store has none of its own. */
export interface CodeStore {
  /** Whether states of earlier versions may be left: then they are looked for under their former names. */
  readonly hasFormer: boolean;
  /**
   * Judges an attempt in one atomic, durable step, by the rules of `judge`: when it resolves, the step is claimed or the failure counted, on
   * every instance and through a crash, and the answer is kept under the request id. A request id that is known gets its first answer. An attempt
   * that was throttled changed nothing, so that there is nothing to protect: its answer is not kept, and its id is judged when it comes again.
   * Rejects with `StoreUnavailableError` where the step was not taken, or may not have been.
   */
  judge(attempt: Attempt, now: number): Promise<Judgement | NotJudged>;
  /**
   * Judges the attempts of a batch, each as `judge` does and those of one secret in their order, by one transaction or in one round trip. Gives as many
   * results: an error for an attempt that was not judged, or may not have been. Rejects with `StoreUnavailableError` where that is so of all.
   */
  judgeAll(attempts: readonly Attempt[], now: number): Promise<readonly (Judgement | NotJudged | Error)[]>;
  /** Looks at the states of attempts, and at the answers kept under their request ids, without changing anything: in one round trip for all. */
  preview(attempts: readonly Attempt[], now: number): Promise<readonly Preview[]>;
  /** Clears the failures and the lock of a secret after another key of its user was accepted, by the rule of `forgiven`: in one atomic step. */
  forgive(name: StateName, now: number): Promise<void>;
  /** The state of a secret, without expired parts. */
  inspect(name: StateName, now: number): Promise<CodeState>;
  /** Clears the failures and the lock of a secret in one atomic step, not its tracks; resolves to what was before. */
  unlock(name: StateName, now: number): Promise<CodeState>;
  /** Forgets, in one atomic step, the used steps of a secret that lie in the future, by the rule of `withoutFuture`. */
  reset(name: StateName, now: number, nextCounter?: number): Promise<Reset>;
}
