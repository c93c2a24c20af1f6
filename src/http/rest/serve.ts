/** Serves the requests of REST APIs: each is a call of the lifecycle, whatever RPCs it takes. */
import { create, type Message } from '@bufbuild/protobuf';
import { Code } from '../../../gen/ts/google/rpc/code_pb.ts';
import { networkOf } from '../../auth/failure-throttle.ts';
import { createPermits } from '../../limits/permits.ts';
import type { Call, Incoming } from '../../rpc/call.ts';
import { UnauthenticatedRefusal } from '../../rpc/failure.ts';
import { answerHeaders, apiKeyOf } from '../../rpc/headers.ts';
import type { Lifecycle } from '../../rpc/lifecycle.ts';
import { procedureOf } from '../../rpc/method.ts';
import { failureHeaders } from '../connect/error.ts';
import type { Exchange } from '../exchange.ts';
import { refuse } from '../refusals.ts';
import type { LazyRestApi, RestAnswer, RestApi, RestCalls, RestHead, RestRequest } from './rest-api.ts';

/** The most bodies at a time that are read before anybody is authenticated, in all and from one address: 64 KiB each. */
const MOST_BODIES = 256;
const MOST_BODIES_AN_ADDRESS = 32;

/** Serves a request if its path is one of an API; undefined if it is not. Rejects if code cannot be loaded. */
export type ServeRest = (exchange: Exchange) => Promise<void> | undefined;

export function createServeRest(apis: readonly LazyRestApi[], lifecycle: Lifecycle): ServeRest {
  const routes = new Map<string, Map<string, () => Promise<RestApi>>>();
  for (const { routes: own, load } of apis) {
    for (const { method, path } of own) {
      const methods = routes.get(path) ?? new Map();
      routes.set(path, methods.set(method, load));
    }
  }
  const enter = createBodyPermits();
  return (exchange) => {
    const methods = routes.get(exchange.path);
    return methods && serveRoute(exchange, methods);
  };

  async function serveRoute(exchange: Exchange, methods: ReadonlyMap<string, () => Promise<RestApi>>): Promise<void> {
    const load = methods.get(exchange.method);
    if (load === undefined) refuse(exchange, 'method', { allow: [...methods.keys()].join(', ') });
    else await serve(exchange, await load(), lifecycle, enter);
  }
}

async function serve(exchange: Exchange, api: RestApi, lifecycle: Lifecycle, enter: EnterBody): Promise<void> {
  const call = lifecycle.begin(incomingOf(exchange), fail);
  exchange.onClose(() => lifecycle.end(call, Code.CANCELLED));
  const head = headOf(exchange);

  function fail(error: unknown): void {
    if (call.ended) return;
    const status = lifecycle.failureOf(call, error);
    lifecycle.end(call, status.code);
    send(exchange, failureHeaders(call, status), api.refuse({ status, error }, head));
  }

  try {
    const request = await admitAndRead(exchange, api, head, call, lifecycle, enter);
    if (call.ended) return;
    const run = (descriptor: Parameters<RestCalls>[0], message: object): Promise<Message> =>
      Promise.resolve(lifecycle.handleAs(call, procedureOf(descriptor), create(descriptor.input, message as never)));
    const answer = await api.answer(request, run as RestCalls);
    if (call.ended) return;
    lifecycle.end(call, codeOf(answer.status));
    send(exchange, answerHeaders(call), answer);
  } catch (error) {
    fail(error);
  }
}

/** The body is read only once the caller is known, unless the API key may be in it. */
async function admitAndRead(
  exchange: Exchange,
  api: RestApi,
  head: RestHead,
  call: Call,
  lifecycle: Lifecycle,
  enter: EnterBody,
): Promise<RestRequest> {
  if (api.apiKeyOf === undefined || apiKeyOf(call) !== undefined || call.refusal !== undefined) {
    await lifecycle.admit(call);
    return requestOf(head, call.ended ? Buffer.alloc(0) : await exchange.readBody());
  }
  call.release = enter(call.peer);
  const request = requestOf(head, await exchange.readBody());
  call.release();
  await lifecycle.admit(call, api.apiKeyOf(request));
  return request;
}

type EnterBody = (peer: string) => () => void;

function createBodyPermits(): EnterBody {
  const all = createPermits();
  const addresses = createPermits();
  return (peer) => {
    const ofAll = all.take('', MOST_BODIES);
    const ofAddress = ofAll && addresses.take(networkOf(peer), MOST_BODIES_AN_ADDRESS);
    if (ofAddress !== undefined)
      return () => {
        ofAll?.();
        ofAddress();
      };
    ofAll?.();
    throw new UnauthenticatedRefusal('too many calls without an API key in their headers: send it as x-api-key');
  };
}

function incomingOf(exchange: Exchange): Incoming {
  return {
    transport: 'rest',
    procedure: exchange.path,
    peer: exchange.peer,
    header: (name) => exchange.header(name),
    isOversize: exchange.isOversize,
    timeoutMs: undefined,
    isStream: false,
  };
}

function headOf(exchange: Exchange): RestHead {
  return {
    method: exchange.method,
    path: exchange.path,
    query: new URLSearchParams(exchange.search),
    header: (name) => exchange.header(name),
  };
}

function requestOf(head: RestHead, body: Buffer): RestRequest {
  return {
    ...head,
    body,
    get bodyText() {
      return body.toString();
    },
  };
}

function send(exchange: Exchange, common: Readonly<Record<string, string>>, { status, headers, body }: RestAnswer): void {
  exchange.send(status, { ...common, ...headers }, body);
}

/** The code of a call for the log and the limits, from the HTTP status of its answer. */
function codeOf(status: number): Code {
  if (status < 400) return Code.OK;
  if (status === 401) return Code.UNAUTHENTICATED;
  if (status === 403) return Code.PERMISSION_DENIED;
  if (status === 404) return Code.NOT_FOUND;
  if (status === 429) return Code.RESOURCE_EXHAUSTED;
  return status >= 500 ? Code.INTERNAL : Code.INVALID_ARGUMENT;
}
