/** The information of a handler about its call besides the request, without any transport. */
import type { Principal } from '../ports/principal.ts';
import type { CallTrace } from './trace.ts';

/** The transport of a call. */
export type Transport = 'grpc' | 'connect' | 'grpc_web' | 'rest';

/** The verdict on a code, for the log and the metrics. */
export interface Verdict {
  /** Such as `accepted`. */
  readonly outcome: string;
  /** `totp`, `hotp` or `recovery`. */
  readonly type: string;
  /** The drift of an accepted TOTP in steps; undefined for all other verdicts. */
  readonly drift: number | undefined;
  /** Whether this code has caused a lock. */
  readonly isLockout: boolean;
}

/** The context of one call. */
export interface CallContext {
  /** The caller. */
  readonly principal: Principal;
  /** The request id of the call in the log. */
  readonly requestId: string;
  /** The call itself: whether it still waits for an answer, its transport, its trace, and the verdicts on its codes, which `noteVerdict` adds. */
  readonly call: {
    readonly ended: boolean;
    readonly transport: Transport;
    readonly trace?: CallTrace | undefined;
    /** The share of the credits that the caller is warned of; for a handler with newer counts than the charge. */
    creditShare?: number | undefined;
    verdicts?: Verdict[] | undefined;
  };
  /**
   * Charges the cost of the call beyond the 1 that every call is charged at its start. Call this once, before anything is judged. Fails as admission
   * does if the whole call does not fit, and then counts nothing of it; fails with `CallFailure` if the call has ended.
   */
  readonly charge: (cost: number) => void | Promise<void>;
  /** Notes that this many parts of the call have failed; the caller does not pay for them. */
  readonly giveBack: (count: number) => void;
  /** Logs a fault of the server that does not fail the whole call. */
  readonly noteFault: (fault: unknown) => void;
  /** The server's clock in ms since the epoch, read on each call, since streams outlive a step. */
  readonly now: () => number;
  /** Fires when the caller has left or the server stops; only streams get one. */
  readonly signal?: AbortSignal;
}

/** Headers or trailers of an answer: names in lower case, each with its ASCII values. */
export type AnswerHeaders = Readonly<Record<string, readonly string[]>>;

/** The metadata of a call. Every context offers it; the methods of `otp.v1` do not need it. */
export interface Exchange {
  /** A header of the request by its name in lower case; several values are joined by a comma and a space, as in HTTP. */
  header(name: string): string | undefined;
  /** When the caller stops waiting, in ms since the epoch; Infinity if the caller did not say. The server's own deadline may be earlier. */
  readonly deadline: number;
  /** Sets the headers of the answer; call this once. A stream sends them at once, a unary call with its answer or its error. */
  sendHeaders(headers: AnswerHeaders): void;
  /** Sets the trailers of the answer, whether it succeeds or fails. */
  setTrailers(trailers: AnswerHeaders): void;
}

/** Notes the verdict on a code. */
export function noteVerdict({ call }: CallContext, verdict: Verdict): void {
  call.verdicts ??= [];
  call.verdicts.push(verdict);
}
