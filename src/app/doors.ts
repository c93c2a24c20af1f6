/** The gRPC side of the composition: the server over the methods of the service, with the credentials that the configuration names. */
import type { Config } from '../config/config.ts';
import { type Credentials, plaintextCredentials, tlsCredentials } from '../grpc/credentials.ts';
import { logCall } from '../grpc/log.ts';
import { createGrpcServer, type GrpcServer } from '../grpc/server.ts';
import type { Log, Logger } from '../observability/log.ts';
import { tellOfRefused } from '../observability/refused-connections.ts';
import type { Clock } from '../ports/store.ts';
import type { Admit } from '../rpc/admit.ts';
import { createCallerAddress } from '../rpc/caller-address.ts';
import { otpMethods } from '../service/methods.ts';
import type { VerifyPorts } from '../service/verify.ts';

/** What it is put together from. */
export interface TransportParts {
  readonly log: Log;
  readonly clock: Clock;
  readonly admit: Admit;
  readonly verify: VerifyPorts;
}

export interface Transport extends Pick<GrpcServer, 'listen' | 'setServing'> {
  /** Stops in order, within the grace of the configuration. */
  readonly close: () => Promise<void>;
}

/** Makes the server; nothing listens yet. Throws for TLS files that cannot be used. */
export function openTransport(config: Config, { log, clock, admit, verify }: TransportParts): Transport {
  const credentials = openCredentials(config, log.logger);
  const { listen, setServing, close } = createGrpcServer({
    methods: otpMethods(verify),
    admit,
    clock,
    credentials,
    reflection: config.reflection,
    maxConnections: config.maxConnections,
    onConnectionRefused: tellOfRefused(log.logger, config.maxConnections),
    callerAddress: createCallerAddress(config.trustedProxies),
    onCall: (record, code) => logCall(log, record, code),
  });
  return { listen, setServing, close: () => close(config.shutdownGraceMs) };
}

function openCredentials({ tls }: Config, logger: Logger): Credentials {
  if (tls === undefined) return plaintextCredentials();
  return tlsCredentials(tls, (problem) => logger.error({ problem }, 'TLS files not usable: the old ones stay in force'));
}
