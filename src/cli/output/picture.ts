/** Saves pictures of a QR code: for the owner's eyes only, since they hold the secret, and over no other file by accident. */
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileTrouble, localError } from './failure.ts';

/** A file that is there, empty, and waits for its content. */
export interface ReservedFile {
  readonly file: string;
  /** Writes the content; afterwards `file` holds all of it or what it held before. */
  save(content: Uint8Array): void;
  /** Removes what was not saved. */
  [Symbol.dispose](): void;
}

/** Makes sure that `file` can be written before a key is made for it. With `force` an old file is replaced, but only by `save`. */
export function reserveFile(file: string, force: boolean): ReservedFile {
  const draft = force ? `${file}.${randomUUID()}.tmp` : file;
  const descriptor = attempt(file, () => openSync(draft, 'wx', 0o600));
  let open = true;
  let saved = false;
  const close = () => {
    if (open) closeSync(descriptor);
    open = false;
  };
  return {
    file,
    save: (content) =>
      attempt(file, () => {
        writeFileSync(descriptor, content);
        close();
        if (force) renameSync(draft, file);
        saved = true;
      }),
    [Symbol.dispose]: () => {
      close();
      if (!saved) rmSync(draft, { force: true });
    },
  };
}

function attempt<T>(file: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const trouble = fileTrouble(error);
    const remedy = trouble === 'it exists already' ? '; --force replaces it' : '';
    throw localError(`${file} cannot be written: ${trouble}${remedy}`);
  }
}
