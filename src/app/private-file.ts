/** Key files that only their owner can read. They are created whole or not at all, and replaced in one step. */
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes `file` and its folder, unless the file exists. If several processes start at once, only one makes it. The file belongs to the owner of
 * the folder. Returns whether this process made it.
 */
export function makePrivateFile(file: string, content: string): boolean {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, content, { mode: 0o600, flag: 'wx', flush: true });
  try {
    keepOwner(draft, file);
    // A link appears whole or not at all, and never replaces another file.
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    unlinkSync(draft);
  }
}

/** Another process is changing the file, or was stopped while it changed the file. */
export class FileLockedError extends Error {
  /** The draft file, which is the lock. */
  readonly draft: string;

  constructor(draft: string) {
    super('a draft of the file is there');
    this.name = 'FileLockedError';
    this.draft = draft;
  }
}

/**
 * Replaces the content of `file` in one step that a crash does not undo. The draft, `FILE.new`, is the lock: throws `FileLockedError` if it exists.
 * `content` may read the file, and may throw to leave it unchanged. The owner stays the same if this process may change owners.
 */
export function rewritePrivateFile(file: string, content: () => string): void {
  const draft = `${file}.new`;
  const handle = openDraft(draft);
  try {
    try {
      writeFileSync(handle, content());
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    keepOwner(draft, file);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  flushFolder(dirname(file));
}

function openDraft(draft: string): number {
  try {
    return openSync(draft, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new FileLockedError(draft);
    throw error;
  }
}

/** Gives a draft to the owner of the file or, without a file, of its folder: a server that runs as that user must be able to read it. */
function keepOwner(draft: string, file: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(file, { throwIfNoEntry: false }) ?? statSync(dirname(file));
  chownSync(draft, uid, gid);
}

/** Flushes the names in a folder to the disk. Throws the error of the file system. */
export function flushFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
