/** The gRPC server: puts the parts together, listens, and stops in order. */
import { setTimeout as sleep } from 'node:timers/promises';
import { logVerbosity, Server, setLogVerbosity } from '@grpc/grpc-js';
import { OtpService } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { Rejection } from '../ports/rejection.ts';
import type { Clock } from '../ports/store.ts';
import type { Admit } from '../rpc/admit.ts';
import type { CallerAddress } from '../rpc/caller-address.ts';
import type { Method } from '../service/methods.ts';
import { MAX_REQUEST_BYTES } from './bounds.ts';
import type { CallRecord } from './call-record.ts';
import type { Credentials } from './credentials.ts';
import { bridge, pathOf } from './definition.ts';
import { serveDirectly } from './direct.ts';
import { createGuard } from './guard.ts';
import { createHealth } from './health.ts';
import { createInterceptor, createPipeline } from './interceptor.ts';
import { createObserver } from './observe.ts';
import { pace } from './pace.ts';
import { addReflection } from './reflection.ts';
import { boundConnections, keepStreamsInTables } from './sessions.ts';
import { createUnary } from './unary.ts';

/** grpc-js is open by default: what one caller may take is bounded here. */
const LIMITS = {
  'grpc.max_concurrent_streams': 100,
  'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
  // The largest answer, an SVG of the longest URI at level H, is about 280,000 bytes.
  'grpc.max_send_message_length': 393_216,
  'grpc.max_connection_idle_ms': 300_000,
  'grpc.max_connection_age_ms': 1_800_000,
  'grpc.max_connection_age_grace_ms': 10_000,
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // Bookkeeping that nobody asks for, at 2 microseconds a call.
  'grpc.enable_channelz': 0,
} as const;

export interface GrpcOptions {
  readonly methods: readonly Method[];
  readonly admit: Admit;
  readonly clock: Clock;
  readonly credentials: Credentials;
  readonly reflection: boolean;
  /** How many at a time; more are closed at once. */
  readonly maxConnections: number;
  readonly onConnectionRefused: () => void;
  /** Names the caller of a call behind proxies. */
  readonly callerAddress: CallerAddress;
  /** Told of the end of every call. */
  readonly onCall: (record: CallRecord, code: number) => void;
}

export interface GrpcServer {
  /** Starts to listen on `address` (`host:port`, port 0 for any); resolves to the port. */
  readonly listen: (address: string) => Promise<number>;
  /** Says whether calls can be served, for readiness; the process itself stays SERVING until it stops. */
  readonly setServing: (serving: boolean) => void;
  /** NOT_SERVING, ends the streams, waits for the calls in flight for `graceMs` at most, then cuts them off. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** Makes the server; nothing listens yet. */
export function createGrpcServer(options: GrpcOptions): GrpcServer {
  const { methods, admit, clock, credentials, reflection, maxConnections, onConnectionRefused, onCall, callerAddress } = options;
  const byPath = new Map(methods.map((method) => [pathOf(method.descriptor), method]));
  const observer = createObserver({ isOurs: (path) => byPath.has(path), onCall, callerAddress });
  // grpc-js writes metadata that it cannot read to standard error, value and all: that may be an API key.
  setLogVerbosity(logVerbosity.NONE);
  const stages = [observer.stage, createGuard(admit, byPath), createUnary(methods, clock)];
  const pipeline = createPipeline(observer.begin, stages);
  const server = new Server({ ...LIMITS, interceptors: [createInterceptor(pipeline), pace] });
  const { definition, implementation } = bridge(methods, clock);
  server.addService(definition, implementation);
  const unaryPaths = methods.filter(({ kind }) => kind === 'unary').map(({ descriptor }) => pathOf(descriptor));
  const names = ['', OtpService.typeName];
  const health = createHealth(names);
  let bound: string | undefined;
  health.addTo(server);
  if (reflection) addReflection(server);

  return {
    listen: (address) =>
      new Promise((resolve, reject) => {
        server.bindAsync(address, credentials.credentials, (error, port) => {
          if (error) return reject(error);
          bound = address.replace(/:\d+$/, `:${port}`);
          keepStreamsInTables(server);
          serveDirectly(server, unaryPaths, pipeline);
          boundConnections(server, maxConnections, onConnectionRefused);
          resolve(port);
        });
      }),
    setServing: (serving) => health.set(OtpService.typeName, serving),
    close: async (graceMs) => {
      for (const name of names) health.set(name, false);
      // Without channelz grpc-js' forceShutdown knows of no connection: only drain cuts off the ones that are left, and only if it goes first.
      if (bound !== undefined) server.drain(bound, graceMs);
      const drained = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      observer.endStreams(new Rejection('shutting_down'));
      const cutOff = new AbortController();
      const grace = sleep(graceMs, undefined, { signal: cutOff.signal }).then(() => server.forceShutdown());
      await Promise.race([drained, grace]);
      cutOff.abort();
      await grace.catch(() => undefined);
      credentials.close();
    },
  };
}
