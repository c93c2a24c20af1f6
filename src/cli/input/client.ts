/** A client of the service over grpc-js: calls with deadlines, and errors that a person can read. */
import { create, type DescMessage, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import {
  type GenerateRequestSchema,
  type GenerateResponse,
  OtpService,
  type TokenRequestSchema,
  type TokenResponse,
  type VerifyRequestSchema,
  type VerifyResponse,
  type WatchTokenRequestSchema,
  type WatchTokenResponse,
} from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { cancelOn, codec, type Method } from '../../client/call.ts';
import { secure } from '../../client/credentials.ts';
import { type CallStatus, readCallError } from '../output/call-error.ts';
import { remainingMs } from '../output/code-view.ts';

/** Certificates in PEM; all unset: the roots that Node brings. */
export interface TlsFiles {
  readonly ca?: Buffer | undefined;
  /** With `key`: proves to the server who is calling. */
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
}

/** Where and as whom to call. */
export interface ClientOptions {
  /** `HOST:PORT` or `unix:PATH`. */
  readonly address: string;
  readonly apiKey: string;
  /** Undefined: plaintext. */
  readonly tls: TlsFiles | undefined;
  /** How long to wait for an answer, in ms. */
  readonly timeoutMs: number;
  /** Ends every call. */
  readonly signal: AbortSignal;
  /** Whether a proxy from the environment (`https_proxy`) may be used. */
  readonly proxy: boolean;
}

/** The service, as its callers see it. Every method fails with `CallError`. */
export interface OtpClient {
  generate(request: MessageInitShape<typeof GenerateRequestSchema>): Promise<GenerateResponse>;
  token(request: MessageInitShape<typeof TokenRequestSchema>): Promise<TokenResponse>;
  /** `deadline` in ms since the epoch stands in for the timeout. */
  verify(request: MessageInitShape<typeof VerifyRequestSchema>, deadline: number): Promise<VerifyResponse>;
  watch(request: MessageInitShape<typeof WatchTokenRequestSchema>): AsyncGenerator<WatchTokenResponse, void>;
  close(): void;
}

/** Connects at the first call. Throws what Node says of certificates that it cannot read. */
export function createOtpClient(options: ClientOptions): OtpClient {
  const { address, apiKey, tls, timeoutMs, signal } = options;
  const [credentials, channelOptions] = secure(address, tls ?? { plaintext: true });
  const client = new Client(address, credentials, {
    'grpc.enable_http_proxy': options.proxy ? 1 : 0,
    // The default first pause, 1 s, outlasts the retries of a verification.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 5000,
    ...channelOptions,
  });
  const metadata = new Metadata();
  metadata.set('x-api-key', apiKey);
  const failedWith = (code: number, message: string) => readCallError({ code, message }, address);
  const failed = (error: ServiceError) =>
    signal.aborted ? failedWith(status.CANCELLED, 'interrupted') : readCallError(statusOf(error), address);

  async function unary<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    init: MessageInitShape<I>,
    deadline: number = Date.now() + timeoutMs,
  ): Promise<MessageShape<O>> {
    const { promise, resolve, reject } = Promise.withResolvers<MessageShape<O>>();
    const request = create(method.input, init);
    const call = client.makeUnaryRequest(...codec(method), request, metadata, { deadline }, (error, value) => {
      if (error === null && value !== undefined) resolve(value);
      else reject(error === null ? failedWith(status.UNKNOWN, 'an answer without content') : failed(error));
    });
    using _cancelling = cancelOn(signal, () => call.cancel());
    return await promise;
  }

  async function* watch(init: MessageInitShape<typeof WatchTokenRequestSchema>): AsyncGenerator<WatchTokenResponse, void> {
    const method = OtpService.method.watchToken;
    const stream = client.makeServerStreamRequest(...codec(method), create(method.input, init), metadata);
    using _cancelling = cancelOn(signal, () => stream.cancel());
    let silence: number | undefined;
    const expectWithin = (ms: number, code: number) =>
      setTimeout(() => {
        silence = code;
        stream.cancel();
      }, ms);
    let timer = expectWithin(timeoutMs, status.DEADLINE_EXCEEDED);
    try {
      for await (const response of stream as AsyncIterable<WatchTokenResponse>) {
        clearTimeout(timer);
        yield response;
        // A peer that vanished without a word shows in nothing but an overdue code.
        const left = (response.token && remainingMs(response.token)) ?? 0;
        timer = expectWithin(left + timeoutMs, status.UNAVAILABLE);
      }
    } catch (error) {
      throw silence === undefined ? failed(error as ServiceError) : failedWith(silence, '');
    } finally {
      clearTimeout(timer);
      stream.cancel();
    }
  }

  const { method } = OtpService;
  return {
    generate: (request) => unary(method.generate, request),
    token: (request) => unary(method.token, request),
    verify: (request, deadline) => unary(method.verify, request, deadline),
    watch,
    close: () => client.close(),
  };
}

function statusOf({ code, details, metadata }: ServiceError): CallStatus {
  const [bytes] = metadata.get('grpc-status-details-bin');
  const [requestId] = metadata.get('x-request-id');
  return { code, message: details, details: bytes instanceof Buffer ? bytes : undefined, requestId: requestId?.toString() };
}
