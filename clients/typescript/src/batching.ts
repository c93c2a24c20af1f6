/** Collects the calls of a moment into batches, invisibly to their callers. */
import { create, type DescMessage, type MessageInitShape, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { durationMs } from '@bufbuild/protobuf/wkt';
import { type AnswerHeaders, type CallOptions, type Calls, DEADLINE_MS, type Method } from './calls.ts';
import { type Failure, OtpError, type Reason } from './error.ts';
import { Code } from './generated/google/rpc/code_pb.ts';
import { ErrorReasonSchema } from './generated/otp/v1/error_reason_pb.ts';
import type { ItemError } from './generated/otp/v1/item_error_pb.ts';
import { usableDeadline } from './options.ts';

/** How long the first call of a batch waits for others, in ms. */
const WINDOW_MS = 0.5;
/** The most of a batch: the service takes 100 items in 64 KiB. The rest is for lengths and tags. */
const MOST_ITEMS = 100;
const MOST_BYTES = 60 * 1024;
/** Why a batch may be refused although calls alone are not: it is more than the plan has left, or more than the server takes. */
const BATCH_ALONE: ReadonlySet<Reason | undefined> = new Set<Reason>([
  'ERROR_REASON_RATE_LIMITED',
  'ERROR_REASON_COST_OVER_LIMIT',
  'ERROR_REASON_CREDITS_EXHAUSTED',
  'ERROR_REASON_MESSAGE_TOO_LARGE',
]);

/** A result of an item, in either kind of batch. */
interface Result<Answer> {
  readonly result:
    | { readonly case: 'response'; readonly value: Answer }
    | { readonly case: 'error'; readonly value: ItemError }
    | { readonly case: undefined };
}

/** A call that waits for its batch. */
interface Waiting<Request, Answer> {
  readonly request: Request;
  readonly bytes: number;
  /** In ms since the epoch. */
  readonly deadline: number;
  /** Set once its caller has gone: nothing more is done for it. */
  hasLeft: boolean;
  /** Told of that, once its batch is under way. */
  onLeft: (() => void) | undefined;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  /** Sends the item as a separate call. */
  readonly alone: () => void;
}

/**
 * A call of `one` that `sendAll` sends in a batch if others come within half a millisecond. Its answer, its error and its end are the same as
 * when it goes alone. A call that asks for headers goes alone.
 */
export function createBatcher<I extends DescMessage, O extends DescMessage>(
  one: Method<I, O>,
  sendAll: (requests: MessageShape<I>[], call: CallOptions) => Promise<readonly Result<MessageShape<O>>[]>,
  calls: Calls,
  deadlineMs: number = DEADLINE_MS,
): (request: MessageInitShape<I>, call?: CallOptions) => Promise<MessageShape<O>> {
  type Call = Waiting<MessageShape<I>, MessageShape<O>>;
  let collected: Call[] = [];
  let bytes = 0;

  function send(): void {
    const batch = collected.filter(({ hasLeft }) => !hasLeft);
    [collected, bytes] = [[], 0];
    if (batch.length === 1) batch[0]?.alone();
    else if (batch.length > 1) void run(batch);
  }

  async function run(batch: readonly Call[]): Promise<void> {
    const latest = Math.max(...batch.map(({ deadline }) => deadline));
    let headers: AnswerHeaders = {};
    const ending = new AbortController();
    const onLeft = () => batch.every(({ hasLeft }) => hasLeft) && ending.abort();
    for (const call of batch) call.onLeft = onLeft;
    const options = {
      deadlineMs: Math.max(latest - Date.now(), 1),
      signal: ending.signal,
      onHeaders: (got: AnswerHeaders) => (headers = got),
    };
    try {
      const requests = batch.map(({ request }) => request);
      const results = await sendAll(requests, options);
      for (const [place, call] of batch.entries()) settle(call, results[place], headers['x-request-id']);
    } catch (error) {
      const isForBatches = error instanceof OtpError && (error.code === 'UNIMPLEMENTED' || BATCH_ALONE.has(error.reason));
      for (const call of batch) isForBatches ? call.alone() : call.reject(error);
    }
  }

  function settle(call: Call, outcome: Result<MessageShape<O>> | undefined, requestId: string | undefined): void {
    const { result } = outcome ?? { result: { case: undefined } };
    if (result.case === 'response') call.resolve(result.value);
    // A separate call is tried again.
    else if (result.case === undefined || result.value.code === Code.UNAVAILABLE) call.alone();
    else call.reject(new OtpError({ ...failureOf(result.value), requestId }));
  }

  function add(call: Call): void {
    if (bytes + call.bytes > MOST_BYTES) send();
    collected.push(call);
    bytes += call.bytes;
    if (collected.length === MOST_ITEMS) send();
    else if (collected.length === 1) setTimeout(send, WINDOW_MS);
  }

  return async (init, call = {}) => {
    const ownMs = usableDeadline(call.deadlineMs ?? deadlineMs);
    if (call.onHeaders !== undefined || call.signal?.aborted) return calls.unary(one, init, call);
    const request = create(one.input, init);
    const { promise, resolve, reject } = Promise.withResolvers<MessageShape<O>>();
    const deadline = Date.now() + ownMs;
    const left = () => ({ ...call, deadlineMs: Math.max(deadline - Date.now(), 1) });
    const alone = () => calls.unary(one, request as MessageInitShape<I>, left()).then(resolve, reject);
    const bytesOf = toBinary(one.input, request).length;
    const waiting: Call = { request, bytes: bytesOf, deadline, hasLeft: false, onLeft: undefined, resolve, reject, alone };
    const leave = (failure: Failure, cause?: unknown) => {
      waiting.hasLeft = true;
      waiting.onLeft?.();
      reject(new OtpError(failure, cause === undefined ? undefined : { cause }));
    };
    const cancel = () => leave({ code: Code.CANCELLED, message: 'the signal of the call was aborted' }, call.signal?.reason);
    const timer = setTimeout(leave, ownMs, { code: Code.DEADLINE_EXCEEDED, message: 'Deadline exceeded' });
    call.signal?.addEventListener('abort', cancel, { once: true });
    add(waiting);
    return promise.finally(() => {
      clearTimeout(timer);
      call.signal?.removeEventListener('abort', cancel);
    });
  };
}

function failureOf({ code, message, reason, violations, retryAfter }: ItemError): Failure {
  return {
    code,
    message,
    reason: ErrorReasonSchema.value[reason]?.name as Reason | undefined,
    fieldViolations: violations.map(({ field, description }) => ({ field, description })),
    retryDelayMs: retryAfter && durationMs(retryAfter),
  };
}
