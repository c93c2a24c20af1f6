/** An HTTP request as the lifecycle sees the call in it, by Connect or gRPC-Web. */
import type { Incoming } from '../../rpc/call.ts';
import { connectTimeout, grpcTimeout } from '../../rpc/timeout.ts';
import type { Exchange } from '../exchange.ts';

/** How a call by Connect or gRPC-Web is written. */
export interface Form {
  /** The content type, without parameters. */
  readonly type: string;
  readonly transport: 'connect' | 'grpc_web';
  /** Whether the form is for methods that answer with a stream; gRPC-Web has a single form for both kinds. */
  readonly isStream: boolean | undefined;
  /** Connect's simple form: the body is the message. */
  readonly codec: 'json' | 'proto' | undefined;
}

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
    ] as const
  ).map(([type, transport, isStream, codec]) => [type, { type, transport, isStream, codec }]),
);
const PARAMETERS = /^\s*charset\s*=\s*"?utf-?8"?\s*$/i;

/** The form that a content type stands for; undefined for any other content type, and for another charset than UTF-8. */
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
