/** The gRPC server: grpc-js behind our listener, over the lifecycle of all doors. It listens, and stops in order. */
import { setTimeout as sleep } from 'node:timers/promises';
import { status as codes, logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import type { ConnectionAge } from '../listener/connection-age.ts';
import { createListener, type ListenerOptions } from '../listener/listener.ts';
import { Rejection } from '../ports/rejection.ts';
import { MAX_REQUEST_BYTES } from '../rpc/bounds.ts';
import type { Call } from '../rpc/call.ts';
import type { Lifecycle } from '../rpc/lifecycle.ts';
import type { Method } from '../rpc/method.ts';
import { createAdmission } from './admission.ts';
import { ageConnections } from './connection-age.ts';
import { applyFastPath } from './fast-path/apply.ts';
import { pace } from './flow-control.ts';
import { bridge } from './handlers.ts';
import { createHealth } from './health.ts';
import { closeLeftOpenStreams } from './left-open-streams.ts';
import { createObserve } from './observe.ts';
import { takeOnlyCalls, watchRequests } from './only-calls.ts';
import { addReflection } from './reflection.ts';
import { checkBounds } from './self-test.ts';

/** The bounds on a caller, which grpc-js does not have by default. */
const LIMITS = {
  'grpc.max_concurrent_streams': 100,
  'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
  // The largest answer, an SVG of the longest URI at level H, is about 280,000 bytes.
  'grpc.max_send_message_length': 393_216,
  'grpc.max_connection_idle_ms': 300_000,
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // In MB. By default grpc-js lifts Node's own bound of 10.
  'grpc-node.max_session_memory': 10,
  // Channelz data is not used, and costs 2 microseconds per call.
  'grpc.enable_channelz': 0,
} as const;

export interface GrpcOptions extends Pick<ListenerOptions, 'tls' | 'bounds' | 'held' | 'onRefused' | 'onTlsProblem'> {
  readonly methods: readonly Method[];
  readonly lifecycle: Lifecycle;
  readonly age: ConnectionAge;
  readonly reflection: boolean;
  /** Whether unary calls may bypass the call object of grpc-js (fast-path/README.md). */
  readonly fastPath: boolean;
  /** Called at the start with whether they do, and if not, why. */
  readonly onFastPath: (whyNot: string | undefined) => void;
  /** The addresses of trusted proxies, which stand for many callers. */
  readonly isProxy?: ((address: string) => boolean) | undefined;
}

export interface GrpcServer {
  /** Starts to listen, with port 0 on any free port; resolves to the port. Rejects if a bound on strangers cannot be installed. */
  readonly listen: (host: string, port: number) => Promise<number>;
  /** Reports the end of each call. Closes connections of callers that never send a valid API key. */
  readonly judge: (call: Call, code: codes) => void;
  /** The number of connections. */
  readonly connections: () => number;
  /** The number of calls without a valid API key since the start. */
  readonly strangeCalls: () => number;
  /** The number of connections that have ended since the start without ever sending a valid API key. */
  readonly strangersGone: () => number;
  /** Sets whether calls can be served, for readiness; the process itself stays SERVING until it stops. */
  readonly setServing: (serving: boolean) => void;
  /** Sets NOT_SERVING, ends the streams, waits for the calls in flight for `graceMs` at most, then cuts them off. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** Makes the server without listening. Throws for TLS files that cannot be used. */
export function createGrpcServer(options: GrpcOptions): GrpcServer {
  const { methods, lifecycle, age, reflection, fastPath, onFastPath, isProxy, ...listening } = options;
  // grpc-js prints metadata that it cannot read on standard error, including its value, which may be an API key.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({ ...LIMITS, interceptors: [createObserve(lifecycle), createAdmission(lifecycle), pace] });
  const { definition, implementation } = bridge(methods, lifecycle);
  server.addService(definition, implementation);
  const services = [...new Set(methods.map(({ descriptor }) => descriptor.parent.typeName))];
  const names = ['', ...services];
  const health = createHealth(names);
  health.addTo(server);
  if (reflection) addReflection(server);
  // The listener decrypts TLS, so grpc-js gets plaintext.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = createListener(
    { ...listening, protocols: ['h2'], onConnection: (socket) => injector.injectConnection(socket) },
    isProxy,
  );
  let stopAging: (() => void) | undefined;

  return {
    async listen(host, port) {
      closeLeftOpenStreams();
      watchRequests();
      const whyNot = fastPath ? applyFastPath(server, lifecycle, methods, implementation) : 'it is switched off';
      await checkBounds(injector);
      const bound = await listener.listen(host, port);
      takeOnlyCalls(bound);
      stopAging = ageConnections(bound, age, (connection) =>
        lifecycle.endStreams(new Rejection('connection_age_exceeded'), connection),
      );
      onFastPath(whyNot);
      return bound;
    },
    judge({ connection, method, keyId, reason }, code) {
      // A failed look-up says nothing about the caller's API key.
      if (code === codes.UNAVAILABLE) return;

      // A call that needs no API key says nothing either, unless it exceeded the bounds of such calls.
      if (method !== undefined || reason !== undefined) listener.judge(connection, keyId !== undefined);
    },
    connections: listener.open,
    strangeCalls: listener.strange,
    strangersGone: listener.strangersGone,
    setServing: (serving) => {
      for (const name of services) health.set(name, serving);
    },
    close: async (graceMs) => {
      for (const name of names) health.set(name, false);
      listener.close();
      stopAging?.();
      // Without channelz, forceShutdown of grpc-js knows no connections: only drain cuts off the remaining ones, and only if it is called first.
      injector.drain(graceMs);
      // Its callback says nothing: it counts a connection as closed once the connection was asked to close, even with calls in flight.
      server.tryShutdown(() => undefined);
      lifecycle.endStreams(new Rejection('shutting_down'));
      const cutOff = performance.now() + graceMs;
      while (listener.open() > 0 && performance.now() < cutOff) await sleep(10);
      server.forceShutdown();
    },
  };
}
