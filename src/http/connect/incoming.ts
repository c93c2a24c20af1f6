/** Turns an HTTP request of Connect or gRPC-Web into a call of the lifecycle. */
import type { Incoming } from '../../rpc/call.ts';
import { connectTimeout, grpcTimeout } from '../../rpc/timeout.ts';
import type { Exchange } from '../exchange.ts';

/** The encoding of a call by Connect or gRPC-Web. */
export interface Form {
  /** The content type, without parameters. */
  readonly type: string;
  readonly transport: 'connect' | 'grpc_web';
  /** Whether the form is for streaming methods; gRPC-Web has one form for both kinds. */
  readonly isStream: boolean | undefined;
  /** Whether it is Connect's unary form, in which the body is the message. */
  readonly codec: 'json' | 'proto' | undefined;
  /** Whether the body is in base64. */
  readonly isText: boolean;
}

const TEXT = /^application\/grpc-web-text/;
const FORMS: ReadonlyMap<string, Form> = new Map(
  (
    [
      ['application/json', 'connect', false, 'json'],
      ['application/proto', 'connect', false, 'proto'],
      ['application/connect+json', 'connect', true, undefined],
      ['application/connect+proto', 'connect', true, undefined],
      ['application/grpc-web', 'grpc_web', undefined, undefined],
      ['application/grpc-web+proto', 'grpc_web', undefined, undefined],
      ['application/grpc-web+json', 'grpc_web', undefined, undefined],
      ['application/grpc-web-text', 'grpc_web', undefined, undefined],
      ['application/grpc-web-text+proto', 'grpc_web', undefined, undefined],
    ] as const
  ).map(([type, transport, isStream, codec]) => [type, { type, transport, isStream, codec, isText: TEXT.test(type) }]),
);
const PARAMETERS = /^\s*charset\s*=\s*"?utf-?8"?\s*$/i;

/** The form with a content type; undefined for any other content type, and for another charset than UTF-8. */
export function formOf(contentType: string): Form | undefined {
  const [type = '', ...parameters] = contentType.split(';');
  return parameters.every((parameter) => PARAMETERS.test(parameter)) ? FORMS.get(type.trim().toLowerCase()) : undefined;
}

/** The call in a request. */
export function incomingOf(exchange: Exchange, { transport }: Form, isStream: boolean): Incoming {
  const timeout = exchange.header(transport === 'connect' ? 'connect-timeout-ms' : 'grpc-timeout');
  const parse = transport === 'connect' ? connectTimeout : grpcTimeout;
  return {
    transport,
    procedure: exchange.path,
    peer: exchange.peer,
    header: (name) => exchange.header(name),
    isOversize: exchange.isOversize,
    timeoutMs: timeout === undefined ? undefined : parse(timeout),
    isStream,
  };
}
