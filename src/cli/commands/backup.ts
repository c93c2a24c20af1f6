/** `otpd backup`: copies the database of a server into one file, while it runs. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { Command } from 'commander';
import { SETTINGS } from '../../config/settings.ts';
import { databaseFile } from '../../store/open.ts';
import { copyDatabase } from '../../store/sqlite/backup.ts';
import { addStoreOptions, locate, locateRing, type StoreFlags } from '../input/store-access.ts';
import { formatInstant } from '../input/time.ts';
import type { Io } from '../io.ts';
import { localError } from '../output/failure.ts';
import { showProgress } from '../output/progress.ts';
import { writeJson, writeLine } from '../output/text.ts';
import { databaseFiles, draftOf, LARGE_BYTES, refuseRedis, removeDraft, replace, writePrivate } from './backup-file.ts';
import { besideBackup, keyFileOf, readServerKey } from './backup-key.ts';
import { readServerRing, ringBeside } from './backup-ring.ts';

interface BackupFlags extends StoreFlags {
  readonly includeFingerprintKey?: boolean;
  readonly fingerprintKeyFile?: string;
  readonly includeSealingKeys?: boolean;
  readonly sealingKeys?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const HELP = `
The backup is a consistent copy. It is checked before it gets its name, and only its owner can read
it. It holds the digests of API keys and the state of codes under the fingerprint key, and no secret
of a user. Without the sealing keys, which are in a file of their own, no sealed key opens. With
Redis the state is in Redis: back up Redis with its own tools.

Examples:
  $ otpd backup /backup/otpd-$(date +%F).db
  $ otpd backup /backup/otpd.db --include-fingerprint-key --include-sealing-keys --force`;

/** The command. */
export function backupCommand(io: Io): Command {
  return addStoreOptions(new Command('backup').description('copy the database of a running server into one file'))
    .argument('<FILE>', 'the file to write')
    .option('--include-fingerprint-key', 'write the fingerprint key too, to FILE.fingerprint-key')
    .option('--fingerprint-key-file <file>', `the server's fingerprint key (env: ${SETTINGS.fingerprintKeyFile.env})`)
    .option('--include-sealing-keys', 'write the sealing keys too, to FILE.sealing-keys')
    .option('--sealing-keys <file>', `the server's sealing keys (env: ${SETTINGS.sealingKeys.env})`)
    .option('--force', 'replace an existing backup')
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
  const ring = locateRing(io, flags.sealingKeys, dataDir);
  const withRing = flags.includeSealingKeys === true;
  const targets = [file, ...(withKey ? [besideBackup(file)] : []), ...(withRing ? [ringBeside(file)] : [])];
  for (const path of targets) checkTarget(path, flags.force === true);
  if (isOneOf(file, [...databaseFiles(database), keyFile, ring]))
    throw localError(`${file} is a file of the server itself: choose another name`);
  const now = Date.now();
  const drafts = [draftOf(file), draftOf(besideBackup(file)), draftOf(ringBeside(file))] as const;
  try {
    writePrivate(drafts[0], file, '');
    const { identity, ...facts } = await copy(io, database, drafts[0], now);
    const hasKey = withKey && identity !== undefined;
    if (hasKey) writePrivate(drafts[1], besideBackup(file), readServerKey(keyFile, identity));
    if (withRing) writePrivate(drafts[2], ringBeside(file), readServerRing(ring));
    io.signal.throwIfAborted();
    if (withRing) replace(drafts[2], ringBeside(file));
    if (hasKey) replace(drafts[1], besideBackup(file));
    replace(drafts[0], file);
    const bytes = statSync(file).size;
    const included = hasKey ? besideBackup(file) : null;
    if (flags.json) {
      const { schema, apiKeys } = facts;
      const sealingKeysFile = withRing ? ringBeside(file) : null;
      const keys = { fingerprintKeyFile: included, sealingKeysFile };
      writeJson(io.stdout, { file, bytes, backupTime: formatInstant(now), schema, apiKeys, ...keys });
    } else {
      const what = `schema ${facts.schema}, API keys: ${facts.apiKeys}, ${bytes} bytes`;
      writeLine(io.stdout, `backed up ${database} to ${file} (${what})`);
      writeLine(io.stdout, tellOfKey(identity, included, keyFile));
      if (withRing || existsSync(ring)) writeLine(io.stdout, tellOfRing(withRing ? ringBeside(file) : null, ring));
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

function tellOfRing(included: string | null, ring: string): string {
  if (included !== null) return `with the sealing keys in ${included}: they open every sealed key, so keep them apart from those`;
  return `without the sealing keys ${ring}, without which no sealed key opens: keep a copy of them, or add --include-sealing-keys`;
}

function tellOfKey(identity: string | undefined, included: string | null, keyFile: string): string {
  if (included !== null) return `with the fingerprint key in ${included}: a person who has both can tell which secrets were used`;
  if (identity === undefined) return 'without a fingerprint key: no server has made or used one yet';
  return `without the fingerprint key ${keyFile}, which a restore needs: keep a copy of it, or add --include-fingerprint-key`;
}
