/** The messages between the primary and its workers: plain tuples, small enough to be sent often. */
import type { Addresses } from '../config/listen-address.ts';
import type { ChargeNumbers, UsageNumbers } from '../limits/charge-numbers.ts';
import type { MetricValues } from '../observability/metrics-page.ts';
import type { LimitWindow } from '../ports/store.ts';

/** A charge: its subject, the place of its windows in the batch, and its cost. */
export type Charge = readonly [subject: string, windows: number, cost: number];
/** A refund: its subject, the place of its windows, the time of the charge, the refunded count, and whether the call was rejected. */
export type Refund = readonly [subject: string, windows: number, chargedAt: number, count: number, rejected: boolean];
/** A question about the usage of a subject, with the place of its windows. */
export type UsageQuestion = readonly [subject: string, windows: number];
/** The charges, refunds and questions of one turn of the event loop. Each plan's windows appear once, for all its calls. */
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
  /** Sent whenever the worker begins or stops to serve calls. */
  | readonly ['ready', isReady: boolean]
  /** The answer to a question for the metrics; null if they cannot be read. */
  | readonly ['metrics', MetricValues | null]
  /** The worker ends because it cannot listen. The command line shows the reason. */
  | readonly ['failed', failure: unknown];

export type FromPrimary =
  /** The outcomes of the oldest unanswered batch. */
  | readonly ['counted', LimitAnswers]
  /** Asks for the metrics of the worker. */
  | readonly ['metrics']
  | readonly ['stop']
  /** Act as after SIGHUP: reopen rotated files, and read the files of the configuration again. */
  | readonly ['reopen'];
