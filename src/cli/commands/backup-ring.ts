/** The sealing keys of a backup: they go along on request, and a restore adds them to those that are there. */
import { existsSync } from 'node:fs';
import { makePrivateFile, rewritePrivateFile } from '../../app/private-file.ts';
import { formatRing, readRingFile } from '../../app/ring-file.ts';
import { SETTINGS } from '../../config/settings.ts';
import { localError } from '../output/failure.ts';

const { flag: FLAG, env: VARIABLE } = SETTINGS.sealingKeys;

/** The sealing keys that are to be restored. */
export interface RingPlan {
  /** The file that will have them; null if the backup has none. */
  readonly file: string | null;
  /** Says in words what happens to them; undefined if there is nothing to say. */
  readonly told: string | undefined;
  readonly install: () => void;
}

/** Where the sealing keys of a backup are, if they were included. */
export function ringBeside(file: string): string {
  return `${file}.sealing-keys`;
}

/** The text of the server's ring. Throws `CliError` if there is none, and `InvalidInputError` if it cannot be used. */
export function readServerRing(file: string): string {
  if (!existsSync(file)) throw localError(`there are no sealing keys ${file}: set ${FLAG}/${VARIABLE} to those of the server`);
  return formatRing(readRingFile(file, FLAG));
}

/**
 * Plans to add the keys beside `backup`, where they are, to the server's. A key that is in both stays as the server has it: none is lost, and none
 * that was retired comes back. Throws `InvalidInputError` for a file that cannot be used.
 */
export function planRing(backup: string, ringFile: string): RingPlan {
  const included = ringBeside(backup);
  if (!existsSync(included)) return { file: null, told: undefined, install: () => undefined };
  const fromBackup = readRingFile(included, included);
  if (!existsSync(ringFile)) {
    const install = () => void makePrivateFile(ringFile, formatRing(fromBackup));
    return { file: ringFile, told: `with its sealing keys, as ${ringFile}`, install };
  }
  const own = readRingFile(ringFile, FLAG);
  const missing = fromBackup.filter(({ id }) => own.every((key) => key.id !== id));
  if (missing.length === 0) return { file: ringFile, told: `its sealing keys are there: ${ringFile}`, install: () => undefined };
  const merged = [...own, ...missing].sort((one, other) => one.createTime - other.createTime);
  return {
    file: ringFile,
    told: `its sealing keys were added to ${ringFile}: ${missing.map(({ id }) => id).join(', ')}`,
    install: () => rewritePrivateFile(ringFile, () => formatRing(merged)),
  };
}
