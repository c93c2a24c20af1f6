/** `otpd restore`: puts a backup where a server will look for its database. */
import { createReadStream, createWriteStream, existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { SETTINGS } from '../../config/settings.ts';
import { databaseFile } from '../../store/open.ts';
import { type BackupFacts, seizeDatabase, takeUpCopy } from '../../store/sqlite/backup.ts';
import { addStoreOptions, currentOperator, locate, locateRing, openTrail, type StoreFlags } from '../input/store-access.ts';
import { formatInstant } from '../input/time.ts';
import type { Io } from '../io.ts';
import { fileTrouble, localError } from '../output/failure.ts';
import { showProgress } from '../output/progress.ts';
import { paint, writeJson, writeLine } from '../output/text.ts';
import {
  draftOf,
  giveToFolderOwner,
  keepWal,
  LARGE_BYTES,
  refuseRedis,
  removeCompanions,
  removeDraft,
  removeWal,
  replace,
} from './backup-file.ts';
import { keyFileOf, planKey } from './backup-key.ts';
import { planRing } from './backup-ring.ts';

interface RestoreFlags extends StoreFlags {
  readonly fingerprintKeyFile?: string;
  readonly sealingKeys?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const HELP = `
Stop the server first. FILE.fingerprint-key is restored too if it exists. Otherwise the backup must
have been made with the server's present fingerprint key. The sealing keys of FILE.sealing-keys, if
it exists, are added to the server's. The replaced database is kept under another name.

Examples:
  $ otpd restore /backup/otpd-2027-01-31.db
  $ otpd restore /backup/otpd.db --data-dir /var/lib/otpd --force`;

/** The command. */
export function restoreCommand(io: Io): Command {
  return addStoreOptions(new Command('restore').description('replace the database with a backup'))
    .argument('<FILE>', 'the file that `otpd backup` wrote')
    .option('--fingerprint-key-file <file>', `the server's fingerprint key (env: ${SETTINGS.fingerprintKeyFile.env})`)
    .option('--sealing-keys <file>', `the server's sealing keys (env: ${SETTINGS.sealingKeys.env})`)
    .option('--force', 'replace an existing database')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((file: string, flags: RestoreFlags) => restore(io, file, flags));
}

async function restore(io: Io, file: string, flags: RestoreFlags): Promise<void> {
  const { dataDir, redis } = locate(io, flags);
  refuseRedis(redis);
  const database = databaseFile(dataDir);
  checkPlace(file, database, flags.force === true);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  using parts = new DisposableStack();
  const { audit } = parts.adopt(openTrail(io), (trail) => trail.close());
  const draft = draftOf(database);
  try {
    const facts = await copyBackup(io, file, draft);
    const key = planKey({
      ...facts,
      backup: file,
      keyFile: keyFileOf(io, flags.fingerprintKeyFile, dataDir),
      force: flags.force === true,
    });
    const ring = planRing(file, locateRing(io, flags.sealingKeys, dataDir));
    io.signal.throwIfAborted();
    const suffix = `.replaced-${new Date().toISOString().replaceAll(/[-:.]/g, '')}`;
    const replaced = putInPlace(draft, database, suffix, () => {
      ring.install();
      key.install(suffix);
    });
    const backupTime = facts.madeAt === undefined ? undefined : formatInstant(facts.madeAt);
    audit({ actor: currentOperator(), event: 'store.restored', backupTime });
    const { schema, apiKeys } = facts;
    if (flags.json) {
      const files = { fingerprintKeyFile: key.file, sealingKeysFile: ring.file };
      writeJson(io.stdout, { database, backupTime: backupTime ?? null, schema, apiKeys, replaced, ...files });
    } else {
      writeLine(io.stdout, `restored ${database} from ${file} (schema ${schema}, API keys: ${apiKeys})`);
      if (replaced !== null) writeLine(io.stdout, `what was there is kept as ${replaced}`);
      writeLine(io.stdout, key.told);
      if (ring.told !== undefined) writeLine(io.stdout, ring.told);
    }
    const moment = backupTime === undefined ? 'the time of the backup' : backupTime;
    writeLine(
      io.stderr,
      `${paint(io, io.stderr, 'yellow', 'warning:')} this is the state of ${moment}: codes that were accepted since pass again while they are valid, wrong codes since are not counted, and API keys that were revoked or rotated since work as they did: revoke them again`,
    );
  } finally {
    removeDraft(draft);
  }
}

function checkPlace(file: string, database: string, force: boolean): void {
  if (!existsSync(file)) throw localError(`there is no ${file}`);
  if (existsSync(`${file}-wal`))
    throw localError(`${file} is a database with a ${file}-wal, not a backup: make one with \`otpd backup\``);
  if (!existsSync(database)) return;
  if (realpathSync(file) === realpathSync(database)) throw localError(`${file} is the database itself`);
  if (!force) throw localError(`${database} exists already: --force replaces it, and keeps it under another name`);
}

/** Copies the backup to `draft`, and checks the copy, which is the file that will be used. */
async function copyBackup(io: Io, file: string, draft: string): Promise<BackupFacts> {
  const { size } = statSync(file);
  using progress = showProgress(io, size > LARGE_BYTES);
  let copied = 0;
  const source = createReadStream(file).on('data', ({ length }) => {
    copied += length;
    progress.show('copying', copied / size);
  });
  const options = { signal: io.signal };
  await pipeline(source, createWriteStream(draft, { mode: 0o600, flags: 'wx', flush: true }), options).catch((error: unknown) => {
    io.signal.throwIfAborted();
    throw localError(`${file} cannot be copied to ${draft}: ${fileTrouble(error)}`);
  });
  giveToFolderOwner(draft);
  progress.show('checking');
  return await takeUpCopy(draft, file);
}

/** Replaces the database. Returns the new name of the old one, if there was one. Throws if another process uses it. */
function putInPlace(draft: string, database: string, suffix: string, installKey: () => void): string | null {
  const kept = database + suffix;
  const isThere = existsSync(database);
  // SQLite may remove the -wal of a damaged database, whose data could still be saved.
  keepWal(database, kept);
  const seized = isThere ? seizeDatabase(database) : undefined;
  if (seized !== 'damaged') removeWal(kept);
  if (seized === 'in use')
    throw localError(`${database} is in use: stop the server, and every other otpd on this folder, and try again`);
  using _ = seized === 'damaged' ? undefined : seized;
  installKey();
  // SQLite would apply a -wal beside the database to the new database.
  removeCompanions(database);
  replace(draft, database, kept);
  return isThere ? kept : null;
}
