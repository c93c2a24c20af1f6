/** The port for one-time use and attempts: the guarantees of a store for codes. */

/** Keyed digests that name the state of a secret. A store learns nothing else about the secret. */
export interface StateName {
  /** The name of the secret's state, the same for every type, period and number of digits in a request. */
  readonly fingerprint: string;
  /**
   * The name under which earlier versions kept the state of a secret with this type, algorithm and period, which is then taken over; undefined if the
   * store has no such states.
   */
  readonly former: string | undefined;
  /** The time step in seconds, which names the track; 0 for HOTP. */
  readonly period: number;
}

/** A code after its comparison and before its judgement. */
export interface Attempt extends StateName {
  /** The latest step (HOTP: counter) of the window with this code; undefined for a wrong code. */
  readonly step: number | undefined;
  /** For several consecutive codes: the counter of the first, while `step` is the counter of the last. Unset: the same as `step`. */
  readonly firstStep?: number | undefined;
  /** The distance of `step` from the current step; kept with the answer. */
  readonly drift: number;
  /** Whether an accepted step is consumed. */
  readonly claim: boolean;
  /** The last step that the caller knows as used. */
  readonly afterStep: number | undefined;
  /** How long from now the code of a TOTP may still match, in ms; 0 for HOTP, whose counters can match at any time. */
  readonly matchableMs: number;
  /**
   * Identifies a retry of the request; undefined if the caller wants none. A request id belongs to its fingerprint: the same id with another fingerprint
   * is another request.
   */
  readonly request: { readonly id: string; readonly payload: string } | undefined;
  /** Asks only for the answer kept under the request id: if none is kept, nothing is judged and nothing changes. */
  readonly onlyRepeat?: boolean | undefined;
}

/** The used moving factors of one period, or of HOTP. */
export interface Track {
  /** The time step in seconds; 0 for HOTP. */
  readonly period: number;
  /** No step before this one was used within the last 30 days. */
  readonly first: number;
  /** The last used step (HOTP: counter). This track accepts no step up to it. */
  readonly last: number;
  /** When the track may be forgotten, in ms since the epoch; undefined for HOTP, whose track is kept for ever. */
  readonly until: number | undefined;
}

/** The state of a secret. */
export interface CodeState {
  /** Consecutive wrong codes. */
  readonly failures: number;
  /** Until when no code is judged, in ms since the epoch; 0 if the secret was never locked. */
  readonly lockedUntil: number;
  /** At most one for each period, and one for HOTP. */
  readonly tracks: readonly Track[];
  /** When the whole state may be forgotten, in ms since the epoch; undefined for never. */
  readonly expiresAt: number | undefined;
}

/** The state that earlier versions kept of a secret with one type, algorithm and period. */
export interface FormerState extends Omit<CodeState, 'tracks'> {
  /** The last consumed step; undefined if there is none. */
  readonly lastStep: number | undefined;
}

/** `too_many_names`: the code is right, but the secret has `MOST_TRACKS` other periods already, so the code is not accepted. */
export type Outcome = 'accepted' | 'mismatch' | 'replayed' | 'too_many_names' | 'throttled';

/** The answer to an attempt. It is kept under its request id unless it is `throttled`. */
export interface Judgement {
  readonly outcome: Outcome;
  /** The matched step; undefined if the code is wrong or was not judged. */
  readonly step: number | undefined;
  readonly drift: number;
  /** How many wrong codes may still be sent before the next attempt is throttled. */
  readonly attemptsRemaining: number;
  /** If throttled: how long to wait, in ms; undefined if only an operator can unlock the secret. */
  readonly retryAfterMs: number | undefined;
}

/** Nothing was judged: the request id belongs to another request, or the attempt asked only for a kept answer and there is none. */
export type NotJudged = { readonly outcome: 'request_id_reused' } | { readonly outcome: 'unknown_request' };

/** The facts known before an attempt is judged; other calls may change it in the meantime. */
export interface Preview {
  /** The state of the secret, without expired parts. */
  readonly state: CodeState;
  /** When the state was read, by the clock of the store, in ms since the epoch. */
  readonly now: number;
  /** The answer kept under the request id, as `judge` would return it; undefined if none is kept. */
  readonly kept: Judgement | NotJudged | undefined;
}

/** The state before and after an operator's reset. */
export interface Reset {
  readonly before: CodeState;
  /** Equal to `before` if no track lies in the future. */
  readonly after: CodeState;
}

/** The state of codes. All times are by the clock of the store, which is `now` if the store has no clock of its own. */
export interface CodeStore {
  /** Whether the store may still have states of earlier versions, which are then looked up under their former names. */
  readonly hasFormer: boolean;
  /**
   * Judges an attempt in one atomic, durable step, by the rules of `judge`. When it resolves, the step is claimed or the failure counted on every
   * instance, a crash cannot undo it, and the answer is kept under the request id. A known request id gets its first answer. A throttled attempt
   * changes nothing: its answer is not kept, and a retry under its request id is judged. Rejects with `StoreUnavailableError` if the step was not
   * made, or may not have been made.
   */
  judge(attempt: Attempt, now: number): Promise<Judgement | NotJudged>;
  /**
   * Judges the attempts of a batch, each as `judge` does and the attempts of one secret in order, in one transaction or one round trip. Returns a result
   * for each attempt: an error if it was not judged, or may not have been. Rejects with `StoreUnavailableError` if that holds for all of them.
   */
  judgeAll(attempts: readonly Attempt[], now: number): Promise<readonly (Judgement | NotJudged | Error)[]>;
  /** Reads the states of attempts, and the answers kept under their request ids, in one round trip, without changing anything. */
  preview(attempts: readonly Attempt[], now: number): Promise<readonly Preview[]>;
  /** Clears the failures and the lock of a secret after a code of another key of its user was accepted, by the rule of `forgiven`, in one atomic step. */
  forgive(name: StateName, now: number): Promise<void>;
  /** The state of a secret, without expired parts. */
  inspect(name: StateName, now: number): Promise<CodeState>;
  /** Clears the failures and the lock of a secret, but not its tracks, in one atomic step; resolves to the state before. */
  unlock(name: StateName, now: number): Promise<CodeState>;
  /** Forgets, in one atomic step, the used steps of a secret that lie in the future, by the rule of `withoutFuture`. */
  reset(name: StateName, now: number, nextCounter?: number): Promise<Reset>;
}
