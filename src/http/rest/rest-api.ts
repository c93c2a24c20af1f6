/** A REST API that this service stands in for: a mapping of its requests onto the RPCs of the service, and of their answers onto its shapes. */
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { CallStatus } from '../../rpc/status.ts';

/** A method and an exact path, such as `POST` and `/api/2fa/generate`. HEAD is not answered by a route of GET. */
export interface RestRoute {
  readonly method: string;
  readonly path: string;
  /** Set for a route that needs no API key, and reads no body. */
  readonly isOpen?: true;
}

/** A request by its head alone. */
export interface RestHead {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Where the caller reaches this server, such as `https://otp.example.com`; empty if the caller did not say. */
  readonly origin: string;
  /** The value of a header, by its name in lower case, several joined by a comma and a space. */
  header(name: string): string | undefined;
}

export interface RestRequest extends RestHead {
  /** At most 64 KiB; empty if there is none. */
  readonly body: Buffer;
}

export interface RestAnswer {
  readonly status: number;
  /** Names in lower case. They come on top of the headers of every answer: `x-request-id`, `x-ratelimit-*`, `x-otpd-usage`, and `retry-after` of a refusal. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/**
 * Runs a unary RPC of the service for the request, which was authenticated and charged already: once for all RPCs that it takes. Rejects if the API
 * key lacks the scope, and with what the RPC fails with; an API leaves that to `refuse`.
 */
export type RestCalls = <I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
) => Promise<MessageShape<O>>;

/** A request that was refused: by the limits, at its body, by `answer` or by an RPC. */
export interface RestRefusal {
  /** The status that a caller of gRPC would get: code, reason, a message without anything of the request, and when to try again. */
  readonly status: CallStatus;
  /** The error that the request failed with, such as an `InvalidInputError` with its violations, or an error of the API's own. */
  readonly error: unknown;
}

export interface RestApi {
  readonly routes: readonly RestRoute[];
  /** Answers a request; what it throws is given to `refuse`. The status of its answer decides whether the call counts as failed (400 and above). */
  answer(request: RestRequest, call: RestCalls): Promise<RestAnswer>;
  /** The answer to a request that was refused, in the shape of this API. */
  refuse(refusal: RestRefusal, head: RestHead): RestAnswer;
  /**
   * The API key, where it may stand in the body or the query; asked only if no header has one. The body is then read before anybody is
   * authenticated.
   */
  apiKeyOf?(request: RestRequest): string | undefined;
}

/** Loads an API at its first request: callers of other APIs do not pay for it. Its routes are known before. */
export interface LazyRestApi {
  readonly routes: readonly RestRoute[];
  readonly load: () => Promise<RestApi>;
}
