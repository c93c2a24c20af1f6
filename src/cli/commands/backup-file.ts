/** Files of backups and restores, which get their names only when they are complete. */
import { randomBytes } from 'node:crypto';
import { chownSync, copyFileSync, existsSync, linkSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { flushFolder } from '../../app/private-file.ts';
import type { RedisLocation } from '../../store/open.ts';
import { fileTrouble, localError } from '../output/failure.ts';

/** The size of a database that takes about a second to read, in bytes. */
export const LARGE_BYTES = 100_000_000;

/** Suffixes of the files that SQLite may keep beside a database. */
const COMPANIONS = ['-journal', '-wal', '-shm'];

/** A temporary name in the same folder, for a file that is not complete yet. */
export function draftOf(file: string): string {
  return `${file}.${process.pid}.${randomBytes(4).toString('hex')}.part`;
}

/** Writes the draft of `file`, readable for its owner alone. Throws `CliError`. */
export function writePrivate(draft: string, file: string, content: string): void {
  try {
    writeFileSync(draft, content, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    throw localError(`${file} cannot be written: ${fileTrouble(error)}`);
  }
}

/** Gives a draft to the owner of its folder if this process may change owners: a server that runs as that user must be able to read it. */
export function giveToFolderOwner(draft: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(draft));
  chownSync(draft, uid, gid);
}

/** Removes a draft, complete or not. */
export function removeDraft(draft: string): void {
  removeCompanions(draft);
  rmSync(draft, { force: true });
}

/** Renames a draft to its final name in one step that a crash does not undo. A file with that name is replaced or, if `kept` is given, renamed first. */
export function replace(draft: string, file: string, kept?: string): void {
  if (kept !== undefined && existsSync(file)) keep(file, kept);
  renameSync(draft, file);
  flushFolder(dirname(file));
}

/** Links the -wal of a database beside the new name of the database. */
export function keepWal(file: string, kept: string): void {
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${kept}-wal`);
}

/** Removes the link that `keepWal` has made. */
export function removeWal(kept: string): void {
  rmSync(`${kept}-wal`, { force: true });
}

/** Removes the files that SQLite has left beside a database. */
export function removeCompanions(file: string): void {
  for (const companion of COMPANIONS) rmSync(file + companion, { force: true });
}

/** A database and the files that SQLite may keep beside it. */
export function databaseFiles(file: string): string[] {
  return [file, ...COMPANIONS.map((companion) => file + companion)];
}

/** Throws for a store in Redis, which has other means of backup. */
export function refuseRedis(redis: RedisLocation | undefined): void {
  if (redis === undefined) return;
  throw localError(
    'the store is a Redis (--redis-url/OTPD_REDIS_URL): back it up and restore it by its own means (RDB or AOF), and keep copies of the fingerprint key and the sealing keys',
  );
}

/** Renames by way of a second link, so that the first name always exists. Some file systems have no links. */
function keep(file: string, kept: string): void {
  try {
    linkSync(file, kept);
  } catch {
    renameSync(file, kept);
  }
}
