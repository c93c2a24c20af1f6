/**
 * Ends connections by their age (gRFC A9), so that a balancer of connections spreads callers over all instances: an old connection takes no more
 * calls, then its streams end, and what is left is cut off.
 */

/** How old a connection may become. */
export interface ConnectionAge {
  /** After this time, give or take a tenth, a connection takes no more calls, in ms. */
  readonly maxAgeMs: number;
  /** How long the calls on it may go on then, in ms. */
  readonly graceMs: number;
}

/** The steps of the end of a connection. */
export interface Ending {
  /** Has it take no more calls, and close after those that are under way. */
  readonly retire: () => void;
  /** Ends its streams, each with a status. */
  readonly endStreams: () => void;
  /** Cuts off what is left, such as a caller who does not read. */
  readonly cutOff: () => void;
}

/** As in gRFC A9: connections that began together do not end together. */
const JITTER = 0.1;
/** How long a connection has for the statuses of its streams, in ms. */
const FAREWELL_MS = 1000;

/** Begins to age a connection; gives the function that ends that, to be called when the connection closes. `random` gives a number from 0 up to 1. */
export function startAging(
  { maxAgeMs, graceMs }: ConnectionAge,
  { retire, endStreams, cutOff }: Ending,
  random: () => number = Math.random,
): () => void {
  let timer: NodeJS.Timeout;
  const after = (ms: number, step: () => void): void => {
    timer = setTimeout(step, ms).unref();
  };
  after(maxAgeMs * (1 - JITTER + 2 * JITTER * random()), () => {
    // First: a connection without calls closes at once, and there is nothing left to wait for.
    after(graceMs, () => {
      after(FAREWELL_MS, cutOff);
      endStreams();
    });
    retire();
  });
  return () => clearTimeout(timer);
}
