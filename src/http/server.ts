/** The HTTP door: Connect, gRPC-Web, the REST APIs and documents on one port, over the lifecycle of all doors. */

import { Code } from '../../gen/ts/google/rpc/code_pb.ts';
import type { ConnectionAge } from '../listener/connection-age.ts';
import { createListener, type ListenerOptions } from '../listener/listener.ts';
import { Rejection } from '../ports/rejection.ts';
import type { Call } from '../rpc/call.ts';
import type { Lifecycle } from '../rpc/lifecycle.ts';
import type { Method } from '../rpc/method.ts';
import { createServeConnect } from './connect/serve.ts';
import { createConnections } from './connections.ts';
import { createCors } from './cors.ts';
import { type Exchange, splitTarget } from './exchange.ts';
import { type Files, sendFile } from './files.ts';
import { originOf } from './origin.ts';
import { connectAnswer, type RefusalName, rawAnswer, refusalNamed, refuse } from './refusals.ts';
import type { LazyRestApi } from './rest/rest-api.ts';
import { createServeRest } from './rest/serve.ts';

export interface HttpOptions extends Pick<ListenerOptions, 'tls' | 'bounds' | 'held' | 'onRefused' | 'onTlsProblem'> {
  readonly methods: readonly Method[];
  readonly lifecycle: Lifecycle;
  readonly age: ConnectionAge;
  readonly restApis: readonly LazyRestApi[];
  /** The documents; undefined for none. */
  readonly files?: Files | undefined;
  /** The origins whose pages may call: `https://app.example.com`, or `*` for any. */
  readonly corsOrigins: readonly string[];
  /** The addresses of trusted proxies, which stand for many callers. */
  readonly isProxy?: ((address: string) => boolean) | undefined;
  /** Called with an error that belongs to no call. */
  readonly onFault: (error: unknown) => void;
}

export interface HttpServer {
  /** Starts to listen, with port 0 on any free port; resolves to the port. Rejects with the error of the system. */
  readonly listen: (host: string, port: number) => Promise<number>;
  /** Reports the end of each call. Closes connections of callers that never send a valid API key. */
  readonly judge: (call: Call, code: Code) => void;
  /** The number of connections. */
  readonly connections: () => number;
  /** The number of calls without a valid API key since the start. */
  readonly strangeCalls: () => number;
  /** The number of connections that have ended since the start without ever sending a valid API key. */
  readonly strangersGone: () => number;
  /** Accepts no more connections, waits for the calls in flight for `graceMs` at most, then cuts them off. The lifecycle ends the streams. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** Makes the server without listening. Throws for TLS files that cannot be used. */
export function createHttpServer(options: HttpOptions): HttpServer {
  const { methods, lifecycle, age, restApis, files, corsOrigins, isProxy, onFault, ...listening } = options;
  const cors = createCors(corsOrigins);
  const serveConnect = createServeConnect(methods, lifecycle);
  const origin = { isTls: listening.tls !== undefined, isProxy: isProxy ?? (() => false) };
  const rest = createServeRest(restApis, lifecycle, (exchange) => originOf(exchange, origin));

  async function serveFile(exchange: Exchange): Promise<void> {
    const isRead = exchange.method === 'GET' || exchange.method === 'HEAD';
    const file = isRead ? await files?.(exchange.path) : undefined;
    if (file === undefined) refuse(exchange, 'path');
    else await sendFile(exchange, file);
  }

  async function serve(exchange: Exchange): Promise<void> {
    const left = cors.handle(exchange);
    if (left === 'refuse') await refuseAtPath(exchange, 'origin');
    else if (left === 'serve') await (serveConnect(exchange) ?? rest.serve(exchange) ?? serveFile(exchange));
  }

  async function refuseAtPath(exchange: Exchange, name: RefusalName): Promise<void> {
    const answer = await rest.refusalAt(exchange.path, refusalNamed(name));
    if (answer === undefined) return refuse(exchange, name);
    exchange.isRefused = true;
    exchange.send(answer.status, answer.headers, answer.body);
  }

  async function refuseRaw(name: RefusalName, target: string): Promise<string> {
    const refusal = refusalNamed(name);
    return rawAnswer((await rest.refusalAt(splitTarget(target).path, refusal)) ?? connectAnswer(refusal));
  }

  async function receive(exchange: Exchange, refusal: RefusalName | undefined): Promise<void> {
    try {
      if (refusal === undefined) await serve(exchange);
      else await refuseAtPath(exchange, refusal);
    } catch (error) {
      onFault(error);
      await refuseAtPath(exchange, 'internal').catch(() => refuse(exchange, 'internal'));
    }
    // The lifecycle reports only calls.
    if (exchange.isRefused) listener.judge(exchange.peer, false);
  }

  const connections = createConnections((exchange, refusal) => void receive(exchange, refusal), refuseRaw, {
    ...age,
    endStreams: (connection) => lifecycle.endStreams(new Rejection('connection_age_exceeded'), connection),
  });
  const listener = createListener({ ...listening, protocols: ['h2', 'http/1.1'], onConnection: connections.take }, isProxy);
  return {
    listen: listener.listen,
    judge({ connection, keyId }, code) {
      // A failed look-up says nothing about the caller's API key.
      if (code !== Code.UNAVAILABLE) listener.judge(connection, keyId !== undefined);
    },
    connections: listener.open,
    strangeCalls: listener.strange,
    strangersGone: listener.strangersGone,
    close(graceMs) {
      listener.close();
      return connections.close(graceMs);
    },
  };
}
