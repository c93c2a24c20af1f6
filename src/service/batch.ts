/** The rules of every batch: its size, its cost, its share of the event loop, and an outcome for each item. */
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { ErrorReason } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import type { FieldViolation, ItemError } from '../../gen/ts/otp/v1/item_error_pb.ts';
import { InvalidInputError, invalid } from '../otp/error.ts';
import type { CallContext } from '../rpc/context.ts';
import { CallFailure } from '../rpc/failure.ts';
import { failureOf } from '../rpc/status.ts';
import { createTurns } from '../rpc/work-queue.ts';

/** The most items of a batch. */
export const MOST_ITEMS = 100;

/** After this time, in ms, a batch lets other calls run; its current item may take half a millisecond more. */
const SLICE_MS = 0.4;

/** The most batches that wait: they are the work of some seconds, and have up to 64 KiB each. */
const MOST_WAITING = 1000;

/** The items of all batches begin one after another. */
const turns = createTurns(MOST_WAITING);

/** An outcome in the form of a oneof: the answer of an item, or its error. */
export type Outcome<Answer> = Answer | { readonly case: 'error'; readonly value: ItemError };

export interface BatchOptions {
  /** The name of the field that has the items; `items` if unset. */
  readonly field?: string;
}

/** An item that failed. */
export class Failed {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/**
 * Runs `handleOne` on each item in order, and returns an outcome for each. `handleOne` returns the member of a oneof or a promise of it; its error belongs
 * to that item alone. A failed item is refunded, and a fault of the server is logged.
 *
 * Throws what `eachItem` throws.
 */
export async function runItems<Item, Answer extends { readonly case: string }>(
  items: readonly Item[],
  context: CallContext,
  handleOne: (item: Item) => Answer | Promise<Answer>,
  options?: BatchOptions,
): Promise<Outcome<Answer>[]> {
  return outcomesOf(await eachItem(items, context, handleOne, options), context);
}

/**
 * Runs `handleOne` on each item in order, and returns its result or its error. Charges the items before the first.
 *
 * Throws `InvalidInputError` unless there are 1 to 100 items, the errors of `CallContext.charge`, and `CallFailure` (`deadline_exceeded`) if the call
 * has ended in the meantime; no further item begins then.
 */
export async function eachItem<Item, Result>(
  items: readonly Item[],
  context: CallContext,
  handleOne: (item: Item) => Result | Promise<Result>,
  { field = 'items' }: BatchOptions = {},
): Promise<(Awaited<Result> | Failed)[]> {
  if (items.length === 0) throw invalid(field, `required: send 1 to ${MOST_ITEMS}`);
  if (items.length > MOST_ITEMS) throw invalid(field, `too many: at most ${MOST_ITEMS} at once`);
  await chargeParts(items.length, context);
  return Promise.all(await turns.run(begin(items, handleOne), context.call));
}

/** Charges a call with `count` parts, at least 1. Each part costs one call. The first part was charged before the request was read. */
async function chargeParts(count: number, context: CallContext): Promise<void> {
  if (count > 1) await context.charge(count - 1);
  if (context.call.ended) throw new CallFailure('deadline_exceeded');
}

/** Begins the items; each step takes no longer than a call may hold the event loop. */
function* begin<Item, Result>(
  items: readonly Item[],
  handleOne: (item: Item) => Result | Promise<Result>,
): Generator<void, (Result | Failed | Promise<Result | Failed>)[]> {
  const begun: (Result | Failed | Promise<Result | Failed>)[] = [];
  // Many batches may arrive in one turn of the event loop.
  yield;
  let until = performance.now() + SLICE_MS;
  for (const item of items) {
    if (performance.now() >= until) {
      yield;
      until = performance.now() + SLICE_MS;
    }
    begun.push(beginOne(item, handleOne));
  }
  return begun;
}

function beginOne<Item, Result>(
  item: Item,
  handleOne: (item: Item) => Result | Promise<Result>,
): Result | Failed | Promise<Result | Failed> {
  try {
    const result = handleOne(item);
    // Handled at once, since a promise that rejects before it is awaited would end the process.
    return result instanceof Promise ? result.catch(failed) : result;
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): Failed {
  return new Failed(error);
}

/** The outcomes of items that have ended. Refunds failed items, and logs faults of the server. */
export function outcomesOf<Answer extends { readonly case: string }>(
  ended: readonly (Answer | Failed)[],
  context: CallContext,
): Outcome<Answer>[] {
  const faults: unknown[] = [];
  let failures = 0;
  const outcomes = ended.map((one): Outcome<Answer> => {
    if (!(one instanceof Failed)) return one;
    failures += 1;
    const value = itemErrorOf(one.error);
    if (value.reason === ErrorReason.INTERNAL) faults.push(one.error);
    return { case: 'error', value };
  });
  if (failures > 0) context.giveBack(failures);
  const [fault] = faults;
  // The log shows the first cause: several faults of a batch mostly have the same one.
  if (fault !== undefined)
    context.noteFault(faults.length === 1 ? fault : new AggregateError(faults, 'faults', { cause: fault }));
  return outcomes;
}

/** The error of an item for the caller; the paths of its violations begin at the item. A fault of the server is INTERNAL, without details. */
export function itemErrorOf(error: unknown): ItemError {
  const { code, reason, message, retryAfterMs } = failureOf(error);
  const violations = error instanceof InvalidInputError ? error.violations : [];
  return {
    $typeName: 'otp.v1.ItemError',
    code,
    reason,
    message,
    violations: violations.map(({ field, description }): FieldViolation => {
      return { $typeName: 'otp.v1.FieldViolation', field, description };
    }),
    retryAfter: retryAfterMs === undefined ? undefined : durationFromMs(Math.ceil(retryAfterMs)),
  };
}
