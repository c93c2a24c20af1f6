/** The fingerprint key of a backup: the state can be used only with it. */
import { existsSync, readFileSync } from 'node:fs';
import { fingerprintKeyFile, readFingerprintKey } from '../../app/fingerprint-key.ts';
import { SETTINGS } from '../../config/settings.ts';
import { createFingerprints } from '../../verification/fingerprint.ts';
import type { Io } from '../io.ts';
import { localError } from '../output/failure.ts';
import { draftOf, giveToFolderOwner, removeDraft, replace, writePrivate } from './backup-file.ts';

const { flag: FLAG, env: VARIABLE } = SETTINGS.fingerprintKeyFile;
const GIVE = `set ${FLAG}/${VARIABLE} to the one that the server used`;

/** The key of a database that is to be restored. */
export interface KeyPlan {
  /** The file that will have it; null if the state was written under none. */
  readonly file: string | null;
  /** Says in words what happens to the key. */
  readonly told: string;
  /** Writes it, if it is not there; a file that it replaces is kept with this suffix. */
  readonly install: (suffix: string) => void;
}

/** Where the key of a backup is, if it was included. */
export function besideBackup(file: string): string {
  return `${file}.fingerprint-key`;
}

/** The file of the server's key: the one that is given, or else the one in the data folder. */
export function keyFileOf(io: Io, flag: string | undefined, dataDir: string): string {
  return flag ?? (io.env[VARIABLE] || fingerprintKeyFile(dataDir));
}

/** The text of the server's key, which must be the one that the state was written under. Throws `CliError` if it is not. */
export function readServerKey(file: string, identity: string): string {
  if (!existsSync(file)) throw localError(`there is no fingerprint key ${file}: ${GIVE}`);
  if (!isKey(file, identity)) throw localError(`${file} is not the fingerprint key of this database: ${GIVE}`);
  return readFileSync(file, 'utf8');
}

/**
 * Finds the key with the check value `identity`: the server's own, or the one beside the `backup`. Throws `CliError` if there is neither, and if
 * it would replace another without `force`.
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
