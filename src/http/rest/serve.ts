/** Serves the requests of REST APIs: each is one call of the lifecycle, whatever RPCs it makes. */
import { create, type Message } from '@bufbuild/protobuf';
import { Code } from '../../../gen/ts/google/rpc/code_pb.ts';
import { networkOf } from '../../auth/failure-throttle.ts';
import type { Call, Incoming } from '../../rpc/call.ts';
import { answerHeaders, apiKeyOf } from '../../rpc/headers.ts';
import type { Lifecycle } from '../../rpc/lifecycle.ts';
import { procedureOf } from '../../rpc/method.ts';
import { statusOf } from '../../rpc/status.ts';
import { createUnauthenticatedBounds, type EnterUnauthenticated, type UnauthenticatedBound } from '../../rpc/unauthenticated.ts';
import { failureHeaders } from '../connect/error.ts';
import type { Exchange } from '../exchange.ts';
import type { Refusal } from '../refusals.ts';
import { withoutCoding } from './body.ts';
import { UnreadableRequest } from './failure.ts';
import type { LazyRestApi, RestAnswer, RestApi, RestCalls, RestHead, RestRequest, RestRoute } from './rest-api.ts';

const REFUSAL = 'too many calls without an API key in their headers: send it as x-api-key, or wait';
/** Bounds on concurrent calls before authentication, in total and from one address, since each may have a body of 64 KiB. */
const BOUNDS: readonly UnauthenticatedBound[] = [
  { idOf: () => '', most: 256, refusal: REFUSAL },
  { idOf: networkOf, most: 32, refusal: REFUSAL },
];

/** Both return undefined if no API has the path, and reject if code cannot be loaded. */
export interface ServeRest {
  /** Serves a request. */
  readonly serve: (exchange: Exchange) => Promise<void> | undefined;
  /** The answer to a request that is not a call, in the form of the API. */
  readonly refusalAt: (path: string, refusal: Refusal) => Promise<RestAnswer> | undefined;
}

/** A route, and how to load its API. */
interface Route extends RestRoute, Pick<LazyRestApi, 'load'> {}

interface ServeOptions {
  readonly lifecycle: Lifecycle;
  readonly originOf: (exchange: Exchange) => string;
  readonly enter: EnterUnauthenticated;
}

/** @param originOf returns the origin at which the caller reaches this server. */
export function createServeRest(
  apis: readonly LazyRestApi[],
  lifecycle: Lifecycle,
  originOf: (exchange: Exchange) => string,
): ServeRest {
  const byPath = Map.groupBy(
    apis.flatMap(({ routes, load }): Route[] => routes.map((route) => ({ ...route, load }))),
    ({ path }) => path,
  );
  const options = { lifecycle, originOf, enter: createUnauthenticatedBounds(BOUNDS) };
  return {
    serve(exchange) {
      const routes = byPath.get(exchange.path);
      return routes && serve(exchange, routes, options);
    },
    refusalAt(path, refusal) {
      const [route] = byPath.get(path) ?? [];
      return route && refusalOf(route, refusal);
    },
  };
}

async function refusalOf({ method, path, load }: Route, { status, message }: Refusal): Promise<RestAnswer> {
  const error = new UnreadableRequest(status, message);
  const head = { method, path, query: new URLSearchParams(), origin: '', header: () => undefined };
  return (await load()).refuse({ status: statusOf(error, ''), error }, head);
}

async function serve(exchange: Exchange, routes: readonly Route[], options: ServeOptions): Promise<void> {
  const { lifecycle } = options;
  const route = routes.find(({ method }) => method === exchange.method);
  // Another method is refused in the form of the API that has the path.
  const api = await (route ?? (routes[0] as Route)).load();
  const call = lifecycle.begin(incomingOf(exchange), fail);
  exchange.onClose(() => lifecycle.end(call, Code.CANCELLED));
  const head = headOf(exchange, options.originOf(exchange));

  function fail(error: unknown): void {
    if (call.ended) return;
    const status = lifecycle.failureOf(call, error);
    lifecycle.end(call, status.code);
    const allow = route === undefined ? { allow: routes.map(({ method }) => method).join(', ') } : {};
    send(exchange, { ...failureHeaders(call, status), ...allow }, api.refuse({ status, error }, head));
  }

  try {
    if (route === undefined) throw new UnreadableRequest(405, 'the path does not take this HTTP method: see the header allow');
    const sent = route.isOpen ? admitAnybody(head, call, options) : await admitAndRead(exchange, api, head, call, options);
    if (call.ended) return;
    const request =
      sent.body.length === 0 ? sent : { ...sent, body: await withoutCoding(sent.body, head.header('content-encoding')) };
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

/** Admits a call that needs no API key and costs little. */
function admitAnybody(head: RestHead, call: Call, { enter }: ServeOptions): RestRequest {
  if (call.refusal !== undefined) throw call.refusal;
  call.release = enter(call.peer);
  return { ...head, body: Buffer.alloc(0) };
}

/** Reads the body only after authentication, unless the API key may be in it. */
async function admitAndRead(
  exchange: Exchange,
  api: RestApi,
  head: RestHead,
  call: Call,
  { lifecycle, enter }: ServeOptions,
): Promise<RestRequest> {
  if (api.apiKeyOf === undefined || apiKeyOf(call) !== undefined || call.refusal !== undefined) {
    const admitted = lifecycle.admit(call);
    if (admitted !== undefined) await admitted;
    return { ...head, body: call.ended ? Buffer.alloc(0) : await exchange.readBody() };
  }
  call.release = enter(call.peer);
  const request = { ...head, body: await exchange.readBody() };
  call.release();
  await lifecycle.admit(call, api.apiKeyOf(request));
  return request;
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

function headOf(exchange: Exchange, origin: string): RestHead {
  return {
    method: exchange.method,
    path: exchange.path,
    query: new URLSearchParams(exchange.search),
    origin,
    header: (name) => exchange.header(name),
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
