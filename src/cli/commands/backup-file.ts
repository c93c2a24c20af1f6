/** Files of backups and restores, which get their names only when they are complete. */
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { RedisLocation } from '../../store/open.ts';
import { fileTrouble, localError } from '../output/failure.ts';

/** A database that takes about a second to go through, in bytes. */
export const LARGE_BYTES = 100_000_000;

/** Suffixes of the files that SQLite may have beside a database. */
const COMPANIONS = ['-journal', '-wal', '-shm'];

/** A temporary name in the same folder, for a file that is not complete yet. */
export function draftOf(file: string): string {
  return `${file}.${process.pid}.${randomBytes(4).toString('hex')}.part`;
}

/** Writes the draft of `file`, for its owner alone. Throws `CliError`. */
export function writePrivate(draft: string, file: string, content: string): void {
  try {
    writeFileSync(draft, content, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    throw localError(`${file} cannot be written: ${fileTrouble(error)}`);
  }
}

/** Gives a draft to the owner of its folder, where this process may: a server that runs as that user must be able to read it. */
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

/** Gives a draft its name, whatever had it; that is kept under another where one is given. In one step, which a crash does not undo. */
export function replace(draft: string, file: string, kept?: string): void {
  if (kept !== undefined && existsSync(file)) keep(file, kept);
  renameSync(draft, file);
  flush(dirname(file));
}

/** Keeps the -wal of a database beside the name that the database will be kept under. */
export function keepWal(file: string, kept: string): void {
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${kept}-wal`);
}

/** Takes back what `keepWal` has made. */
export function removeWal(kept: string): void {
  rmSync(`${kept}-wal`, { force: true });
}

/** Removes what SQLite has left beside a database. */
export function removeCompanions(file: string): void {
  for (const companion of COMPANIONS) rmSync(file + companion, { force: true });
}

/** A database, and what SQLite may have beside it. */
export function databaseFiles(file: string): string[] {
  return [file, ...COMPANIONS.map((companion) => file + companion)];
}

/** Throws for a store in Redis, which has its own means of backup. */
export function refuseRedis(redis: RedisLocation | undefined): void {
  if (redis === undefined) return;
  throw localError(
    'the store is a Redis (--redis-url/OTPD_REDIS_URL): back it up and restore it by its own means (RDB or AOF), and keep copies of the fingerprint key and the sealing keys',
  );
}

/** Uses a second name, so that the first always names a file; not every file system allows that. */
function keep(file: string, kept: string): void {
  try {
    linkSync(file, kept);
  } catch {
    renameSync(file, kept);
  }
}

/** Writes the names of a folder to the disk. */
function flush(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
