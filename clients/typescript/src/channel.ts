/** A channel to a server, and the calls over it: deadlines, safe retries, and an end to all of them. */
import { create, type DescMessage, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { cancelOn, codec, type Method } from './call.ts';
import { type Security, secure } from './credentials.ts';
import { OtpError, type Refused } from './error.ts';
import { usableAddress, usableApiKey, usableDeadline } from './options.ts';
import { retry } from './retry.ts';

const DEADLINE_MS = 5000;
const CHANNEL = {
  // The default first pause, 1 s, outlasts all the retries.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 5000,
  // Notices that the peer of a stream has vanished without a word.
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 10_000,
};

/** How to connect; TLS with the authorities that Node brings if nothing is said. */
export interface ConnectOptions extends Security {
  /** How long a call may take with all its retries, in ms, above 0 and at most 86,400,000 (24 hours); 5000 if unset. */
  readonly deadlineMs?: number;
}

/** Options of a single call. */
export interface CallOptions {
  /** The same for this call; that of the client if unset, none for `watchToken`. */
  readonly deadlineMs?: number;
  /** Cancels the call. */
  readonly signal?: AbortSignal;
}

/** The calls of any service over one channel. */
export interface Channel {
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

/** Opens a channel; throws as `connect` does. */
export function openChannel(address: string, apiKey: string, options: ConnectOptions): Channel {
  usableAddress(address);
  usableApiKey(apiKey);
  const ownDeadlineMs = usableDeadline(options.deadlineMs ?? DEADLINE_MS);
  const [credentials, channelOptions] = secure(address, options);
  const client = new Client(address, credentials, { ...CHANNEL, ...channelOptions });
  const metadata = new Metadata();
  metadata.set('x-api-key', apiKey);

  const closing = new AbortController();
  const close = () => {
    closing.abort();
    client.close();
  };

  async function unary<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageInitShape<I>,
    { deadlineMs = ownDeadlineMs, signal }: CallOptions = {},
  ): Promise<MessageShape<O>> {
    const deadline = within(deadlineMs);
    const message = create(method.input, request);
    const attempt = () => {
      const { promise, resolve, reject } = Promise.withResolvers<MessageShape<O>>();
      const running = client.makeUnaryRequest(...codec(method), message, metadata, { deadline }, (error, response) => {
        if (error === null && response !== undefined) resolve(response);
        else reject(error ?? ({ code: status.UNKNOWN, details: 'an answer without a message' } satisfies Refused));
      });
      const cancelling = cancelOn(signal, () => running.cancel());
      return promise.finally(() => cancelling[Symbol.dispose]());
    };
    return retry(method.name, attempt, { deadline, signals: signal ? [closing.signal, signal] : [closing.signal] });
  }

  async function* stream<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageInitShape<I>,
    call: CallOptions = {},
  ): AsyncGenerator<MessageShape<O>, void> {
    const options = call.deadlineMs === undefined ? {} : { deadline: within(call.deadlineMs) };
    const message = create(method.input, request);
    const running = client.makeServerStreamRequest(...codec(method), message, metadata, options);
    using _cancelling = cancelOn(call.signal, () => running.cancel());
    try {
      yield* running as AsyncIterable<MessageShape<O>>;
    } catch (error) {
      throw new OtpError(error as ServiceError);
    } finally {
      running.cancel();
    }
  }

  return { unary, stream, close };
}

/** The moment in ms since the epoch at which a deadline of so many ms is over. */
function within(ms: number): number {
  return Date.now() + usableDeadline(ms);
}
