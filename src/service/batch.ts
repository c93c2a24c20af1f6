/** The rules of every batch: its bounds, its cost, its turns of the event loop, and an outcome for each item. */
import { ErrorReason } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import type { ItemError } from '../../gen/ts/otp/v1/item_error_pb.ts';
import { invalid } from '../otp/error.ts';
import type { CallContext } from '../rpc/context.ts';
import { CallFailure } from '../rpc/failure.ts';
import { createTurns } from '../rpc/work-queue.ts';
import { itemErrorOf } from './item-error.ts';

/** The most items of a batch. */
export const MOST_ITEMS = 100;

/** After so long, in ms, a batch lets other calls have their turn; the item that it is at may take half a millisecond more. */
const SLICE_MS = 0.4;

/** The most batches that wait for their turn: the work of some seconds, and up to 64 KiB each. */
const MOST_WAITING = 1000;

/** The items of all batches are begun one after the other. */
const turns = createTurns(MOST_WAITING);

/** An outcome in the form of a oneof: the answer of an item, or its error. */
export type Outcome<Answer> = Answer | { readonly case: 'error'; readonly value: ItemError };

export interface BatchOptions {
  /** The name of the field that has the items; `items` if unset. */
  readonly field?: string;
  /** Called once all items are begun, before their outcomes are waited for. Where it fails the whole call does. */
  readonly afterLast?: () => void | Promise<void>;
}

/** An item that failed. */
interface Failed {
  readonly error: unknown;
}

/**
 * Runs `handleOne` on each item, in their order, and gives as many outcomes. It may give the member of a oneof or a promise of it; its error is
 * that of the item alone. A failed item is not paid for, and a fault of ours is logged.
 *
 * Throws `InvalidInputError` unless there are 1 to 100 items, what `CallContext.charge` throws, and `CallFailure` (`deadline_exceeded`) if the call
 * has ended meanwhile: an item that is not begun by then never is.
 */
export async function runItems<Item, Answer extends { readonly case: string }>(
  items: readonly Item[],
  context: CallContext,
  handleOne: (item: Item) => Answer | Promise<Answer>,
  { field = 'items', afterLast }: BatchOptions = {},
): Promise<Outcome<Answer>[]> {
  if (items.length === 0) throw invalid(field, `required: send 1 to ${MOST_ITEMS}`);
  if (items.length > MOST_ITEMS) throw invalid(field, `too many: at most ${MOST_ITEMS} at once`);
  await chargeParts(items.length, context);
  const begun = await turns.run(begin(items, handleOne), context.call);
  await afterLast?.();
  return outcomesOf(await Promise.all(begun), context);
}

/** Charges a call that has `count` parts, at least 1: each costs as much as a call. The first was charged before the request was read. */
export async function chargeParts(count: number, context: CallContext): Promise<void> {
  if (count > 1) await context.charge(count - 1);
  if (context.call.ended) throw new CallFailure('deadline_exceeded');
}

/** Begins the items; a step of it takes no longer than a call may hold the event loop. */
function* begin<Item, Answer>(
  items: readonly Item[],
  handleOne: (item: Item) => Answer | Promise<Answer>,
): Generator<void, (Answer | Failed | Promise<Answer | Failed>)[]> {
  const begun: (Answer | Failed | Promise<Answer | Failed>)[] = [];
  // Many batches may come in one turn of the event loop.
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

function beginOne<Item, Answer>(
  item: Item,
  handleOne: (item: Item) => Answer | Promise<Answer>,
): Answer | Failed | Promise<Answer | Failed> {
  try {
    const answer = handleOne(item);
    // At once: what fails before anybody waits for it would end the process.
    return answer instanceof Promise ? answer.catch(failed) : answer;
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): Failed {
  return { error };
}

function outcomesOf<Answer extends { readonly case: string }>(
  ended: readonly (Answer | Failed)[],
  context: CallContext,
): Outcome<Answer>[] {
  const faults: unknown[] = [];
  let failures = 0;
  const outcomes = ended.map((one): Outcome<Answer> => {
    if ('case' in one) return one;
    failures += 1;
    const value = itemErrorOf(one.error);
    if (value.reason === ErrorReason.INTERNAL) faults.push(one.error);
    return { case: 'error', value };
  });
  if (failures > 0) context.giveBack(failures);
  const [fault] = faults;
  // The log shows the cause: of several faults, which are most often one and the same, it is the first.
  if (fault !== undefined)
    context.noteFault(faults.length === 1 ? fault : new AggregateError(faults, 'faults', { cause: fault }));
  return outcomes;
}
