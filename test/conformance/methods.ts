/** The methods of the suite's service: they answer as the request says, and return the received headers and messages. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import type { AnswerHeaders, CallContext, Exchange } from '../../src/rpc/context.ts';
import { StatusError } from '../../src/rpc/failure.ts';
import type { Method } from '../../src/rpc/method.ts';
import type { ErrorDefinition, Header, Messages, StreamRequest, UnaryRequest } from './messages.ts';

/** The request headers of the suite, which answers must repeat. */
const ECHOED = ['x-conformance-test'];

type Context = CallContext & Exchange;

/** Returns the methods that the server supports: the methods with a single request. */
export function conformanceMethods(messages: Messages): Method[] {
  const requestInfo = (request: Message, context: Context): Message =>
    messages.create('ConformancePayload.RequestInfo', {
      requestHeaders: ECHOED.flatMap((name) => {
        const value = context.header(name);
        return value === undefined ? [] : [messages.create('Header', { name, value: [value] })];
      }),
      timeoutMs: context.deadline === Number.POSITIVE_INFINITY ? undefined : BigInt(Math.ceil(context.deadline - Date.now())),
      requests: [anyPack(messages.schema(request.$typeName.split('.').at(-1) ?? ''), request)],
    });

  const statusError = ({ code, message = '', details }: ErrorDefinition, info?: Message): StatusError =>
    new StatusError(code, message, [
      ...details,
      ...(info === undefined ? [] : [anyPack(messages.schema('ConformancePayload.RequestInfo'), info)]),
    ]);

  const unary = async (answer: string, request: UnaryRequest, context: Context): Promise<Message> => {
    const info = requestInfo(request, context);
    const { responseDefinition: definition } = request;
    if (definition !== undefined) {
      context.sendHeaders(headersOf(definition.responseHeaders));
      context.setTrailers(headersOf(definition.responseTrailers));
      await sleep(definition.responseDelayMs);
    }
    const response = definition?.response;
    if (response?.case === 'error') throw statusError(response.value, info);
    const data = response?.case === 'responseData' ? response.value : new Uint8Array();
    return messages.create(answer, { payload: messages.create('ConformancePayload', { data, requestInfo: info }) });
  };

  async function* stream(request: StreamRequest, context: Context): AsyncGenerator<Message> {
    const info = requestInfo(request, context);
    const { responseDefinition: definition } = request;
    if (definition === undefined) return;
    context.sendHeaders(headersOf(definition.responseHeaders));
    context.setTrailers(headersOf(definition.responseTrailers));
    for (const [index, data] of definition.responseData.entries()) {
      await sleep(definition.responseDelayMs);
      const payload = messages.create('ConformancePayload', { data, ...(index === 0 && { requestInfo: info }) });
      yield messages.create('ServerStreamResponse', { payload });
    }
    if (definition.error !== undefined)
      throw statusError(definition.error, definition.responseData.length === 0 ? info : undefined);
  }

  // Descriptors that are compiled at run time have no types. The name of a method shows its form.
  return [
    {
      kind: 'unary',
      descriptor: messages.method('Unary'),
      scope: 'token',
      handle: (request: UnaryRequest, context: Context) => unary('UnaryResponse', request, context),
    },
    {
      kind: 'unary',
      descriptor: messages.method('IdempotentUnary'),
      scope: 'token',
      handle: (request: UnaryRequest, context: Context) => unary('IdempotentUnaryResponse', request, context),
    },
    { kind: 'server_streaming', descriptor: messages.method('ServerStream'), scope: 'token', handle: stream },
  ] as unknown as Method[];
}

function headersOf(headers: readonly Header[]): AnswerHeaders {
  return Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value]));
}
