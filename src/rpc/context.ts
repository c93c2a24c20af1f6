/** The information that a handler has about the call besides the request, without any transport. */
import type { Principal } from '../ports/principal.ts';
import type { CallTrace } from './trace.ts';

/** The form in which a call came. */
export type Transport = 'grpc' | 'connect' | 'grpc_web' | 'rest';

/** How a code was judged, for the log and the metrics. */
export interface Verdict {
  /** Such as `accepted`. */
  readonly outcome: string;
  /** `totp`, `hotp` or `recovery`. */
  readonly type: string;
  /** How far the step of an accepted TOTP was from the current one; undefined for all else. */
  readonly drift: number | undefined;
  /** Whether the next code has to wait because of this one. */
  readonly isLockout: boolean;
}

/** The surroundings of one call. */
export interface CallContext {
  /** Who is calling. */
  readonly principal: Principal;
  /** The id under which the log knows the call. */
  readonly requestId: string;
  /** The call itself: whether it still waits for an answer, how it came, its trace, and the verdicts on its codes, which a handler adds to by `noteVerdict`. */
  readonly call: {
    readonly ended: boolean;
    readonly transport: Transport;
    readonly trace?: CallTrace | undefined;
    /** The share of the credits that the caller is warned of, for a handler that knows better than the charge. */
    creditShare?: number | undefined;
    verdicts?: Verdict[] | undefined;
  };
  /**
   * Charges what the call costs beyond the 1 that each call is charged at its start: to be called once, and before anything is judged. Fails as
   * admission does where the whole call does not fit, and then nothing of it is counted; and with `CallFailure` if the call has ended.
   */
  readonly charge: (cost: number) => void | Promise<void>;
  /** Notes that so many parts of the call have failed: the caller does not pay for them. */
  readonly giveBack: (count: number) => void;
  /** Has the log tell of a fault of ours that does not fail the whole call. */
  readonly noteFault: (fault: unknown) => void;
  /** The server's clock in ms since the epoch; asked anew each time, for streams outlive a step. */
  readonly now: () => number;
  /** Fires when the caller has left or the server stops; only streams are given one. */
  readonly signal?: AbortSignal;
}

/** Headers or trailers of an answer: names in lower case, each with its values, which are ASCII. */
export type AnswerHeaders = Readonly<Record<string, readonly string[]>>;

/** The call beside its request and its answer. The context of every call offers it; the methods of `otp.v1` need none of it. */
export interface Exchange {
  /** A header of the request by its name in lower case; several values are joined by a comma and a space, as HTTP has it. */
  header(name: string): string | undefined;
  /** When the caller stops waiting, in ms since the epoch; Infinity if it did not say. The server's own deadline may be sooner. */
  readonly deadline: number;
  /** Sets the headers of the answer; to be called once. A stream sends them at once, a unary call with its answer or its error. */
  sendHeaders(headers: AnswerHeaders): void;
  /** Sets the trailers of the answer, whether it succeeds or fails. */
  setTrailers(trailers: AnswerHeaders): void;
}

/** Notes how a code was judged. */
export function noteVerdict({ call }: CallContext, verdict: Verdict): void {
  call.verdicts ??= [];
  call.verdicts.push(verdict);
}
