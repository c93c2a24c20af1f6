/** Files that settings name: read at the start, and again whenever they change. */
import { readFileSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { InvalidInputError, invalid } from '../otp/error.ts';

/** The interval between two checks for a change, in ms. */
const LOOK_MS = 500;

/** Returns the text of a file. Throws `InvalidInputError` for `field` if the file cannot be read. */
export function readSettingFile(file: string, field: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(field, `cannot be read (${(error as NodeJS.ErrnoException).code}): correct the path or its mode`);
  }
}

export interface FollowOptions {
  /**
   * Reads and applies the file, at first and after each change. If the file cannot be used, throws or returns the problem in words. The file may
   * be incomplete then, so each check reads it again. `wasProblem` says whether the last read failed.
   */
  readonly read: (wasProblem: boolean) => string | undefined;
  /** Called once with each problem, in words without the content of the file. */
  readonly onProblem: (problem: string) => void;
}

/** Reads `file`, and again after each change and each SIGHUP. The first read throws as `read` does. */
export function followFile(file: string, { read, onProblem }: FollowOptions): Disposable {
  // Taken before the first read, so that the next check sees a change in the meantime.
  let seen = signatureOf(statSync(file, { throwIfNoEntry: false, bigint: true }));
  let problem = read(false);
  let isClosed = false;
  let timer = setTimeout(look, LOOK_MS).unref();

  async function look(): Promise<void> {
    const now = signatureOf(await stat(file, { bigint: true }).catch(() => undefined));
    if (isClosed) return;
    // A file with a problem is read again, since its completion may be within the same tick of the file system's clock.
    if (now !== seen || problem !== undefined) readAgain();
    seen = now;
    timer = setTimeout(look, LOOK_MS).unref();
  }

  function readAgain(): void {
    const before = problem;
    try {
      problem = read(before !== undefined);
    } catch (error) {
      problem = error instanceof InvalidInputError ? error.message : 'cannot be read';
    }
    if (problem !== undefined && problem !== before) onProblem(problem);
  }

  process.on('SIGHUP', readAgain);
  return {
    [Symbol.dispose]() {
      isClosed = true;
      clearTimeout(timer);
      process.off('SIGHUP', readAgain);
    },
  };
}

/** Returns a text that differs whenever the file may have changed. */
function signatureOf(stats: { ino: bigint; size: bigint; mtimeNs: bigint; ctimeNs: bigint } | undefined): string {
  return stats === undefined ? '' : [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ');
}
