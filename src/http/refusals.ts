/** Refusals of requests that are not calls: fixed texts, in the form of Connect's errors (connectrpc.com/docs/protocol, Error Codes). */
import type { Exchange, HttpHeaders } from './exchange.ts';

export interface Refusal {
  readonly status: number;
  /** The name of a code in Connect's spelling, as a client derives it from the status. */
  readonly code: string;
  /** The message, which says what to do. */
  readonly message: string;
}

/** An answer in the form in which it is sent; header names in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export type RefusalName =
  | 'syntax'
  | 'head'
  | 'slow'
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
  slow: {
    status: 408,
    code: 'deadline_exceeded',
    message: 'the head of the request did not come in time: send it within 4 s',
  },
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

/** The refusal as a failure, for an API to put into its own form. */
export function refusalNamed(name: RefusalName): Refusal {
  return TEXTS[name];
}

/** Answers a request that is not a call. */
export function refuse(exchange: Exchange, name: RefusalName, headers: HttpHeaders = {}): void {
  exchange.isRefused = true;
  const { status, code, message } = TEXTS[name];
  // A gRPC-Web caller looks only at the status, and would read JSON as an answer of Connect.
  const isGrpcWeb =
    /^application\/grpc-web/.test(exchange.header('content-type') ?? '') || exchange.header('x-grpc-web') !== undefined;
  exchange.send(
    status,
    { 'content-type': isGrpcWeb ? 'text/plain' : 'application/json', ...headers },
    isGrpcWeb ? message : JSON.stringify({ code, message }),
  );
}

/** The bytes of an answer to a request that could not be parsed; it ends the connection. */
export function rawAnswer({ status, headers, body }: Answer): string {
  const all = { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Refused\r\n${lines.join('')}\r\n${body}`;
}

/** The answer in the form of Connect's errors. */
export function connectAnswer({ status, code, message }: Refusal): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ code, message }) };
}
