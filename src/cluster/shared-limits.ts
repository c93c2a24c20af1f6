/** Call counts that workers share: the primary keeps them, and each worker sends it one message per turn of its event loop for all calls together. */
import { type ChargeNumbers, fromNumbers, fromUsageNumbers, toNumbers, toUsageNumbers } from '../limits/charge-numbers.ts';
import {
  type ChargeResult,
  type Clock,
  type LimitStore,
  type LimitWindow,
  StoreUnavailableError,
  type WindowUsage,
} from '../ports/store.ts';
import type { Charge, LimitAnswers, LimitBatch, Refund, UsageQuestion } from './messages.ts';

/** How often a worker checks for an answer, in ms. */
const LOOK_MS = 1000;
/** After this many checks of the same unanswered batch, the primary counts as gone. A single check may follow a sleep of the machine. */
const MOST_LOOKS = 5;

/** Counts a batch of a worker, and passes the answers to `tell` in order. */
export type Counting = (batch: LimitBatch, tell: (answers: LimitAnswers) => void) => void;

/**
 * The primary's side for one worker: counts each batch as it arrives, and sends the answers in the order of the batches, by which the worker matches them.
 * Within a batch, refunds are counted before charges. A batch that cannot be counted gets an empty answer, so that no later answer is matched to it;
 * `onFailure` gets the error.
 */
export function createCounting(limits: LimitStore, clock: Clock, onFailure: (error: unknown) => void): Counting {
  let latest: Promise<void> = Promise.resolve();
  return (batch, tell) => {
    const counted = countBatch(limits, clock, batch).catch((error: unknown): LimitAnswers => {
      onFailure(error);
      return [[], []];
    });
    latest = Promise.all([counted, latest]).then(([answers]) => tell(answers));
  };
}

/** Uses the clock of the counting process: with the workers' clocks, calls that overtake each other would look like a clock that steps back. */
async function countBatch(
  limits: LimitStore,
  clock: Clock,
  [windows, charges, refunds, questions]: LimitBatch,
): Promise<LimitAnswers> {
  const windowsAt = (place: number): readonly LimitWindow[] => windows[place] ?? [];
  // Refunds come first, since their calls ended before the others began.
  for (const [subject, place, chargedAt, count, rejected] of refunds)
    void limits.refund(subject, windowsAt(place), chargedAt, count, { rejected });
  const now = clock();
  const count = async ([subject, place, cost]: Charge): Promise<ChargeNumbers> => {
    const list = windowsAt(place);
    return toNumbers(list, await limits.charge(subject, list, cost, now));
  };
  const tell = async ([subject, place]: UsageQuestion) => toUsageNumbers(await limits.usage(subject, windowsAt(place), now));
  return Promise.all([Promise.all(charges.map(count)), Promise.all(questions.map(tell))]);
}

export interface SharedLimits {
  readonly limits: LimitStore;
  /** Takes an answer of the primary. The answers must come in order. */
  readonly counted: (answers: LimitAnswers) => void;
}

interface Waiting<T> {
  readonly windows: readonly LimitWindow[];
  readonly resolve: (result: T) => void;
  readonly reject: (error: StoreUnavailableError) => void;
}

/** The calls that wait for the answers to a batch. */
interface WaitingForBatch {
  readonly charges: readonly Waiting<ChargeResult>[];
  readonly questions: readonly Waiting<readonly WindowUsage[]>[];
}

/** Makes the worker's side. `send` passes a batch to the primary; `onSilent` is called if the primary does not answer for seconds. */
export function createSharedLimits(send: (batch: LimitBatch) => void, onSilent: () => void): SharedLimits {
  let windows = new Map<readonly LimitWindow[], number>();
  let charges: Charge[] = [];
  let refunds: Refund[] = [];
  let questions: UsageQuestion[] = [];
  let waiting: Waiting<ChargeResult>[] = [];
  let asking: Waiting<readonly WindowUsage[]>[] = [];
  const sent: WaitingForBatch[] = [];
  let isScheduled = false;
  let looks = 0;

  function placeOf(list: readonly LimitWindow[]): number {
    const known = windows.get(list);
    if (known !== undefined) return known;
    windows.set(list, windows.size);
    return windows.size - 1;
  }

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    // After the events of this turn, so that the calls of the turn are sent together.
    setImmediate(sendBatch);
  }

  function sendBatch(): void {
    const batch: LimitBatch = [[...windows.keys()], charges, refunds, questions];
    sent.push({ charges: waiting, questions: asking });
    isScheduled = false;
    windows = new Map();
    charges = [];
    refunds = [];
    questions = [];
    waiting = [];
    asking = [];
    send(batch);
  }

  function look(): void {
    looks = sent.length === 0 ? 0 : looks + 1;
    if (looks === MOST_LOOKS) onSilent();
  }

  setInterval(look, LOOK_MS).unref();
  return {
    limits: {
      charge: (subject, list, cost) =>
        new Promise((resolve, reject) => {
          charges.push([subject, placeOf(list), cost]);
          waiting.push({ windows: list, resolve, reject });
          schedule();
        }),
      async refund(subject, list, chargedAt, count, { rejected }) {
        refunds.push([subject, placeOf(list), chargedAt, count, rejected]);
        schedule();
      },
      usage: (subject, list) =>
        new Promise((resolve, reject) => {
          questions.push([subject, placeOf(list)]);
          asking.push({ windows: list, resolve, reject });
          schedule();
        }),
    },
    counted([outcomes, usages]) {
      looks = 0;
      const batch = sent.shift();
      settle(batch?.charges ?? [], outcomes, fromNumbers);
      settle(batch?.questions ?? [], usages, fromUsageNumbers);
    },
  };
}

/** Gives each call its answer; calls without an answer fail as if the counts could not be reached. */
function settle<Numbers, T>(
  waiting: readonly Waiting<T>[],
  answers: readonly Numbers[],
  read: (windows: readonly LimitWindow[], numbers: Numbers) => T,
): void {
  for (const [place, { windows, resolve, reject }] of waiting.entries()) {
    const answer = answers[place];
    if (answer === undefined) reject(new StoreUnavailableError(new Error('the primary could not count the call')));
    else resolve(read(windows, answer));
  }
}
