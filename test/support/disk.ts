/** Mounts a small disk that a test can fill and empty, if this process may mount one. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suiteUnless } from './needy-suite.ts';

/** In bytes: room for a database with a few hundred Verify calls. */
const SIZE = 4 << 20;

/** Mounts a disk over an existing folder. Returns the function that unmounts it. Throws with the reason if the mount is not allowed. */
export function mountDisk(folder: string): () => void {
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'otpd-test', folder]);
  if (status !== 0) throw new Error(String(error?.message ?? stderr).trim());
  // Lazily, since a process that is being killed may still have open files there.
  return () => void spawnSync('umount', ['--lazy', folder]);
}

/** A suite that needs such a disk, and so the right to mount it. */
export function diskSuite(name: string, suite: () => void): void {
  suiteUnless(whyNoDisk(), name, suite);
}

function whyNoDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-disk-'));
  try {
    mountDisk(folder)();
    return undefined;
  } catch (error) {
    return `no disk can be mounted here (${(error as Error).message})`;
  } finally {
    rmdirSync(folder);
  }
}

/** Fills a disk to the last byte. Returns the function that frees the space again. */
export function fillDisk(folder: string): () => void {
  const { blocks, bsize } = statfsSync(folder);
  if (blocks * bsize > SIZE) throw new Error(`${folder} is not on a disk of its own`);
  const filler = join(folder, 'filler');
  for (let bytes = 1 << 20; bytes >= 1; bytes >>= 1) {
    try {
      for (;;) appendFileSync(filler, Buffer.alloc(bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  return () => rmSync(filler);
}
