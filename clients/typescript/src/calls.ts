/** The calls of any service over any transport: a deadline on each, safe retries, one kind of error, and an end to all of them. */
import { create, type DescMessage, type DescMethod, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { OtpError, refusedError } from './error.ts';
import { Code } from './generated/google/rpc/code_pb.ts';
import { usableDeadline } from './options.ts';
import { isRefused, retry } from './retry.ts';

/** The default deadline of a call, in ms. */
export const DEADLINE_MS = 5000;

/** A method with the types of its messages. */
export type Method<I extends DescMessage, O extends DescMessage> = DescMethod & { readonly input: I; readonly output: O };

/** The headers of an answer, by their names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string>>;

/** Options of a single call. */
export interface CallOptions {
  /** How long the call may take with all its retries, in ms, above 0 and at most 86,400,000; that of the client if unset, none for `watchToken`. */
  readonly deadlineMs?: number;
  /** Cancels the call: it fails with CANCELLED, and the `reason` of the signal as the `cause`. */
  readonly signal?: AbortSignal;
  /** Told of the headers of the answer, such as `x-ratelimit-remaining` and `x-request-id`. */
  readonly onHeaders?: (headers: AnswerHeaders) => void;
}

/** A try of a call: its end in ms since the epoch, and what cancels it. */
export interface Attempt {
  readonly deadline?: number;
  readonly signals: readonly AbortSignal[];
  readonly onHeaders?: ((headers: AnswerHeaders) => void) | undefined;
}

/** How messages get to a server and back. Both calls fail with a `Refused`. */
export interface Transport {
  readonly unary: <I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageShape<I>,
    attempt: Attempt,
  ) => Promise<MessageShape<O>>;
  readonly stream: <I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageShape<I>,
    attempt: Attempt,
  ) => AsyncIterable<MessageShape<O>>;
  readonly close: () => void;
}

/** The calls of any service. Each fails with an `OtpError`, but with a `TypeError` for what cannot be sent. */
export interface Calls {
  readonly unary: <I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageInitShape<I>,
    options?: CallOptions,
  ) => Promise<MessageShape<O>>;
  readonly stream: <I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageInitShape<I>,
    options?: CallOptions,
  ) => AsyncGenerator<MessageShape<O>, void>;
  readonly close: () => void;
}

/** The calls over a transport; `deadlineMs` is the deadline of calls that set none. */
export function createCalls(transport: Transport, deadlineMs: number): Calls {
  const closing = new AbortController();

  const signalsOf = (signal: AbortSignal | undefined) => (signal ? [closing.signal, signal] : [closing.signal]);

  /** The error of a call: that of the server if it gave one, and CANCELLED for a call that its caller or the end of the client has ended. */
  function failureOf(error: unknown, signal: AbortSignal | undefined): unknown {
    const failure = isRefused(error) ? refusedError(error) : error;
    const isServers = failure instanceof OtpError && failure.code !== 'CANCELLED';
    if (isServers || !(closing.signal.aborted || signal?.aborted)) return failure;
    if (signal?.aborted) return cancelled('the signal of the call was aborted', signal.reason);
    return cancelled('the client is closed: make another');
  }

  function refuseEnded(signal: AbortSignal | undefined): void {
    if (closing.signal.aborted || signal?.aborted) throw failureOf(undefined, signal);
  }

  return {
    async unary(method, request, { deadlineMs: ownMs = deadlineMs, signal, onHeaders } = {}) {
      const deadline = Date.now() + usableDeadline(ownMs);
      refuseEnded(signal);
      const message = create(method.input, request);
      const signals = signalsOf(signal);
      try {
        return await retry(method.name, () => transport.unary(method, message, { deadline, signals, onHeaders }), {
          deadline,
          signals,
        });
      } catch (error) {
        throw failureOf(error, signal);
      }
    },
    async *stream(method, request, { deadlineMs: ownMs, signal, onHeaders } = {}) {
      const limit = ownMs === undefined ? {} : { deadline: Date.now() + usableDeadline(ownMs) };
      refuseEnded(signal);
      const message = create(method.input, request);
      try {
        yield* transport.stream(method, message, { ...limit, signals: signalsOf(signal), onHeaders });
      } catch (error) {
        throw failureOf(error, signal);
      }
    },
    close() {
      closing.abort();
      transport.close();
    },
  };
}

function cancelled(message: string, cause?: unknown): OtpError {
  return new OtpError({ code: Code.CANCELLED, message }, cause === undefined ? undefined : { cause });
}
