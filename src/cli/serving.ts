/** What a serving process does, whether it is the only one or one of several. */
import type { App } from '../app/app.ts';
import { tuneForServing } from '../app/v8-tuning.ts';
import type { Config } from '../config/config.ts';
import { formatAddress } from '../config/listen-address.ts';
import type { Logger } from '../observability/log.ts';
import { localError } from './failure.ts';
import type { FirstKey } from './first-key.ts';
import type { Io } from './io.ts';
import { writeLine } from './output.ts';

/** The last net below the ones in src/grpc: whatever slips through all of them is logged, and ends one call at most, not the process. */
export async function containing(logger: Logger, work: () => Promise<void>): Promise<void> {
  const contain = (err: unknown): void => logger.error({ err }, 'contained');
  process.on('uncaughtException', contain);
  try {
    await work();
  } finally {
    process.off('uncaughtException', contain);
  }
}

/** Listens; resolves to the address in force. */
export async function listen(app: App, config: Config): Promise<string> {
  const address = await app.run().catch(() => {
    throw localError(
      `cannot listen on ${formatAddress(config.listen)}: it is in use, or no address of this machine; set --listen`,
    );
  });
  tuneForServing();
  return address;
}

/** Says where the server is, to a person and to the log. */
export function announce(io: Io, logger: Logger, config: Config, firstKey: FirstKey, address: string): void {
  const tls = config.tls !== undefined;
  writeLine(io.stdout, `otpd listens on ${address}${tls ? ' (TLS)' : ''}; data in ${config.dataDir}`);
  for (const line of firstKey.introduce(address, tls)) writeLine(io.stdout, line);
  const workers = config.workers === 1 ? {} : { workers: config.workers };
  logger.info({ address, tls, reflection: config.reflection, ...workers }, 'listening');
}

/** Resolves once `signal` is aborted. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
