/** Finds out who else on this machine can read the server's files. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Logger } from '../../observability/log.ts';
import { shellWord } from '../output/text.ts';

/** The bits of a mode that are not the owner's. */
const OTHERS = 0o077;

/** Warns once of all files that others can use, with the command that ends it. Missing files are left out; Windows has no such modes. */
export function warnOfReaders(logger: Logger, paths: readonly string[]): void {
  if (process.platform === 'win32') return;
  const open = paths.filter((path) => (modeOf(path) & OTHERS) !== 0);
  if (open.length === 0) return;
  const words = open.map((path) => shellWord(resolve(path))).join(' ');
  logger.warn(`other users of this machine can read what only otpd should: run \`chmod go-rwx ${words}\``);
}

function modeOf(path: string): number {
  try {
    return statSync(path).mode;
  } catch {
    return 0;
  }
}
