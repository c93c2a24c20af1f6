/** What the primary and its workers say to each other: plain tuples, small enough to be said often. */
import type { ChargeNumbers } from '../limits/charge-numbers.ts';
import type { LimitWindow } from '../ports/store.ts';

/** One charge: whose, the place of its windows in the batch, and what it costs. */
export type Charge = readonly [subject: string, windows: number, cost: number];
/** One refund: whose, the place of its windows, when it was charged, how much is given back, and whether that was rejected. */
export type Refund = readonly [subject: string, windows: number, chargedAt: number, count: number, rejected: boolean];
/** What came in one turn of the event loop. A plan's windows are in it once, however many calls are under them. */
export type LimitBatch = readonly [
  windows: readonly (readonly LimitWindow[])[],
  charges: readonly Charge[],
  refunds: readonly Refund[],
];
export type FromWorker =
  | readonly ['limits', LimitBatch]
  | readonly ['listening', address: string]
  /** It ends without having listened; what was wrong is the command line's to show. */
  | readonly ['failed', failure: unknown];

export type FromPrimary =
  /** The outcomes of the oldest batch that has none yet. */
  | readonly ['counted', readonly ChargeNumbers[]]
  | readonly ['stop']
  /** Open anew what was rotated away. */
  | readonly ['reopen'];
