/** The messages between the main thread and the writer: tuples of plain values, which Node clones several times faster than objects. */
import type { Attempt, CodeState, Judgement, NotJudged, Preview, Reset, StateName } from '../../ports/codes.ts';
import type { CodeUse, RecoveryStore, SetState } from '../../ports/recovery.ts';
import type { CreditCount } from './credits.ts';
import type { KeyUse } from './keys.ts';
import type { SealingKeyDay } from './sealing-keys.ts';
import type { FileIdentity } from './writer-file.ts';

type JudgeOrder = readonly [
  kind: 'judge',
  now: number,
  fingerprint: string,
  former: string | undefined,
  period: number,
  step: number | undefined,
  drift: number,
  claim: boolean,
  afterStep: number | undefined,
  matchableMs: number,
  requestId: string | undefined,
  payload: string | undefined,
  onlyRepeat: boolean | undefined,
  firstStep: number | undefined,
];

/** An order to the writer. */
export type Order =
  | JudgeOrder
  /** The attempts of a batch call, which are judged in one transaction. */
  | readonly [kind: 'judge_all', now: number, orders: readonly JudgeOrder[]]
  | readonly [kind: 'preview', attempts: readonly Attempt[], now: number]
  | readonly [kind: 'inspect' | 'unlock' | 'forgive', name: StateName, now: number]
  | readonly [kind: 'reset', name: StateName, now: number, nextCounter: number | undefined]
  | readonly [kind: 'use', now: number, use: CodeUse]
  | readonly [kind: 'revoke' | 'inspectSet' | 'unlockSet', set: string, now: number]
  | readonly [kind: 'touch', uses: readonly KeyUse[]]
  | readonly [kind: 'noteUse', id: string, digest: Uint8Array]
  | readonly [kind: 'noteDays', days: readonly SealingKeyDay[]]
  | readonly [kind: 'noteCredits', counts: readonly CreditCount[]]
  /** Takes the write lock. With `write`, also writes, since only a write shows that the disk is not full. */
  | readonly [kind: 'ping', write: boolean];

/** An order and its deadline in ms of `monotonicMs`. The writer does not carry out an order after its deadline. */
export type TimedOrder = readonly [order: Order, deadline: number];

/** The result of each kind of order. */
export interface Results {
  readonly judge: Judgement | NotJudged;
  /** An error stands for an attempt that a bug has stopped. */
  readonly judge_all: readonly (Results['judge'] | Error)[];
  readonly preview: readonly Preview[];
  readonly forgive: undefined;
  readonly inspect: CodeState;
  readonly unlock: CodeState;
  readonly reset: Reset;
  readonly use: Awaited<ReturnType<RecoveryStore['use']>>;
  readonly revoke: undefined;
  readonly inspectSet: SetState;
  readonly unlockSet: SetState;
  readonly touch: undefined;
  readonly noteUse: undefined;
  readonly noteDays: undefined;
  readonly noteCredits: undefined;
  readonly ping: undefined;
}

export type Result = Results[Order[0]];

/** The result of an order that was not carried out because its deadline had passed. */
export const LATE = 'late';

/** The answer to a batch: the results in the sequence of the orders. An error stands for an order that a bug has stopped. */
export type Reply = { readonly results: readonly (Result | typeof LATE | Error)[] } | { readonly outage: Error };

/** The message after which the writer closes its file and ends. */
export const CLOSE = 'close';

/** The data with which the writer starts. */
export interface WriterData {
  readonly file: string;
  /** The identity of the file when the store opened it. */
  readonly identity: FileIdentity;
}

/** The number of attempts in an order; an order of another kind counts as one. */
export function sizeOf(order: Order): number {
  return order[0] === 'judge_all' ? order[2].length : 1;
}

/** Makes the order that judges `attempt`. */
export function judgeOrder(attempt: Attempt, now: number): JudgeOrder {
  const { fingerprint, former, period, step, drift, claim, afterStep, matchableMs, request, onlyRepeat, firstStep } = attempt;
  const { id, payload } = request ?? {};
  return [
    'judge',
    now,
    fingerprint,
    former,
    period,
    step,
    drift,
    claim,
    afterStep,
    matchableMs,
    id,
    payload,
    onlyRepeat,
    firstStep,
  ];
}

/** Returns the attempt of an order that `judgeOrder` made. */
export function attemptOf(order: JudgeOrder): Attempt {
  const [, , fingerprint, former, period, step, drift, claim, afterStep, matchableMs, id, payload, onlyRepeat, firstStep] = order;
  const request = id === undefined || payload === undefined ? undefined : { id, payload };
  return { fingerprint, former, period, step, drift, claim, afterStep, matchableMs, request, onlyRepeat, firstStep };
}

/** The monotonic clock of the system in ms, which all threads of the process share. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
