/**
 * A plain unary call by Connect: body and answer are messages, in JSON or protobuf, as `curl` and most clients send them. The library would serve the call at
 * twice the cost, and would read the body before the caller is authenticated.
 */
import { type Message, toBinary, toJsonString } from '@bufbuild/protobuf';
import { Code } from '../../../gen/ts/google/rpc/code_pb.ts';
import type { Call } from '../../rpc/call.ts';
import type { AnswerHeaders } from '../../rpc/context.ts';
import { answerHeaders } from '../../rpc/headers.ts';
import type { Lifecycle } from '../../rpc/lifecycle.ts';
import type { UnaryMethod } from '../../rpc/method.ts';
import type { Exchange } from '../exchange.ts';
import { httpStatusOf } from './codes.ts';
import { errorBody, failureHeaders } from './error.ts';
import { type Form, incomingOf } from './incoming.ts';
import { type JsonOptions, readJson } from './json.ts';

/** The parts that all such calls share. */
export interface PlainCalls {
  readonly lifecycle: Lifecycle;
  readonly jsonOptions: JsonOptions;
}

/** Serves the call in `exchange`, which has the plain form. */
export function serveUnary(
  exchange: Exchange,
  form: Form & { readonly codec: string },
  method: UnaryMethod,
  { lifecycle, jsonOptions }: PlainCalls,
): void {
  const call = lifecycle.begin(incomingOf(exchange, form, false), fail);
  exchange.onClose(() => lifecycle.end(call, Code.CANCELLED));

  function fail(error: unknown): void {
    if (call.ended) return;
    const failure = lifecycle.failureOf(call, error);
    lifecycle.end(call, failure.code);
    const headers = { 'content-type': 'application/json', ...addedHeaders(call), ...failureHeaders(call, failure) };
    exchange.send(httpStatusOf(failure.code), headers, errorBody(failure));
  }

  async function run(): Promise<void> {
    const admitted = lifecycle.admit(call);
    if (admitted !== undefined) await admitted;
    if (call.ended) return;
    const body = await exchange.readBody();
    if (call.ended) return;
    const response = lifecycle.handle(call, form.codec === 'json' ? readJson(method, body, jsonOptions) : body);
    succeed(response instanceof Promise ? await response : response);
  }

  function succeed(response: Message): void {
    if (call.ended) return;
    const { output } = method.descriptor;
    const answer = form.codec === 'json' ? toJsonString(output, response, jsonOptions) : toBinary(output, response);
    lifecycle.end(call, Code.OK);
    exchange.send(200, { 'content-type': `application/${form.codec}`, ...addedHeaders(call), ...answerHeaders(call) }, answer);
  }

  run().catch(fail);
}

/** Connect sends trailers as headers here: their names begin with `trailer-`. */
function addedHeaders({ addedHeaders, addedTrailers }: Call): AnswerHeaders {
  const trailers = Object.entries(addedTrailers ?? {}).map(([name, values]) => [`trailer-${name}`, values]);
  return { ...addedHeaders, ...Object.fromEntries(trailers) };
}
