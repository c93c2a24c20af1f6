/** The port for one-time use and attempts: what a store promises about codes. */
import type { CarriedCharge } from './counts.ts';
import type { Attempt, CodeState, Judgement } from './judge.ts';

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
   *
   * With a `charge`, only where the limits of the same store say that it is carried, that is made in the same step: if it is not allowed nothing
   * is judged, and nothing kept. Whatever else it rejects with than `StoreUnavailableError`, it has charged nothing that it has not told of.
   */
  judge(attempt: Attempt, now: number, charge?: CarriedCharge): Promise<Judgement | RequestIdReused>;
  /** What is kept of a key. */
  inspect(fingerprint: string): Promise<CodeState>;
  /** Clears the failures and the lock of a key, not its last step; resolves to what was before. */
  unlock(fingerprint: string): Promise<CodeState>;
}
