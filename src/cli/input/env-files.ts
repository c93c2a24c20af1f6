/** Secrets in files, as in containers: `OTPD_API_KEY_FILE` names a file with the value of `OTPD_API_KEY`. */
import { readFileSync, statSync } from 'node:fs';
import { SETTINGS } from '../../config/settings.ts';
import type { Io } from '../io.ts';
import { fileTrouble, localError, usageError } from '../output/failure.ts';

/** The most bytes of such a file. */
const LONGEST = 16_384;

/** The variables that may come from a file. */
export const FROM_FILES: readonly string[] = [
  'OTPD_API_KEY',
  'OTPD_SECRET',
  ...Object.values(SETTINGS).flatMap(({ env, secret = false }) => (secret ? [env] : [])),
];

/**
 * Returns the environment with the variables whose values are in files. A file is read only when its variable is read, so that a command does not
 * read files that it does not need. Reading the variable throws `CliError` if the file cannot be read, or if the variable itself is set too.
 */
export function withFiles(env: Io['env']): Io['env'] {
  const named = FROM_FILES.filter((name) => env[`${name}_FILE`]);
  if (named.length === 0) return env;
  const read = Object.fromEntries(named.map((name) => [name, { get: () => readVariable(env, name), enumerable: true }]));
  return Object.defineProperties({ ...env }, read);
}

function readVariable(env: Io['env'], name: string): string {
  const file = env[`${name}_FILE`] ?? '';
  if (env[name]) throw usageError(`${name} and ${name}_FILE are both set: unset one of them`);
  try {
    if (statSync(file).size > LONGEST) throw localError(`${file} is too long for ${name} (${name}_FILE)`);
    const value = readFileSync(file, 'utf8').trim();
    if (value === '') throw localError(`${file} is empty: it should hold ${name} (${name}_FILE)`);
    return value;
  } catch (error) {
    if (error instanceof Error && 'code' in error)
      throw localError(`${file} cannot be read: ${fileTrouble(error)} (${name}_FILE)`);
    throw error;
  }
}
