/** The doors of the service, which share one lifecycle of calls. */
import type { Config } from '../config/config.ts';
import { type Addresses, formatAddress } from '../config/listen-address.ts';
import { SETTINGS } from '../config/settings.ts';
import { createGrpcServer, type GrpcServer } from '../grpc/server.ts';
import type { HttpServer } from '../http/server.ts';
import { createHeldConnections } from '../listener/listener.ts';
import { TlsFilesError } from '../listener/tls.ts';
import { logCall } from '../observability/call-log.ts';
import type { Log } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { createRecentOutcomes } from '../observability/recent-outcomes.ts';
import { tellOfRefused } from '../observability/refused-connections.ts';
import type { Traces } from '../observability/traces.ts';
import { invalid } from '../otp/error.ts';
import type { Clock } from '../ports/store.ts';
import type { Admit } from '../rpc/admission.ts';
import { createCallerAddress } from '../rpc/caller-address.ts';
import { createLifecycle } from '../rpc/lifecycle.ts';
import { type AdminPorts, adminMethods } from '../service/admin/methods.ts';
import { otpMethods, type ServicePorts } from '../service/methods.ts';
import { listenAt, listenUnlessTaken } from './listening.ts';
import { guardMemory } from './memory-guard.ts';

/** The parts that the doors need. */
export interface DoorParts {
  readonly log: Log;
  readonly clock: Clock;
  readonly admit: Admit;
  readonly service: ServicePorts;
  readonly admin: Omit<AdminPorts, keyof ServicePorts | 'outcomes'>;
  /** Undefined if metrics are off. */
  readonly metrics: Metrics | undefined;
  /** Undefined if calls are not traced. */
  readonly traces: Traces | undefined;
}

export interface Doors extends Pick<GrpcServer, 'setServing'> {
  /** The number of open connections. */
  readonly openConnections: () => number;
  /** The number of open streams. */
  readonly openStreams: () => number;
  /** Listens; rejects with `CannotListenError`. */
  readonly listen: () => Promise<Omit<Addresses, 'ops'>>;
  /** Stops in order, within the grace period of the configuration. */
  readonly close: () => Promise<void>;
}

/** Makes the doors without listening. Rejects with `InvalidInputError` for TLS files that cannot be used. */
export async function openDoors(config: Config, parts: DoorParts): Promise<Doors> {
  try {
    return await openAll(config, parts);
  } catch (error) {
    if (!(error instanceof TlsFilesError)) throw error;
    const { tlsCert, tlsKey, tlsClientCa } = SETTINGS;
    throw invalid(
      tlsCert.flag,
      `cannot be used with ${tlsKey.flag} and ${tlsClientCa.flag} (${error.message}): use PEM files that this user can read, and the key of the certificate`,
    );
  }
}

async function openAll(config: Config, { log, clock, admit, service, admin, metrics, traces }: DoorParts): Promise<Doors> {
  const { logger } = log;
  const { listen, http: httpListen, tls, maxConnections, maxConnectionsPerAddress, shutdownGraceMs } = config;
  const bounds = { maxConnections, maxConnectionsPerAddress };
  const tellRefused = tellOfRefused(logger, bounds);
  const recent = createRecentOutcomes();
  const methods = [...otpMethods(service), ...adminMethods({ ...service, ...admin, outcomes: recent.lastHour })];
  const callerAddress = createCallerAddress(config.trustedProxies);
  const listening = {
    tls,
    bounds,
    age: { maxAgeMs: config.maxConnectionAgeMs, graceMs: config.maxConnectionAgeGraceMs },
    held: createHeldConnections(),
    isProxy: (address: string) => callerAddress.isTrusted(`${address}:0`),
    onRefused: (bound: keyof typeof bounds) => {
      tellRefused(bound);
      metrics?.refusedConnection(bound);
    },
  };
  const lifecycle = createLifecycle({
    methods,
    admit,
    clock,
    hooks: {
      onStep: traces?.onStep,
      onEnd(call, code) {
        (call.transport === 'grpc' ? grpc : http)?.judge(call, code);
        logCall(log, call, code);
        if (call.verdicts !== undefined) recent.note(call.verdicts, clock());
        metrics?.call(call, code);
        traces?.onEnd(call, code);
      },
    },
    callerAddress,
  });
  const grpc = createGrpcServer({
    methods,
    lifecycle,
    reflection: config.reflection,
    fastPath: config.fastPath,
    onFastPath: (whyNot) => logger.info(whyNot === undefined ? 'the fast path is on' : `the fast path is off: ${whyNot}`),
    ...listening,
    onTlsProblem: (problem) => logger.error({ problem }, 'TLS files not usable: the old ones stay in force'),
  });
  let grpcPort = listen.port;
  let http: HttpServer | undefined;
  if (httpListen !== undefined) {
    const [{ createHttpServer }, { restApis }, { createDocuments }] = await Promise.all([
      import('../http/server.ts'),
      import('../http/rest/apis.ts'),
      import('../http/documents.ts'),
    ]);
    http = createHttpServer({
      methods,
      lifecycle,
      restApis: restApis({ linkKey: service.fingerprints.keyFor('picture-links'), clock }),
      files: createDocuments({ page: config.page, grpcPort: () => grpcPort }),
      corsOrigins: config.corsOrigins,
      ...listening,
      // The gRPC server reports problems of the same files.
      onTlsProblem: () => undefined,
      onFault: (err) => logger.error({ err }, 'a request is not answered'),
    });
  }
  const servers = http === undefined ? [grpc] : [grpc, http];
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  const openConnections = (): number => sum(servers.map(({ connections }) => connections()));
  const guard = guardMemory({
    connections: openConnections,
    strangersGone: () => sum(servers.map(({ strangersGone }) => strangersGone())),
    strangeCalls: () => sum(servers.map(({ strangeCalls }) => strangeCalls())),
  });
  return {
    setServing: grpc.setServing,
    openConnections,
    openStreams: lifecycle.openStreams,
    async listen() {
      grpcPort = await listenAt(grpc, listen, SETTINGS.listen.flag);
      return {
        grpc: formatAddress({ ...listen, port: grpcPort }),
        http: http && httpListen && (await listenUnlessTaken(http, httpListen, SETTINGS.httpListen.flag)),
      };
    },
    async close() {
      guard.close();
      await Promise.all(servers.map(({ close }) => close(shutdownGraceMs)));
    },
  };
}
