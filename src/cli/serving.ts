/** Common work of every serving process, be it the only one or one of several. */
import type { App } from '../app/app.ts';
import { CannotListenError } from '../app/doors.ts';
import { fingerprintKeyFile } from '../app/fingerprint-key.ts';
import { tuneForServing } from '../app/v8-tuning.ts';
import type { Config } from '../config/config.ts';
import { type Addresses, formatAddress } from '../config/listen-address.ts';
import type { Logger } from '../observability/log.ts';
import { databaseFile } from '../store/open.ts';
import { localError } from './failure.ts';
import { ensureFirstKey, type FirstKey, firstKeyFile } from './first-key.ts';
import type { Io } from './io.ts';
import { writeLine } from './output.ts';
import { warnOfReaders } from './readers.ts';

/** How long an orderly stop may take beyond the grace for calls, in ms, before a process that has had a fault ends at once. */
const STOPPING_MS = 5000;
/** The exit code after a fault: a supervisor, or the primary of a worker, starts another process. */
const FAULT_EXIT_CODE = 1;

/**
 * Runs `work`, which is to stop in order as soon as its signal is aborted. The signal is aborted at a fault that no handler has caught:
 * the state of the process is then in doubt, so it may answer the calls in flight and has to end. Resolves to whether there was a fault, which is
 * then in the log and sets the exit code; rejects as `work` does if there was none.
 */
export async function untilFault(
  io: Io,
  logger: Logger,
  { shutdownGraceMs }: Config,
  work: (fault: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const fault = new AbortController();
  const onFault = (origin: string) => (err: unknown) => {
    logger.fatal({ err, origin }, 'a fault of otpd: this process answers the calls in flight and ends');
    if (fault.signal.aborted) return;
    io.setExitCode(FAULT_EXIT_CODE);
    setTimeout(() => process.exit(FAULT_EXIT_CODE), shutdownGraceMs + STOPPING_MS).unref();
    fault.abort();
  };
  const onException = onFault('uncaughtException');
  const onRejection = onFault('unhandledRejection');
  process.on('uncaughtException', onException);
  process.on('unhandledRejection', onRejection);
  try {
    await work(fault.signal);
  } catch (error) {
    if (!fault.signal.aborted) throw error;
    logger.fatal({ err: error }, 'not stopped in order');
  } finally {
    // Another fault may follow, and Node itself would print it with its message.
    if (!fault.signal.aborted) {
      process.off('uncaughtException', onException);
      process.off('unhandledRejection', onRejection);
    }
  }
  return fault.signal.aborted;
}

/** Makes the first API key if there is none, and warns of what others on this machine can read. */
export async function prepareFirstStart(io: Io, logger: Logger, config: Config, { store, plans }: App): Promise<FirstKey> {
  const { dataDir } = config;
  const firstKey = await ensureFirstKey(store.keys, {
    plans,
    dataDir,
    isTerminal: io.stdout.isTTY === true,
    now: Date.now(),
  });
  warnOfReaders(logger, privatePaths(config));
  return firstKey;
}

function privatePaths({ dataDir, fingerprintKeyFile: given, tls, redis }: Config): string[] {
  const database = redis === undefined ? [databaseFile(dataDir), `${databaseFile(dataDir)}-wal`] : [];
  const keys = [given ?? fingerprintKeyFile(dataDir), firstKeyFile(dataDir), ...(tls === undefined ? [] : [tls.key])];
  return [dataDir, ...database, ...keys];
}

/** Listens; resolves to the addresses in force. */
export async function listen(app: App): Promise<Addresses> {
  const addresses = await app.run().catch((error: unknown) => {
    if (!(error instanceof CannotListenError)) throw error;
    throw localError(`cannot listen on ${error.address}: it is in use, or no address of this machine; set ${error.flag}`);
  });
  tuneForServing();
  return addresses;
}

/** Says where the server is, to a person and to the log. */
export function announce(io: Io, logger: Logger, config: Config, firstKey: FirstKey, { grpc: address, http }: Addresses): void {
  const tls = config.tls !== undefined;
  writeLine(io.stdout, `otpd listens on ${address}${tls ? ' (TLS)' : ''}; data in ${config.dataDir}`);
  if (http !== undefined) writeLine(io.stdout, `HTTP is served at ${tls ? 'https' : 'http'}://${http}`);
  for (const line of firstKey.introduce(address, tls)) writeLine(io.stdout, line);
  const workers = config.workers === 1 ? {} : { workers: config.workers };
  if (config.http !== undefined && http === undefined)
    logger.warn(
      { address: formatAddress(config.http) },
      'HTTP is not served, since its default address is in use: choose another with --http-listen, or turn HTTP off with --http-listen off',
    );
  logger.info({ address, http, tls, reflection: config.reflection, ...workers }, 'listening');
}

/** Resolves once `signal` is aborted. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
