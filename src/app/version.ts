/** The version of otpd. */
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

export const VERSION: string = readVersion();

function readVersion(): string {
  // Beside src in a checkout, beside dist in the package.
  const file = findPackageJSON(import.meta.url);
  if (file === undefined) return 'unknown';
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}
