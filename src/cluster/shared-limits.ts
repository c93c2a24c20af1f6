/** Call counts that workers share: the primary keeps them, and each worker asks it once a turn of its event loop, for all calls together. */
import { type ChargeNumbers, fromNumbers, fromUsageNumbers, toNumbers, toUsageNumbers } from '../limits/charge-numbers.ts';
import type { ChargeResult, Clock, LimitStore, LimitWindow, WindowUsage } from '../ports/store.ts';
import type { Charge, LimitAnswers, LimitBatch, Refund, UsageQuestion } from './messages.ts';

/** How often a worker looks whether it is answered, in ms. */
const LOOK_MS = 1000;
/** After so many looks in a row at the same unanswered batch, the primary counts as gone: one alone may be this machine's sleep. */
const MOST_LOOKS = 5;

/**
 * Counts a batch, at once for counts in memory, so that batches are answered in their order. By the clock of the one who counts: by the workers'
 * own, calls that overtake each other on their way would look like a clock that steps back.
 */
export function countBatch(
  limits: LimitStore,
  clock: Clock,
  [windows, charges, refunds, questions]: LimitBatch,
): Promise<LimitAnswers> {
  const windowsAt = (place: number): readonly LimitWindow[] => windows[place] ?? [];
  // First, since they are about calls that have ended before the others began.
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
  /** To be given each answer of the primary, in their order. */
  readonly counted: (answers: LimitAnswers) => void;
}

interface Waiting<T> {
  readonly windows: readonly LimitWindow[];
  readonly resolve: (result: T) => void;
}

/** All that wait for the answers to a batch. */
interface WaitingForBatch {
  readonly charges: readonly Waiting<ChargeResult>[];
  readonly questions: readonly Waiting<readonly WindowUsage[]>[];
}

/** The worker's side: `send` takes a batch to the primary; `onSilent` is told if there is no answer for seconds. */
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
    // After the events of this turn, so that the calls that came together go together.
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
        new Promise((resolve) => {
          charges.push([subject, placeOf(list), cost]);
          waiting.push({ windows: list, resolve });
          schedule();
        }),
      async refund(subject, list, chargedAt, count, { rejected }) {
        refunds.push([subject, placeOf(list), chargedAt, count, rejected]);
        schedule();
      },
      usage: (subject, list) =>
        new Promise((resolve) => {
          questions.push([subject, placeOf(list)]);
          asking.push({ windows: list, resolve });
          schedule();
        }),
    },
    counted([outcomes, usages]) {
      looks = 0;
      const batch = sent.shift();
      for (const [place, { windows: list, resolve }] of (batch?.charges ?? []).entries()) {
        const outcome = outcomes[place];
        if (outcome !== undefined) resolve(fromNumbers(list, outcome));
      }
      for (const [place, { windows: list, resolve }] of (batch?.questions ?? []).entries()) {
        const usage = usages[place];
        if (usage !== undefined) resolve(fromUsageNumbers(list, usage));
      }
    },
  };
}
