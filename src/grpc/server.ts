/** The gRPC server: grpc-js behind a listener of ours, over the lifecycle of all doors; it listens, and stops in order. */
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

/** grpc-js is open by default: what one caller may take is bounded here. */
const LIMITS = {
  'grpc.max_concurrent_streams': 100,
  'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
  // The largest answer, an SVG of the longest URI at level H, is about 280,000 bytes.
  'grpc.max_send_message_length': 393_216,
  'grpc.max_connection_idle_ms': 300_000,
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // In MB. grpc-js lifts Node's own bound of 10 unless it is told otherwise.
  'grpc-node.max_session_memory': 10,
  // Bookkeeping that nobody asks for, at 2 microseconds a call.
  'grpc.enable_channelz': 0,
} as const;

export interface GrpcOptions extends Pick<ListenerOptions, 'tls' | 'bounds' | 'held' | 'onRefused' | 'onTlsProblem'> {
  readonly methods: readonly Method[];
  readonly lifecycle: Lifecycle;
  readonly age: ConnectionAge;
  readonly reflection: boolean;
  /** Whether unary calls may bypass grpc-js' call object (fast-path/README.md). */
  readonly fastPath: boolean;
  /** Told at the start whether they do, and if not, why. */
  readonly onFastPath: (whyNot: string | undefined) => void;
  /** Addresses that stand for many callers. */
  readonly isProxy?: ((address: string) => boolean) | undefined;
}

export interface GrpcServer {
  /** Starts to listen, port 0 for any; resolves to the port. Rejects if a bound on what strangers may take cannot be installed. */
  readonly listen: (host: string, port: number) => Promise<number>;
  /** To be told of the end of each call: connections of callers who never have a right key are closed. */
  readonly judge: (call: Call, code: codes) => void;
  /** How many connections there are. */
  readonly connections: () => number;
  /** How many calls without a right API key there were since the start. */
  readonly strangeCalls: () => number;
  /** Says whether calls can be served, for readiness; the process itself stays SERVING until it stops. */
  readonly setServing: (serving: boolean) => void;
  /** NOT_SERVING, ends the streams, waits for the calls in flight for `graceMs` at most, then cuts them off. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** Makes the server; nothing listens yet. Throws for TLS files that cannot be used. */
export function createGrpcServer(options: GrpcOptions): GrpcServer {
  const { methods, lifecycle, age, reflection, fastPath, onFastPath, isProxy, ...listening } = options;
  // grpc-js writes metadata that it cannot read to standard error, value and all: that may be an API key.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({ ...LIMITS, interceptors: [createObserve(lifecycle), createAdmission(lifecycle), pace] });
  const { definition, implementation } = bridge(methods, lifecycle);
  server.addService(definition, implementation);
  const services = [...new Set(methods.map(({ descriptor }) => descriptor.parent.typeName))];
  const names = ['', ...services];
  const health = createHealth(names);
  health.addTo(server);
  if (reflection) addReflection(server);
  // The listener does TLS: grpc-js gets plaintext.
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
      // A key that could not be looked up says nothing about the caller.
      if (code === codes.UNAVAILABLE) return;

      // A call that needs no key says nothing either, unless it was over the bounds of such calls.
      if (method !== undefined || reason !== undefined) listener.judge(connection, keyId !== undefined);
    },
    connections: listener.open,
    strangeCalls: listener.strange,
    setServing: (serving) => {
      for (const name of services) health.set(name, serving);
    },
    close: async (graceMs) => {
      for (const name of names) health.set(name, false);
      listener.close();
      stopAging?.();
      // Without channelz grpc-js' forceShutdown knows of no connection: only drain cuts off the ones that are left, and only if it goes first.
      injector.drain(graceMs);
      const drained = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      lifecycle.endStreams(new Rejection('shutting_down'));
      const cutOff = new AbortController();
      const grace = sleep(graceMs, undefined, { signal: cutOff.signal }).then(() => server.forceShutdown());
      await Promise.race([drained, grace]);
      cutOff.abort();
      await grace.catch(() => undefined);
    },
  };
}
