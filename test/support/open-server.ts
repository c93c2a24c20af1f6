/** The real servers over the real lifecycle, which admit every caller as the same principal, without an API key. */
import type { Authenticator } from '../../src/auth/authenticator.ts';
import { createGrpcServer, type GrpcOptions, type GrpcServer } from '../../src/grpc/server.ts';
import { createHttpServer, type HttpServer } from '../../src/http/server.ts';
import { createCharging } from '../../src/limits/charging.ts';
import { createLocalLimits } from '../../src/limits/local-counter.ts';
import { DEFAULT_PLANS } from '../../src/limits/plans.ts';
import { CALLER_SCOPES, type Principal } from '../../src/ports/principal.ts';
import { createAdmit } from '../../src/rpc/admission.ts';
import { createCallerAddress } from '../../src/rpc/caller-address.ts';
import { createLifecycle, type Hooks, type Lifecycle } from '../../src/rpc/lifecycle.ts';
import type { Method } from '../../src/rpc/method.ts';

const CALLER: Principal = { keyId: 'anybody', plan: 'unlimited', scopes: new Set(CALLER_SCOPES), tenant: 'default' };

export interface OpenServerOptions extends Partial<Pick<GrpcOptions, 'fastPath' | 'tls' | 'onRefused'>> {
  readonly onEnd?: Hooks['onEnd'];
}

/** Makes the gRPC server of `methods`, which does not listen yet. Everything except authentication is real. */
export function createOpenServer(methods: readonly Method[], options: OpenServerOptions = {}): GrpcServer {
  const { fastPath = true, onEnd } = options;
  return createGrpcServer({
    methods,
    lifecycle: openLifecycle(methods, onEnd),
    reflection: false,
    fastPath,
    onFastPath: () => undefined,
    ...listening(options),
  });
}

/** Makes the HTTP server of `methods`, which does not listen yet. */
export function createOpenHttpServer(methods: readonly Method[], options: OpenServerOptions = {}): HttpServer {
  const { onEnd } = options;
  const onFault = (error: unknown): void => {
    throw error;
  };
  return createHttpServer({
    methods,
    lifecycle: openLifecycle(methods, onEnd),
    restApis: [],
    corsOrigins: [],
    onFault,
    ...listening(options),
  });
}

function listening({
  tls,
  onRefused = () => undefined,
}: OpenServerOptions): Pick<GrpcOptions, 'tls' | 'bounds' | 'age' | 'onRefused' | 'onTlsProblem'> {
  return {
    tls,
    bounds: { maxConnections: 1000, maxConnectionsPerAddress: 1000 },
    age: { maxAgeMs: 1_800_000, graceMs: 10_000 },
    onRefused,
    onTlsProblem: () => undefined,
  };
}

/** Makes only the lifecycle. By default, `authenticate` admits everybody. */
export function openLifecycle(
  methods: readonly Method[],
  onEnd: Hooks['onEnd'] = () => undefined,
  authenticate: Authenticator['authenticate'] = () => CALLER,
): Lifecycle {
  const admit = createAdmit({
    authenticator: {
      authenticate,
      watch: () => () => undefined,
      knows: () => true,
      forget: () => undefined,
      flush: async () => undefined,
      close: async () => undefined,
    },
    charging: createCharging({
      limits: createLocalLimits(),
      clock: Date.now,
      onFallback: () => undefined,
      onShared: () => undefined,
    }),
    plans: () => DEFAULT_PLANS,
  });
  return createLifecycle({ methods, admit, clock: Date.now, hooks: { onEnd }, callerAddress: createCallerAddress([]) });
}
