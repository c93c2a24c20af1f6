/** A REST API that this service replaces: it maps requests to RPCs of the service, and their answers to its own forms. */
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { CallStatus } from '../../rpc/status.ts';

/** A method and an exact path, such as `POST` and `/api/2fa/generate`. A route of GET does not answer HEAD. */
export interface RestRoute {
  readonly method: string;
  readonly path: string;
  /** Set for a route that needs no API key and reads no body. */
  readonly isOpen?: true;
}

/** A request without its body. */
export interface RestHead {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The origin at which the caller reaches this server, such as `https://otp.example.com`; empty if it is not known. */
  readonly origin: string;
  /** The value of a header, by its name in lower case, several values joined by a comma and a space. */
  header(name: string): string | undefined;
}

export interface RestRequest extends RestHead {
  /** At most 64 KiB; empty if there is none. */
  readonly body: Buffer;
}

export interface RestAnswer {
  readonly status: number;
  /** Names in lower case. They are added to the headers of every answer: `x-request-id`, `x-ratelimit-*`, `x-otpd-usage`, and `retry-after` of a refusal. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/**
 * Runs a unary RPC of the service for the request. The request was authenticated and charged already, once for all RPCs that it makes. Rejects if the API key
 * lacks the scope, and with the error of the RPC; `refuse` handles these errors.
 */
export type RestCalls = <I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
) => Promise<MessageShape<O>>;

/** A refused request: by the limits, at its body, by `answer` or by an RPC. */
export interface RestRefusal {
  /** The status that a caller of gRPC would get: code, reason, a message without anything of the request, and when to retry. */
  readonly status: CallStatus;
  /** The error of the request, such as an `InvalidInputError` with its violations, or an error class of the API. */
  readonly error: unknown;
}

export interface RestApi {
  readonly routes: readonly RestRoute[];
  /** Answers a request; its errors are passed to `refuse`. The call counts as failed if the status of the answer is 400 or above. */
  answer(request: RestRequest, call: RestCalls): Promise<RestAnswer>;
  /** The answer to a refused request, in the form of this API. */
  refuse(refusal: RestRefusal, head: RestHead): RestAnswer;
  /**
   * Finds the API key in the body or the query, for an API that allows that; called only if no header has one. The body is then read before the caller is
   * authenticated.
   */
  apiKeyOf?(request: RestRequest): string | undefined;
}

/** Loads an API at its first request, so that callers of other APIs do not pay for it. Its routes are known before. */
export interface LazyRestApi {
  readonly routes: readonly RestRoute[];
  readonly load: () => Promise<RestApi>;
}

/** An answer in JSON, the default format of all these APIs. */
export function json(status: number, value: unknown): RestAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
