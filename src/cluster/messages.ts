/** What the primary and its workers say to each other: plain tuples, small enough to be said often. */
import type { LimitWindow } from '../ports/store.ts';

/** One call to count: whose, and the place of its windows in the batch. */
export type Charge = readonly [subject: string, windows: number];
/** One call to give back: the same, and when it was counted. */
export type Refund = readonly [subject: string, windows: number, chargedAt: number];
/** What came in one turn of the event loop. A plan's windows are in it once, however many calls are under them. */
export type LimitBatch = readonly [
  windows: readonly (readonly LimitWindow[])[],
  charges: readonly Charge[],
  refunds: readonly Refund[],
];
/** The outcome of a charge: two numbers a window, in the order asked. */
export type Counted = readonly [
  allowed: 0 | 1,
  chargedAt: number,
  retryAfterMs: number,
  ...remainingAndResetMs: readonly number[],
];

export type FromWorker =
  | readonly ['limits', LimitBatch]
  | readonly ['listening', address: string]
  /** It ends without having listened; what was wrong is the command line's to show. */
  | readonly ['failed', failure: unknown];

export type FromPrimary =
  /** The outcomes of the oldest batch that has none yet. */
  | readonly ['counted', readonly Counted[]]
  | readonly ['stop']
  /** Open anew what was rotated away. */
  | readonly ['reopen'];
