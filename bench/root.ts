/** Locates the files of the project. */
import { fileURLToPath } from 'node:url';

/** Returns the absolute path of a file, from its path relative to the root of the project. */
export function root(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
