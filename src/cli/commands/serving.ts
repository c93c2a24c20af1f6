/** The start of a server: its first API key, a warning about files that others can read, and its addresses. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { App } from '../../app/app.ts';
import { fingerprintKeyFile } from '../../app/fingerprint-key.ts';
import { CannotListenError } from '../../app/listening.ts';
import { ringFile } from '../../app/ring-file.ts';
import { tuneForServing } from '../../app/v8-tuning.ts';
import { VERSION } from '../../app/version.ts';
import type { Config } from '../../config/config.ts';
import { type Addresses, formatAddress, reachableAt } from '../../config/listen-address.ts';
import { createLog, type Log, type Logger } from '../../observability/log.ts';
import { databaseFile } from '../../store/open.ts';
import type { Io } from '../io.ts';
import { localError } from '../output/failure.ts';
import { shellWord, writeLine } from '../output/text.ts';
import { ensureFirstKey, type FirstKey, firstKeyFile } from './first-key.ts';

/** The bits of a mode for the group and others, and the bits for others alone. */
const NOT_OWNERS = 0o077;
const STRANGERS = 0o007;

/** The log of this process: text if standard error is a terminal, unless the settings say otherwise. */
export function openLog({ stderr }: Io, { logLevel, logFormat }: Config, worker?: number): Log {
  return createLog(logLevel, undefined, worker, logFormat ?? (stderr.isTTY ? 'text' : 'json'));
}

/**
 * Makes the first API key if there is none, and warns of files that others on this machine can read. Call this once the server listens: otherwise a
 * failed start would leave a key that nobody has seen.
 */
export async function prepareFirstStart(
  io: Io,
  logger: Logger,
  config: Config,
  { store, plans }: Pick<App, 'store' | 'plans'>,
): Promise<FirstKey> {
  const { dataDir } = config;
  const firstKey = await ensureFirstKey(store.keys, {
    plans: plans(),
    dataDir,
    isTerminal: io.stdout.isTTY === true,
    now: Date.now(),
  });
  warnOfReaders(logger, privatePaths(config));
  return firstKey;
}

function privatePaths({ dataDir, fingerprintKeyFile: given, sealingKeysFile, tls, redis }: Config): string[] {
  const database = redis === undefined ? [databaseFile(dataDir), `${databaseFile(dataDir)}-wal`] : [];
  const keys = [
    given ?? fingerprintKeyFile(dataDir),
    sealingKeysFile ?? ringFile(dataDir),
    firstKeyFile(dataDir),
    ...(tls === undefined ? [] : [tls.key]),
  ];
  return [dataDir, ...database, ...keys];
}

/** Warns once of all files that others can read or write, with the command that changes that. Missing files are skipped; Windows has no such modes. */
function warnOfReaders(logger: Logger, paths: readonly string[]): void {
  if (process.platform === 'win32') return;
  const open = paths.filter(canOthersUse);
  if (open.length === 0) return;
  const words = open.map((path) => shellWord(resolve(path))).join(' ');
  logger.warn(`other users of this machine can read what only otpd should: run \`chmod go-rwx ${words}\``);
}

/**
 * A file of another owner is accepted if its group bits give access, directly or through an access list, as for secrets of Kubernetes and credentials
 * of systemd.
 */
function canOthersUse(path: string): boolean {
  try {
    const { mode, uid } = statSync(path);
    return (mode & (uid === process.getuid?.() ? NOT_OWNERS : STRANGERS)) !== 0;
  } catch {
    return false;
  }
}

/** Listens; resolves to the addresses. */
export async function listen(app: App): Promise<Addresses> {
  const addresses = await app.run().catch(tellWhere);
  tuneForServing();
  return addresses;
}

/** Warns of a default address that is not available, and says how to choose another. */
export function tellWhere(error: unknown): never {
  if (!(error instanceof CannotListenError)) throw error;
  throw localError(`cannot listen on ${error.address}: it is in use, or no address of this machine; set ${error.flag}`);
}

function greet({ tls, insecure, dataDir }: Config, address: string): string {
  const security =
    tls !== undefined ? 'TLS' : insecure ? 'no TLS, so that API keys travel in the clear' : 'no TLS, for this machine only';
  return `otpd ${VERSION} is ready on ${address} (${security}); data in ${dataDir}`;
}

/** Shows the addresses of the server to a person, and logs them. */
export function announce(
  io: Io,
  logger: Logger,
  config: Config,
  firstKey: FirstKey,
  { grpc: address, http, ops }: Addresses,
): void {
  const tls = config.tls !== undefined;
  const scheme = tls ? 'https' : 'http';
  const door = http === undefined ? undefined : { origin: `${scheme}://${reachableAt(http)}`, hasPage: config.page };
  // Programs read the first line if no person does.
  const greeting = io.stdout.isTTY
    ? greet(config, address)
    : `otpd listens on ${address}${tls ? ' (TLS)' : ''}; data in ${config.dataDir}`;
  writeLine(io.stdout, greeting);
  if (http !== undefined) writeLine(io.stdout, `HTTP is served at ${scheme}://${http}`);
  for (const line of firstKey.introduce({ address, tls, http: door })) writeLine(io.stdout, line);
  if (ops !== undefined) writeLine(io.stdout, `Metrics and probes are served at http://${ops}`);
  const workers = config.workers === 1 ? {} : { workers: config.workers };
  if (config.http !== undefined && http === undefined)
    logger.warn(
      { address: formatAddress(config.http) },
      'HTTP is not served, since its default address is in use: choose another with --http-listen, or turn HTTP off with --http-listen off',
    );
  if (config.ops !== undefined && ops === undefined)
    logger.warn(
      { address: formatAddress(config.ops) },
      'metrics and probes are not served, since their default address is in use: choose another with --ops-listen, or turn them off with --ops-listen off',
    );
  logger.info({ address, http, ops, tls, reflection: config.reflection, ...workers }, 'listening');
}
