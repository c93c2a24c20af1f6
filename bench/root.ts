/** Where the files of the project are. */
import { fileURLToPath } from 'node:url';

/** The absolute path of a file named from the root of the project. */
export function root(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
