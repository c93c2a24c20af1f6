/** Ends the processes that the bench has started, and removes what it has made, however the bench ends. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const children = new Set<ChildProcess>();
const folders = new Set<string>();

/** Ends `child` with this process, if it has not ended before. */
export function adopt<C extends ChildProcess>(child: C): C {
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** A new empty folder, removed with this process if not before. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-bench-'));
  folders.add(folder);
  return folder;
}

/** Removes a folder before its time: what was measured in it can be large. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

/** From now on a signal ends the process by way of its exit, where everything is cleaned up. */
export function cleanUpAtExit(): void {
  process.once('exit', () => {
    for (const child of children) child.kill('SIGKILL');
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(signal, () => process.exit(code));
  }
}
