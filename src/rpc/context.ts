/** What a handler knows about the call besides the request: nothing of any transport. */
import type { Principal } from '../ports/principal.ts';

/** The surroundings of one call. */
export interface CallContext {
  /** Who is calling. */
  readonly principal: Principal;
  /** The id under which the log knows the call. */
  readonly requestId: string;
  /** The call itself: whether it still waits for an answer. */
  readonly call: { readonly ended: boolean };
  /** The server's clock in ms since the epoch; asked anew each time, for streams outlive a step. */
  readonly now: () => number;
  /** Fires when the caller has left or the server stops; only streams are given one. */
  readonly signal?: AbortSignal;
}
