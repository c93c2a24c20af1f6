/** The fingerprint key of a backup, without which the state cannot be used. */
import { existsSync, readFileSync } from 'node:fs';
import { fingerprintKeyFile, readFingerprintKey } from '../../app/fingerprint-key.ts';
import { SETTINGS } from '../../config/settings.ts';
import { createFingerprints } from '../../verification/fingerprint.ts';
import type { Io } from '../io.ts';
import { localError } from '../output/failure.ts';
import { draftOf, giveToFolderOwner, removeDraft, replace, writePrivate } from './backup-file.ts';

const { flag: FLAG, env: VARIABLE } = SETTINGS.fingerprintKeyFile;
const GIVE = `set ${FLAG}/${VARIABLE} to the fingerprint key file of the server`;

/** A restore's plan for the fingerprint key. */
export interface KeyPlan {
  /** The file of the key; null if the state was written without one. */
  readonly file: string | null;
  /** Describes what happens to the key. */
  readonly told: string;
  /** Writes the key if it is not in its file yet; a replaced file is kept with this suffix. */
  readonly install: (suffix: string) => void;
}

/** The file of the key beside a backup, if it was included. */
export function besideBackup(file: string): string {
  return `${file}.fingerprint-key`;
}

/** The file of the server's key: as configured, or in the data folder. */
export function keyFileOf(io: Io, flag: string | undefined, dataDir: string): string {
  return flag ?? (io.env[VARIABLE] || fingerprintKeyFile(dataDir));
}

/** The text of the server's key. Throws `CliError` unless the state was written with it. */
export function readServerKey(file: string, identity: string): string {
  if (!existsSync(file)) throw localError(`there is no fingerprint key ${file}: ${GIVE}`);
  if (!isKey(file, identity)) throw localError(`${file} is not the fingerprint key of this database: ${GIVE}`);
  return readFileSync(file, 'utf8');
}

/**
 * Finds the key with the check value `identity`: the server's key, or the key beside `backup`. Throws `CliError` if neither has that value, or if the
 * key would replace another key without `force`.
 */
export function planKey(options: {
  readonly identity: string | undefined;
  readonly backup: string;
  readonly keyFile: string;
  readonly force: boolean;
}): KeyPlan {
  const { identity, backup, keyFile, force } = options;
  const included = besideBackup(backup);
  const nothing = () => undefined;
  if (identity === undefined)
    return { file: null, told: 'no server has used it yet: it goes with any fingerprint key', install: nothing };
  if (existsSync(included) && !isKey(included, identity)) throw localError(`${included} is not the fingerprint key of ${backup}`);
  const hasOwn = existsSync(keyFile);
  if (hasOwn && isKey(keyFile, identity))
    return { file: keyFile, told: `its fingerprint key is there: ${keyFile}`, install: nothing };
  if (!existsSync(included)) {
    const what = hasOwn ? `${keyFile} is not the fingerprint key of ${backup}` : `there is no fingerprint key ${keyFile}`;
    throw localError(`${what}, and there is no ${included}: ${GIVE}`);
  }
  if (hasOwn && !force)
    throw localError(`${keyFile} is another fingerprint key: --force replaces it, and keeps it under another name`);
  return {
    file: keyFile,
    told: `with its fingerprint key, as ${keyFile}`,
    install: (suffix) => {
      const draft = draftOf(keyFile);
      try {
        writePrivate(draft, keyFile, readFileSync(included, 'utf8'));
        giveToFolderOwner(draft);
        replace(draft, keyFile, keyFile + suffix);
      } finally {
        removeDraft(draft);
      }
    },
  };
}

/** Whether a file has the key with this check value. Throws `InvalidInputError` if it holds no key. */
function isKey(file: string, identity: string): boolean {
  return createFingerprints(readFingerprintKey(file, file)).identity === identity;
}
