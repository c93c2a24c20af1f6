/** The transport over grpc-js: one channel, messages as bytes, and signals that cancel. */
import { type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { Client, type ClientOptions, type ClientReadableStream, Metadata, status } from '@grpc/grpc-js';
import type { AnswerHeaders, Attempt, Method, Transport } from './calls.ts';
import { type Security, secure } from './credentials.ts';
import type { Refused } from './error.ts';
import { usableAddress, usableApiKey } from './options.ts';
import serviceConfig from './service-config.ts';

const CHANNEL = {
  // The default first pause, 1 s, outlasts all the retries.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 5000,
  // Notices that the peer of a stream has vanished without a word.
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // Calls go to all servers of a name in turn. Retries are made here, and for one try at a time.
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: serviceConfig.loadBalancingConfig, methodConfig: [] }),
  'grpc.service_config_disable_resolution': 1,
};

export interface GrpcOptions extends Security {
  /** Options of grpc-js, such as `interceptors` and those of a channel. Certificates, retries and the API key are not theirs to change. */
  readonly clientOptions?: ClientOptions | undefined;
}

/** Opens a channel to `address`, on whose calls the API key is; connects at the first call. Throws a `TypeError` for what cannot be used. */
export function grpcTransport(address: string, apiKey: string, { clientOptions, ...security }: GrpcOptions): Transport {
  usableAddress(address);
  usableApiKey(apiKey);
  const [credentials, channelOptions] = secure(address, security);
  const client = new Client(address, credentials, { ...clientOptions, ...CHANNEL, ...channelOptions });
  const metadata = new Metadata();
  metadata.set('x-api-key', apiKey);
  return {
    unary(method, request, { deadline, signals, onHeaders }) {
      const { promise, resolve, reject } = Promise.withResolvers<MessageShape<typeof method.output>>();
      const options = deadline === undefined ? {} : { deadline };
      const running = client.makeUnaryRequest(...codec(method), request, metadata, options, (error, response) => {
        if (error === null && response !== undefined) resolve(response);
        else reject(error ?? ({ code: status.UNKNOWN, details: 'an answer without a message' } satisfies Refused));
      });
      if (onHeaders !== undefined) running.once('metadata', (received: Metadata) => onHeaders(headersOf(received)));
      const cancelling = cancelOn(signals, () => running.cancel());
      return promise.finally(() => cancelling[Symbol.dispose]());
    },
    async *stream(method, request, { deadline, signals, onHeaders }: Attempt) {
      const options = deadline === undefined ? {} : { deadline };
      const running = client.makeServerStreamRequest(...codec(method), request, metadata, options);
      if (onHeaders !== undefined) running.once('metadata', (received: Metadata) => onHeaders(headersOf(received)));
      using _cancelling = cancelOn(signals, () => running.cancel());
      try {
        yield* running as ClientReadableStream<MessageShape<typeof method.output>> &
          AsyncIterable<MessageShape<typeof method.output>>;
      } finally {
        running.cancel();
      }
    },
    close: () => client.close(),
  };
}

/** The path of a method, and its messages to bytes and back; bytes as a `Buffer` over the same memory. */
function codec<I extends DescMessage, O extends DescMessage>(
  method: Method<I, O>,
): [string, (request: MessageShape<I>) => Buffer, (bytes: Buffer) => MessageShape<O>] {
  const encode = (request: MessageShape<I>) => {
    const { buffer, byteOffset, byteLength } = toBinary(method.input, request);
    return Buffer.from(buffer, byteOffset, byteLength);
  };
  return [`/${method.parent.typeName}/${method.name}`, encode, (bytes) => fromBinary(method.output, bytes)];
}

function headersOf(metadata: Metadata): AnswerHeaders {
  return Object.fromEntries(
    Object.entries(metadata.getMap()).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** Calls `cancel` once a signal is aborted, until disposed of. */
function cancelOn(signals: readonly AbortSignal[], cancel: () => void): Disposable {
  for (const signal of signals) signal.addEventListener('abort', cancel, { once: true });
  if (signals.some(({ aborted }) => aborted)) cancel();
  return {
    [Symbol.dispose]() {
      for (const signal of signals) signal.removeEventListener('abort', cancel);
    },
  };
}
