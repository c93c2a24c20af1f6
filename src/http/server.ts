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
import type { Exchange } from './exchange.ts';
import type { Files } from './files.ts';
import { originOf } from './origin.ts';
import { type RefusalName, refuse } from './refusals.ts';
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
  /** Addresses that stand for many callers. */
  readonly isProxy?: ((address: string) => boolean) | undefined;
  /** Told of an error that is no call's. */
  readonly onFault: (error: unknown) => void;
}

export interface HttpServer {
  /** Starts to listen, port 0 for any; resolves to the port. Rejects with the error of the system. */
  readonly listen: (host: string, port: number) => Promise<number>;
  /** To be told of the end of each call: connections of callers who never have a right key are closed. */
  readonly judge: (call: Call, code: Code) => void;
  /** How many connections there are. */
  readonly connections: () => number;
  /** How many calls without a right API key there were since the start. */
  readonly strangeCalls: () => number;
  /** Takes no more connections, waits for the calls in flight for `graceMs` at most, then cuts them off. Streams are ended by the lifecycle. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** Makes the server; nothing listens yet. Throws for TLS files that cannot be used. */
export function createHttpServer(options: HttpOptions): HttpServer {
  const { methods, lifecycle, age, restApis, files, corsOrigins, isProxy, onFault, ...listening } = options;
  const cors = createCors(corsOrigins);
  const serveConnect = createServeConnect(methods, lifecycle);
  const origin = { isTls: listening.tls !== undefined, isProxy: isProxy ?? (() => false) };
  const serveRest = createServeRest(restApis, lifecycle, (exchange) => originOf(exchange, origin));

  async function serveFile(exchange: Exchange): Promise<void> {
    const isRead = exchange.method === 'GET' || exchange.method === 'HEAD';
    const file = isRead ? await files?.(exchange.path) : undefined;
    if (file === undefined) refuse(exchange, 'path');
    else exchange.send(file.status, file.headers, file.body);
  }

  async function serve(exchange: Exchange): Promise<void> {
    if (!cors.handle(exchange)) await (serveConnect(exchange) ?? serveRest(exchange) ?? serveFile(exchange));
  }

  async function receive(exchange: Exchange, refusal: RefusalName | undefined): Promise<void> {
    try {
      if (refusal === undefined) await serve(exchange);
      else refuse(exchange, refusal);
    } catch (error) {
      onFault(error);
      refuse(exchange, 'internal');
    }
    // The lifecycle judges only calls.
    if (exchange.isRefused) listener.judge(exchange.peer, false);
  }

  const connections = createConnections((exchange, refusal) => void receive(exchange, refusal), {
    ...age,
    endStreams: (connection) => lifecycle.endStreams(new Rejection('connection_age_exceeded'), connection),
  });
  const listener = createListener({ ...listening, protocols: ['h2', 'http/1.1'], onConnection: connections.take }, isProxy);
  return {
    listen: listener.listen,
    judge({ connection, keyId }, code) {
      // A key that could not be looked up says nothing about the caller.
      if (code !== Code.UNAVAILABLE) listener.judge(connection, keyId !== undefined);
    },
    connections: listener.open,
    strangeCalls: listener.strange,
    close(graceMs) {
      listener.close();
      return connections.close(graceMs);
    },
  };
}
