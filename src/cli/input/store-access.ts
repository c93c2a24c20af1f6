/** Opens the store and the audit trail of the server, for commands that work on them directly. */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { readPlans } from '../../app/plans.ts';
import { ringFile } from '../../app/ring-file.ts';
import { SETTINGS, type SettingName } from '../../config/settings.ts';
import type { Plans } from '../../limits/plans.ts';
import { type AuditLog, NO_AUDIT_LOG, openAuditLog } from '../../observability/audit-file.ts';
import type { Actor, Audit } from '../../ports/audit.ts';
import type { Store } from '../../ports/store.ts';
import { databaseFile, openStore, type StoreLocation } from '../../store/open.ts';
import type { Io } from '../io.ts';
import { fileTrouble, localError } from '../output/failure.ts';
import { writeLine } from '../output/text.ts';

/** Where the store is. */
export interface StoreFlags {
  readonly dataDir?: string;
  readonly redisUrl?: string;
}

/** The parts that such a command uses. */
export interface StoreAccess {
  readonly store: Store;
  readonly location: StoreLocation;
  /** Writes to the trail that OTPD_AUDIT_LOG names, if it is set. */
  readonly audit: Audit;
  /** The user who runs the command. */
  readonly operator: Actor;
}

/** Adds the flags to a command. */
export function addStoreOptions(command: Command): Command {
  const { dataDir, redisUrl } = SETTINGS;
  return command
    .option('--data-dir <dir>', `the folder of the server's database (env: ${dataDir.env}; default: ${dataDir.fallback})`)
    .option(
      '--redis-url <url>',
      `the server's Redis instead; it may hold a password, so prefer the environment (env: ${redisUrl.env})`,
    );
}

/** Runs `use` with the store, and closes it. Makes a store only if `create` is set: otherwise a wrong folder would look like an empty store. */
export async function withStore<T>(
  io: Io,
  flags: StoreFlags & { create?: boolean },
  use: (access: StoreAccess) => Promise<T>,
): Promise<T> {
  const location = locate(io, flags);
  const file = databaseFile(location.dataDir);
  if (location.redis === undefined && !flags.create && !existsSync(file)) {
    throw localError(
      `there is no ${file}: set --data-dir/${SETTINGS.dataDir.env} to the folder of the server, or make an API key first`,
    );
  }
  await using parts = new AsyncDisposableStack();
  const { audit } = parts.adopt(openTrail(io), (trail) => trail.close());
  const store = await openStore(location, (text) => writeLine(io.stderr, `warning: ${text}`));
  parts.defer(() => store.close());
  return await use({ store, location, audit, operator: currentOperator() });
}

/** The user who runs the command; a number if the user has no name, as in a container. */
export function currentOperator(): Actor {
  try {
    return { operator: userInfo().username };
  } catch {
    return { operator: `uid ${process.getuid?.()}` };
  }
}

/** The plans in the file, or the built-in ones. */
export function loadPlans(io: Io, flag: string | undefined): Plans {
  return readPlans((flag ?? io.env[SETTINGS.plans.env]) || undefined);
}

/** The location of the store by the flags or, without them, by the environment. */
export function locate(io: Io, flags: StoreFlags): StoreLocation {
  const fromEnv = (name: SettingName) => io.env[SETTINGS[name].env] || SETTINGS[name].fallback;
  const url = flags.redisUrl ?? fromEnv('redisUrl');
  return {
    dataDir: flags.dataDir ?? fromEnv('dataDir') ?? '.',
    redis: url
      ? {
          url,
          waitReplicas: Number(fromEnv('redisWait')) || 0,
          ca: fromEnv('redisCa'),
          cert: fromEnv('redisCert'),
          key: fromEnv('redisKey'),
        }
      : undefined,
  };
}

/** The file of the server's sealing keys: as configured, or in the data folder. */
export function locateRing(io: Io, flag: string | undefined, dataDir: string): string {
  return flag ?? (io.env[SETTINGS.sealingKeys.env] || ringFile(dataDir));
}

/** Opens the audit trail that OTPD_AUDIT_LOG names; if it is not set, events are dropped. */
export function openTrail(io: Io): AuditLog {
  const file = io.env[SETTINGS.auditLog.env];
  if (!file) return NO_AUDIT_LOG;
  try {
    return openAuditLog(file, () => writeLine(io.stderr, `warning: the audit trail ${file} cannot be written`));
  } catch (error) {
    throw localError(
      `${file} cannot be written: ${fileTrouble(error)}; it should hold the audit trail (${SETTINGS.auditLog.env})`,
    );
  }
}
