/** The entry `otpd-client/web`, for browsers and edge runtimes: the same calls over HTTP by connect-web. */
import { create, type DescMessage, type MessageInitShape, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { Code as ConnectCode, ConnectError } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { type AnswerHeaders, type Attempt, createCalls, DEADLINE_MS, type Method, type Transport } from './calls.ts';
import { type ClientOptions, createClient, type OtpClient } from './client.ts';
import type { Refused } from './error.ts';
import { Code } from './generated/google/rpc/code_pb.ts';
import { StatusSchema } from './generated/google/rpc/status_pb.ts';
import { usableApiKey, usableDeadline } from './options.ts';

export * from './messages.ts';

/** How to connect. */
export interface ConnectOptions extends ClientOptions {
  /** The `fetch` to call with; that of the runtime if unset. */
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * A client of the server whose HTTP door is at `baseUrl`, such as `https://otp.example.com`. Pages of other origins need `--cors-origins` there.
 *
 * An API key in a page is known to all who open it: use this on servers at the edge, or in pages for operators who type their key.
 *
 * Throws a `TypeError`, which names the option, for a URL, an API key or a deadline that cannot be used.
 */
export function connect(baseUrl: string, apiKey: string, options: ConnectOptions = {}): OtpClient {
  usableBaseUrl(baseUrl);
  usableApiKey(apiKey);
  const deadlineMs = usableDeadline(options.deadlineMs ?? DEADLINE_MS);
  return createClient(createCalls(webTransport(baseUrl, apiKey, options.fetch), deadlineMs), options);
}

function usableBaseUrl(baseUrl: string): void {
  const url = typeof baseUrl === 'string' && URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.search !== '')
    throw new TypeError('baseUrl must be http:// or https:// and a host, without a query and without credentials');
}

function webTransport(baseUrl: string, apiKey: string, fetch: typeof globalThis.fetch | undefined): Transport {
  const transport = createConnectTransport({ baseUrl, useBinaryFormat: true, ...(fetch && { fetch }) });
  const header = { 'x-api-key': apiKey };
  const timeoutOf = (deadline: number | undefined) => (deadline === undefined ? undefined : Math.max(deadline - Date.now(), 1));

  return {
    async unary<I extends DescMessage, O extends DescMessage>(
      method: Method<I, O>,
      request: MessageShape<I>,
      { deadline, signals, onHeaders }: Attempt,
    ): Promise<MessageShape<O>> {
      try {
        const signal = AbortSignal.any([...signals]);
        const answer = await transport.unary(method as never, signal, timeoutOf(deadline), header, request as never);
        onHeaders?.(headersOf(answer.header));
        return answer.message as MessageShape<O>;
      } catch (error) {
        throw refusedOf(error);
      }
    },
    async *stream<I extends DescMessage, O extends DescMessage>(
      method: Method<I, O>,
      request: MessageShape<I>,
      { deadline, signals, onHeaders }: Attempt,
    ): AsyncGenerator<MessageShape<O>, void> {
      // Leaving the loop ends the call.
      const leaving = new AbortController();
      try {
        const signal = AbortSignal.any([...signals, leaving.signal]);
        const requests = (async function* () {
          yield request as MessageInitShape<I>;
        })();
        const answer = await transport.stream(method as never, signal, timeoutOf(deadline), header, requests as never);
        onHeaders?.(headersOf(answer.header));
        yield* answer.message as AsyncIterable<MessageShape<O>>;
      } catch (error) {
        throw refusedOf(error);
      } finally {
        leaving.abort();
      }
    },
    close: () => undefined,
  };
}

function headersOf(headers: Headers): AnswerHeaders {
  return Object.fromEntries(headers);
}

/** Both have the numbers of gRPC. */
function refusedOf(error: unknown): Refused {
  const failure = ConnectError.from(error);
  // `fetch` says of a server that cannot be reached that it failed, and no more.
  const isAway = failure.code === ConnectCode.Unknown && failure.cause instanceof TypeError;
  const details = failure.details.flatMap((detail) =>
    'type' in detail ? [{ typeUrl: `type.googleapis.com/${detail.type}`, value: detail.value as Uint8Array<ArrayBuffer> }] : [],
  );
  const status = create(StatusSchema, { code: failure.code, message: failure.rawMessage, details });
  return {
    code: isAway ? Code.UNAVAILABLE : failure.code,
    details: failure.rawMessage,
    metadata: {
      get(name) {
        if (name === 'grpc-status-details-bin') return [toBinary(StatusSchema, status)];
        const value = failure.metadata.get(name);
        return value === null ? [] : [value];
      },
    },
  };
}
