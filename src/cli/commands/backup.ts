/** `otpd backup`: copies the database of a server into one file, while it runs. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { Command } from 'commander';
import { SETTINGS } from '../../config/settings.ts';
import { databaseFile } from '../../store/open.ts';
import { copyDatabase } from '../../store/sqlite/backup.ts';
import { addStoreOptions, locate, type StoreFlags } from '../input/store-access.ts';
import { formatInstant } from '../input/time.ts';
import type { Io } from '../io.ts';
import { localError } from '../output/failure.ts';
import { showProgress } from '../output/progress.ts';
import { writeJson, writeLine } from '../output/text.ts';
import { databaseFiles, draftOf, LARGE_BYTES, refuseRedis, removeDraft, replace, writePrivate } from './backup-file.ts';
import { besideBackup, keyFileOf, readServerKey } from './backup-key.ts';

interface BackupFlags extends StoreFlags {
  readonly includeFingerprintKey?: boolean;
  readonly fingerprintKeyFile?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const HELP = `
The copy is of one moment, is checked before it takes its name, and is readable by its owner alone.
It holds API keys as digests and the state of codes under the fingerprint key; no secret of a user.
With Redis the state is in Redis: back that up by its own means.

Examples:
  $ otpd backup /backup/otpd-$(date +%F).db
  $ otpd backup /backup/otpd.db --include-fingerprint-key --force`;

/** The command. */
export function backupCommand(io: Io): Command {
  return addStoreOptions(new Command('backup').description('copy the database of a running server into one file'))
    .argument('<FILE>', 'the file to write')
    .option('--include-fingerprint-key', 'write the fingerprint key too, to FILE.fingerprint-key')
    .option('--fingerprint-key-file <file>', `the server's fingerprint key (env: ${SETTINGS.fingerprintKeyFile.env})`)
    .option('--force', 'replace a backup that is there')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((file: string, flags: BackupFlags) => backUp(io, file, flags));
}

async function backUp(io: Io, file: string, flags: BackupFlags): Promise<void> {
  const { dataDir, redis } = locate(io, flags);
  refuseRedis(redis);
  const database = databaseFile(dataDir);
  if (!existsSync(database)) throw localError(`there is no ${database}: set --data-dir/${SETTINGS.dataDir.env} to the server's`);
  const withKey = flags.includeFingerprintKey === true;
  const keyFile = keyFileOf(io, flags.fingerprintKeyFile, dataDir);
  for (const path of [file, ...(withKey ? [besideBackup(file)] : [])]) checkTarget(path, flags.force === true);
  if (isOneOf(file, [...databaseFiles(database), keyFile]))
    throw localError(`${file} is a file of the server itself: choose another name`);
  const now = Date.now();
  const drafts = [draftOf(file), draftOf(besideBackup(file))] as const;
  try {
    writePrivate(drafts[0], file, '');
    const { identity, ...facts } = await copy(io, database, drafts[0], now);
    const hasKey = withKey && identity !== undefined;
    if (hasKey) writePrivate(drafts[1], besideBackup(file), readServerKey(keyFile, identity));
    io.signal.throwIfAborted();
    if (hasKey) replace(drafts[1], besideBackup(file));
    replace(drafts[0], file);
    const bytes = statSync(file).size;
    const included = hasKey ? besideBackup(file) : null;
    if (flags.json) {
      const { schema, apiKeys } = facts;
      writeJson(io.stdout, { file, bytes, backupTime: formatInstant(now), schema, apiKeys, fingerprintKeyFile: included });
    } else {
      const what = `schema ${facts.schema}, API keys: ${facts.apiKeys}, ${bytes} bytes`;
      writeLine(io.stdout, `backed up ${database} to ${file} (${what})`);
      writeLine(io.stdout, tellOfKey(identity, included, keyFile));
    }
  } finally {
    drafts.forEach(removeDraft);
  }
}

function checkTarget(path: string, force: boolean): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (found.isDirectory()) throw localError(`${path} is a folder: name a file in it`);
  if (!force) throw localError(`${path} exists already: choose another name, or --force to replace it`);
}

function isOneOf(file: string, others: readonly string[]): boolean {
  return existsSync(file) && others.some((other) => existsSync(other) && realpathSync(other) === realpathSync(file));
}

async function copy(io: Io, database: string, draft: string, now: number): ReturnType<typeof copyDatabase> {
  using progress = showProgress(io, statSync(database).size > LARGE_BYTES);
  const onProgress = (share: number) => progress.show(share < 1 ? 'copying' : 'checking', share < 1 ? share : undefined);
  return await copyDatabase(database, draft, { now, signal: io.signal, onProgress });
}

function tellOfKey(identity: string | undefined, included: string | null, keyFile: string): string {
  if (included !== null) return `with the fingerprint key in ${included}: a person who has both can tell which secrets were used`;
  if (identity === undefined) return 'without a fingerprint key: no server has made or used one yet';
  return `without the fingerprint key ${keyFile}, which a restore needs: keep a copy of it, or add --include-fingerprint-key`;
}
