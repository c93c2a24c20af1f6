/** The doors of the service, over one lifecycle: which addresses listen, and what each is told. Today the only door is gRPC. */
import type { Config } from '../config/config.ts';
import { SETTINGS } from '../config/settings.ts';
import { createGrpcServer, type GrpcServer } from '../grpc/server.ts';
import { TlsFilesError } from '../listener/tls.ts';
import { logCall } from '../observability/call-log.ts';
import type { Log } from '../observability/log.ts';
import { tellOfRefused } from '../observability/refused-connections.ts';
import { invalid } from '../otp/error.ts';
import type { Clock } from '../ports/store.ts';
import type { Admit } from '../rpc/admission.ts';
import { createCallerAddress } from '../rpc/caller-address.ts';
import { createLifecycle } from '../rpc/lifecycle.ts';
import { otpMethods } from '../service/methods.ts';
import type { VerifyPorts } from '../service/verify.ts';
import { guardMemory } from './memory-guard.ts';

/** The parts of the doors. */
export interface DoorParts {
  readonly log: Log;
  readonly clock: Clock;
  readonly admit: Admit;
  readonly verify: VerifyPorts;
}

export interface Doors extends Pick<GrpcServer, 'setServing'> {
  /** Listens; resolves to the port in force. */
  readonly listen: () => Promise<number>;
  /** Stops in order, within the grace of the configuration. */
  readonly close: () => Promise<void>;
}

/** Makes the doors; nothing listens yet. Throws `InvalidInputError` for TLS files that cannot be used. */
export function openDoors(config: Config, parts: DoorParts): Doors {
  try {
    return openAll(config, parts);
  } catch (error) {
    if (!(error instanceof TlsFilesError)) throw error;
    const { tlsCert, tlsKey, tlsClientCa } = SETTINGS;
    throw invalid(
      tlsCert.flag,
      `cannot be used with ${tlsKey.flag} and ${tlsClientCa.flag} (${error.message}): use PEM files that this user can read, and the key of the certificate`,
    );
  }
}

function openAll(config: Config, { log, clock, admit, verify }: DoorParts): Doors {
  const { logger } = log;
  const { listen, tls, maxConnections, maxConnectionsPerAddress, shutdownGraceMs } = config;
  const bounds = { maxConnections, maxConnectionsPerAddress };
  const methods = otpMethods(verify);
  const callerAddress = createCallerAddress(config.trustedProxies);
  const lifecycle = createLifecycle({
    methods,
    admit,
    clock,
    hooks: {
      onEnd(call, code) {
        grpc.judge(call, code);
        logCall(log, call, code);
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
    tls,
    bounds,
    isProxy: (address) => callerAddress.isTrusted(`${address}:0`),
    onRefused: tellOfRefused(logger, bounds),
    onTlsProblem: (problem) => logger.error({ problem }, 'TLS files not usable: the old ones stay in force'),
  });
  const guard = guardMemory(grpc.connections, grpc.strangeCalls);
  return {
    setServing: grpc.setServing,
    listen: () => grpc.listen(listen.host, listen.port),
    close() {
      guard.close();
      return grpc.close(shutdownGraceMs);
    },
  };
}
