/** Checks the rules of one-time use, attempts and retries on a whole history. A violation is an answer that no sequence of judgements explains. */
import { type Call, type Execution, executionsOf, isJudgement, payloadOf, requestsOf } from './history.ts';

/** The values of the specification, independent of the code: the wrong codes in a row, and the first delay after them. */
const FREE_ATTEMPTS = 5;
const FIRST_DELAY_MS = 60_000;

export type Rule =
  /** An answer agrees with the code that was sent. */
  | 'right is right'
  /** A step is accepted once. */
  | 'once'
  /** No step is accepted after a later step has been answered. */
  | 'forward'
  /** No step up to `after_step` is accepted. */
  | 'after_step'
  /** REPLAYED requires an earlier use of the step or a later one, or an `after_step`. */
  | 'replayed for a reason'
  /** Between two acceptances, no more wrong codes are judged than there are free attempts. */
  | 'attempts'
  /** After the free attempts, no code is judged until the delay ends. */
  | 'locked'
  /** THROTTLED requires enough wrong codes before. */
  | 'throttled for a reason'
  /** All answers to a request equal the first, and no other request gets them. After THROTTLED, the request is judged again. */
  | 'request id';

/** A rule that was broken, with the calls or executions that broke it. */
export interface Violation {
  readonly rule: Rule;
  readonly by: readonly (Call | Execution)[];
}

/** Returns every violation of a history. */
export function violationsOf(history: readonly Call[]): Violation[] {
  const byKey = Map.groupBy(executionsOf(history), ({ key }) => key);
  return [...requestsOf(history).flatMap(checkRequest), ...[...byKey.values()].flatMap(checkKey)];
}

function checkRequest(calls: readonly Call[]): Violation[] {
  const judged = calls.filter((call) => isJudgement(call) && call.answer.outcome !== 'throttled');
  const [first] = judged;
  const others = judged.filter(
    (call) => first && (payloadOf(call) !== payloadOf(first) || call.answer.text !== first.answer.text),
  );
  const causeless = calls.filter(
    (call) =>
      call.answer.outcome === 'request_id_reused' &&
      !calls.some((other) => payloadOf(other) !== payloadOf(call) && other.invokedAt < call.answeredAt),
  );
  return [...others, ...causeless].map((call) => ({ rule: 'request id', by: [call, ...(first ? [first] : [])] }));
}

function checkKey(all: readonly Execution[]): Violation[] {
  return [
    ...all.filter(isWrongAnswer).map((by) => violation('right is right', by)),
    ...checkAccepted(all.filter(isAccepted)),
    ...all.filter((one) => isReplayed(one) && !hasReplayCause(one, all)).map((by) => violation('replayed for a reason', by)),
    ...all.filter((one) => isThrottled(one) && !hasThrottleCause(one, all)).map((by) => violation('throttled for a reason', by)),
    ...checkAttempts(all),
  ];
}

function violation(rule: Rule, ...by: Execution[]): Violation {
  return { rule, by };
}

function isAccepted({ answer }: Execution): boolean {
  return answer.outcome === 'accepted';
}

function isReplayed({ answer }: Execution): boolean {
  return answer.outcome === 'replayed';
}

function isThrottled({ answer }: Execution): boolean {
  return answer.outcome === 'throttled';
}

/** Whether the outcome is, or may have been, `outcome`. */
function may({ answer }: Execution, outcome: 'accepted' | 'mismatch'): boolean {
  return answer.outcome === outcome || answer.outcome === 'unknown';
}

function isWrongAnswer({ step, answer }: Execution): boolean {
  if (answer.outcome === 'unknown' || answer.outcome === 'throttled') return false;
  return (answer.outcome === 'mismatch') !== (step === undefined) || answer.step !== step;
}

function checkAccepted(accepted: readonly Execution[]): Violation[] {
  const claimed = accepted.filter(({ claim }) => claim);
  return claimed
    .flatMap((one, place) =>
      claimed.flatMap((other, otherPlace): Violation[] => {
        if (place < otherPlace && one.step === other.step) return [violation('once', one, other)];
        return stepOf(other) < stepOf(one) && one.end < other.start ? [violation('forward', one, other)] : [];
      }),
    )
    .concat(accepted.filter((one) => stepOf(one) <= (one.afterStep ?? -1)).map((one) => violation('after_step', one)));
}

