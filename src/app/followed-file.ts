/** Follows a file of the configuration while the process runs. */
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { InvalidInputError } from '../otp/error.ts';

/** How often the file is looked at, in ms. */
const LOOK_MS = 500;

export interface FollowOptions {
  /**
   * Reads the file, at first and whenever it has changed, and takes over what is in it. Throws, or gives what is wrong in words, if it cannot be used:
   * it is then read again at each look, since it may not be complete yet. `wasProblem`: it could not be used before.
   */
  readonly read: (wasProblem: boolean) => string | undefined;
  /** Told of each problem once, in words without the content of the file. */
  readonly onProblem: (problem: string) => void;
}

/** Reads `file`, and again whenever it changes or SIGHUP comes. Throws as `read` does if it cannot be used at first. */
export function followFile(file: string, { read, onProblem }: FollowOptions): Disposable {
  // Before it is read: a change meanwhile shows at the next look.
  let seen = signatureOf(statSync(file, { throwIfNoEntry: false, bigint: true }));
  let problem = read(false);
  let isClosed = false;
  let timer = setTimeout(look, LOOK_MS).unref();

  async function look(): Promise<void> {
    const now = signatureOf(await stat(file, { bigint: true }).catch(() => undefined));
    if (isClosed) return;
    // A file that could not be used is tried again: a file may be completed within one tick of its clock.
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

/** Another text whenever the file may have changed. */
function signatureOf(stats: { ino: bigint; size: bigint; mtimeNs: bigint; ctimeNs: bigint } | undefined): string {
  return stats === undefined ? '' : [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ');
}
