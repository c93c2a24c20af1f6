/** The messages between the primary and its workers: plain tuples, small enough to be sent often. */
import type { Addresses } from '../config/listen-address.ts';
import type { ChargeNumbers, UsageNumbers } from '../limits/charge-numbers.ts';
import type { LimitWindow } from '../ports/store.ts';

/** A charge: whose, the place of its windows in the batch, and what it costs. */
export type Charge = readonly [subject: string, windows: number, cost: number];
/** A refund: whose, the place of its windows, when it was charged, how much is given back, and whether that was rejected. */
export type Refund = readonly [subject: string, windows: number, chargedAt: number, count: number, rejected: boolean];
/** A question how much is used: of whose, and the place of its windows. */
export type UsageQuestion = readonly [subject: string, windows: number];
/** The charges, refunds and questions of one turn of the event loop. A plan's windows are in it once, however many calls are under them. */
export type LimitBatch = readonly [
  windows: readonly (readonly LimitWindow[])[],
  charges: readonly Charge[],
  refunds: readonly Refund[],
  questions: readonly UsageQuestion[],
];
/** The outcomes of the charges of a batch, and the answers to its questions. */
export type LimitAnswers = readonly [outcomes: readonly ChargeNumbers[], usages: readonly UsageNumbers[]];
export type FromWorker =
  | readonly ['limits', LimitBatch]
  | readonly ['listening', addresses: Addresses]
  /** Whether it serves calls, whenever that changes. */
  | readonly ['ready', isReady: boolean]
  /** It ends without having listened; what was wrong is the command line's to show. */
  | readonly ['failed', failure: unknown];

export type FromPrimary =
  /** The outcomes of the oldest batch that has none yet. */
  | readonly ['counted', LimitAnswers]
  | readonly ['stop']
  /** Do as after SIGHUP: open anew what was rotated away, and read the files of the configuration again. */
  | readonly ['reopen'];
