/** Refusals of requests that are no call: fixed texts, in the shape of Connect's errors (connectrpc.com/docs/protocol, Error Codes). */
import type { Exchange, HttpHeaders } from './exchange.ts';

interface Refusal {
  readonly status: number;
  /** The name of a code, in Connect's spelling: the one that a client would make of the status. */
  readonly code: string;
  /** Says what to do. */
  readonly message: string;
}

export type RefusalName =
  | 'syntax'
  | 'head'
  | 'expectation'
  | 'path'
  | 'method'
  | 'contentType'
  | 'streamType'
  | 'grpc'
  | 'origin'
  | 'internal';

const TEXTS: Readonly<Record<RefusalName, Refusal>> = {
  syntax: {
    status: 400,
    code: 'invalid_argument',
    message: 'the request is not valid HTTP/1.1: correct its head or its framing',
  },
  head: { status: 431, code: 'resource_exhausted', message: 'the head of the request is too large: send at most 8 KiB' },
  expectation: {
    status: 417,
    code: 'invalid_argument',
    message: 'the expectation cannot be met: send Expect: 100-continue or none',
  },
  path: { status: 404, code: 'unimplemented', message: 'there is nothing at this path: correct it' },
  method: { status: 405, code: 'unknown', message: 'the path does not take this HTTP method: see the header allow' },
  contentType: {
    status: 415,
    code: 'unknown',
    message: 'the content type is not one of this method: send content-type: application/json',
  },
  streamType: {
    status: 415,
    code: 'unknown',
    message:
      'the method answers with a stream: call it by Connect (application/connect+json) or gRPC-Web (application/grpc-web+proto)',
  },
  grpc: { status: 415, code: 'unknown', message: 'gRPC is not spoken here: call the address of --listen' },
  origin: { status: 403, code: 'permission_denied', message: 'the origin is not allowed: name it in --cors-origins' },
  internal: { status: 500, code: 'internal', message: 'an internal error: it is logged' },
};

/** The status and the body of each refusal. */
export const REFUSALS: Readonly<Record<RefusalName, { readonly status: number; readonly body: string }>> = Object.fromEntries(
  Object.entries(TEXTS).map(([name, { status, code, message }]) => [name, { status, body: JSON.stringify({ code, message }) }]),
) as never;

/** Answers a request that is no call. */
export function refuse(exchange: Exchange, name: RefusalName, headers: HttpHeaders = {}): void {
  exchange.isRefused = true;
  const { status, body } = REFUSALS[name];
  // A caller of gRPC-Web goes by the status alone, and would take JSON for an answer by Connect.
  const isGrpcWeb =
    /^application\/grpc-web/.test(exchange.header('content-type') ?? '') || exchange.header('x-grpc-web') !== undefined;
  exchange.send(
    status,
    { 'content-type': isGrpcWeb ? 'text/plain' : 'application/json', ...headers },
    isGrpcWeb ? TEXTS[name].message : body,
  );
}

/** The same answer for a connection whose request could not be read, which it ends. */
export function rawRefusal(name: RefusalName): string {
  const { status, body } = REFUSALS[name];
  const head = ['content-type: application/json', `content-length: ${body.length}`, 'connection: close'];
  return `HTTP/1.1 ${status} Refused\r\n${head.join('\r\n')}\r\n\r\n${body}`;
}
