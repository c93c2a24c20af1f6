/** The server that a command of administration calls, and its client; without a server the command works on the store. */
import type { Command } from 'commander';
import { type AdminClient, connectAdmin } from '../../../clients/typescript/src/index.ts';
import type { Io } from '../io.ts';
import { usageError } from '../output/failure.ts';
import { addTlsOptions, type ConnectFlags, withConnection } from './connect.ts';
import { parseSeconds } from './parsers.ts';
import type { StoreFlags } from './store-access.ts';

/** The flags of a server and its connection. */
export interface ServerFlags extends Omit<ConnectFlags, 'address' | 'timeout'> {
  readonly server?: string;
  readonly timeout?: number;
}

const DEFAULT_TIMEOUT_MS = 5000;

/** Adds the flags to a command. */
export function addServerOptions(command: Command): Command {
  return addTlsOptions(
    command
      .optionsGroup('Server, instead of the store:')
      .option(
        '--server <host:port>',
        'call this server, with the API key in OTPD_API_KEY, which needs the scope admin (env: OTPD_ADMIN_ADDRESS)',
      )
      .option('--timeout <seconds>', 'how long to wait for an answer (default: 5)', parseSeconds),
  );
}

/** The server that the flags or the environment name; undefined for the store. A flag that names the store overrides the environment. */
export function serverOf({ env }: Io, { server, dataDir, redisUrl }: ServerFlags & StoreFlags): string | undefined {
  const namesStore = dataDir !== undefined || redisUrl !== undefined;
  if (server !== undefined && namesStore)
    throw usageError('--server excludes --data-dir and --redis-url: give either the server or its store');
  return server ?? (namesStore ? undefined : env['OTPD_ADMIN_ADDRESS'] || undefined);
}

/** Runs `use` with a client for the administration of `server`. */
export function withAdminClient<T>(
  io: Io,
  { server, ...flags }: ServerFlags & { readonly server: string },
  use: (client: AdminClient) => Promise<T>,
): Promise<T> {
  const timeout = flags.timeout ?? DEFAULT_TIMEOUT_MS;
  return withConnection(io, { ...flags, timeout, address: server }, connectAdmin, use, '--server/OTPD_ADMIN_ADDRESS');
}
