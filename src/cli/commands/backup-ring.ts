/** The sealing keys of a backup. A backup includes them on request, and a restore adds them to the existing keys. */
import { existsSync, realpathSync } from 'node:fs';
import { makePrivateFile, rewritePrivateFile } from '../../app/private-file.ts';
import { formatRing, readRingFile } from '../../app/ring-file.ts';
import { SETTINGS } from '../../config/settings.ts';
import type { RingKey } from '../../sealing/ring.ts';
import { localError } from '../output/failure.ts';

const { flag: FLAG, env: VARIABLE } = SETTINGS.sealingKeys;

/** The plan of a restore for the sealing keys. */
export interface RingPlan {
  /** The file of the keys; null if the backup has none. */
  readonly file: string | null;
  /** Describes what happens to the keys; undefined if nothing happens. */
  readonly told: string | undefined;
  readonly install: () => void;
}

/** The file of the sealing keys beside a backup, if they were included. */
export function ringBeside(file: string): string {
  return `${file}.sealing-keys`;
}

/** The text of the server's ring. Throws `CliError` if there is none, and `InvalidInputError` if it cannot be used. */
export function readServerRing(file: string): string {
  if (!existsSync(file)) throw localError(`there are no sealing keys ${file}: set ${FLAG}/${VARIABLE} to those of the server`);
  return formatRing(readRingFile(file, FLAG));
}

/**
 * Plans to add the keys beside `backup`, if there are any, to the server's keys. A key in both stays as the server has it: no key is lost, and no retired
 * key comes back. Throws `InvalidInputError` for a file that cannot be used.
 */
export function planRing(backup: string, ringFile: string): RingPlan {
  const included = ringBeside(backup);
  if (!existsSync(included)) return { file: null, told: undefined, install: () => undefined };
  const fromBackup = readRingFile(included, included);
  // Reads the file at the moment of writing, since a key may have been added meanwhile. If the file is a link, writes its target.
  const add = () =>
    rewritePrivateFile(realpathSync(ringFile), () => formatRing(withMissing(readRingFile(ringFile, FLAG), fromBackup)));
  if (!existsSync(ringFile)) {
    const install = () => {
      if (!makePrivateFile(ringFile, formatRing(fromBackup))) add();
    };
    return { file: ringFile, told: `with its sealing keys, as ${ringFile}`, install };
  }
  const own = readRingFile(ringFile, FLAG);
  const missing = missingOf(own, fromBackup);
  if (missing.length === 0) return { file: ringFile, told: `its sealing keys are there: ${ringFile}`, install: () => undefined };
  return {
    file: ringFile,
    told: `its sealing keys were added to ${ringFile}: ${missing.map(({ id }) => id).join(', ')}`,
    install: add,
  };
}

/** The keys of a backup that are not among the server's, retired or not. */
function missingOf(own: readonly RingKey[], fromBackup: readonly RingKey[]): readonly RingKey[] {
  return fromBackup.filter(({ id }) => own.every((key) => key.id !== id));
}

/** The server's keys and the missing ones, in the order in which they were made. */
function withMissing(own: readonly RingKey[], fromBackup: readonly RingKey[]): readonly RingKey[] {
  return [...own, ...missingOf(own, fromBackup)].sort((one, other) => one.createTime - other.createTime);
}
