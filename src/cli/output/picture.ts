/** Saves files that hold secrets: readable for the owner alone, whole or not at all, and never over another file by accident. */
import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileTrouble, localError } from './failure.ts';

/** A file whose name is reserved, and whose content is still to be written. */
export interface ReservedFile {
  readonly file: string;
  /** Writes the content; afterwards `file` has either all of it or its former content. */
  save(content: Uint8Array): void;
  /** Removes the reservation if nothing was saved. */
  [Symbol.dispose](): void;
}

/** Makes sure that `file` can be written before a key is made for it. With `force`, `save` replaces an existing file. */
export function reserveFile(file: string, force: boolean): ReservedFile {
  if (!force) closeSync(attempt(file, () => openSync(file, 'wx', 0o600)));
  const draft = `${file}.${randomUUID()}.tmp`;
  let open = true;
  let saved = false;
  const removeUnsaved = () => {
    rmSync(draft, { force: true });
    if (!force) rmSync(file, { force: true });
  };
  const descriptor = attempt(file, () => openSync(draft, 'wx', 0o600), removeUnsaved);
  const close = () => {
    if (open) closeSync(descriptor);
    open = false;
  };
  return {
    file,
    save: (content) =>
      attempt(file, () => {
        writeFileSync(descriptor, content);
        fsyncSync(descriptor);
        close();
        renameSync(draft, file);
        saved = true;
      }),
    [Symbol.dispose]: () => {
      close();
      if (!saved) removeUnsaved();
    },
  };
}

function attempt<T>(file: string, write: () => T, undo: () => void = () => undefined): T {
  try {
    return write();
  } catch (error) {
    undo();
    const trouble = fileTrouble(error);
    const remedy = trouble === 'it exists already' ? '; --force replaces it' : '';
    throw localError(`${file} cannot be written: ${trouble}${remedy}`);
  }
}