/** Returns the step of a right code; NaN for a wrong code. */
function stepOf({ step }: Execution): number {
  return step ?? Number.NaN;
}

function hasReplayCause(replayed: Execution, all: readonly Execution[]): boolean {
  if (stepOf(replayed) <= (replayed.afterStep ?? -1)) return true;
  return (
    replayed.claim &&
    all.some(
      (one) =>
        one !== replayed && may(one, 'accepted') && one.claim && isBefore(one, replayed) && stepOf(one) >= stepOf(replayed),
    )
  );
}

function hasThrottleCause(throttled: Execution, all: readonly Execution[]): boolean {
  const wrong = all.filter((one) => one.step === undefined && may(one, 'mismatch') && isBefore(one, throttled));
  return wrong.length >= FREE_ATTEMPTS;
}

/** Whether `one` may have been judged before `other`. */
function isBefore(one: Execution, other: Execution): boolean {
  return one.start < other.end;
}

function checkAttempts(all: readonly Execution[]): Violation[] {
  const wrong = all.filter(({ answer }) => answer.outcome === 'mismatch');
  if (wrong.length < FREE_ATTEMPTS) return [];
  const clears = clearsOf(all);
  return [
    ...wrong.flatMap(({ start }) => checkFrom(start, wrong, clears)).slice(0, 1),
    ...all.filter((one) => isJudgedLocked(one, wrong, clears)).map((one) => violation('locked', one)),
  ];
}

/** A judgement that may have cleared the failures, and the time at which it may have done so. */
interface Clear {
  readonly by: Execution;
  readonly start: number;
  readonly end: number;
}

/**
 * Returns the judgements that may have accepted a code. They end before the first answer that shows the step as used: afterwards the code could only
 * pass again with `allow_reuse`, which clears nothing.
 */
function clearsOf(all: readonly Execution[]): Clear[] {
  const used = all.filter(showsUsed);
  return all
    .filter((one) => one.step !== undefined && may(one, 'accepted'))
    .map((by) => ({
      by,
      start: by.start,
      end: Math.min(by.end, ...used.filter((one) => stepOf(one) >= stepOf(by)).map(({ end }) => end)),
    }))
    .filter(({ start, end }) => start <= end);
}

/** Whether the answer shows that the step is used. */
function showsUsed(one: Execution): boolean {
  return one.claim && (isAccepted(one) || (isReplayed(one) && stepOf(one) > (one.afterStep ?? -1)));
}

/** Compares, from `start` on, the wrong codes that were certainly judged in a span of time with the attempts that all possible acceptances allow. */
function checkFrom(start: number, wrong: readonly Execution[], clears: readonly Clear[]): Violation[] {
  const judged = wrong.filter((one) => one.start >= start).toSorted((one, other) => one.end - other.end);
  const later = clears.filter((one) => one.end >= start).toSorted((one, other) => one.start - other.start);
  let cleared = 0;
  for (const [place, { end }] of judged.entries()) {
    while ((later[cleared]?.start ?? Number.POSITIVE_INFINITY) <= end) cleared += 1;
    const allowed = (cleared + 1) * (FREE_ATTEMPTS + delayedAttempts(end - start));
    if (place + 1 > allowed) return [violation('attempts', ...judged.slice(0, place + 1))];
  }
  return [];
}

/** Returns the number of further attempts that the doubling delays allow in a span. */
function delayedAttempts(spanMs: number): number {
  return Math.floor(Math.log2(spanMs / FIRST_DELAY_MS + 1));
}

function isJudgedLocked(one: Execution, wrong: readonly Execution[], clears: readonly Clear[]): boolean {
  if (!isJudgement(one) || isThrottled(one)) return false;
  const cleared = Math.max(...clears.filter(({ by, start }) => by !== one && start < one.end).map(({ end }) => end));
  const before = wrong.filter((failure) => failure.start > cleared && failure.end <= one.start);
  return before.length >= FREE_ATTEMPTS && one.end <= Math.max(...before.map(({ start }) => start)) + FIRST_DELAY_MS;
}
