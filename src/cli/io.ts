/** The parts of the process that a command may use, so that a test can replace them. */
import type { Readable } from 'node:stream';

/** Standard output or standard error. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** The width of the terminal in characters. */
  readonly columns?: number | undefined;
  /** The height of the terminal in lines. */
  readonly rows?: number | undefined;
}

/** Standard input. */
export type Input = Readable & { readonly isTTY?: boolean | undefined };

/** The environment of a command. */
export interface Io {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the user asks to stop. */
  readonly signal: AbortSignal;
  /** Sets the exit code; the process ends when nothing is left to do. */
  setExitCode(code: number): void;
}

/**
 * The environment of this process.
 *
 * The first SIGINT or SIGTERM aborts `signal`; the second ends the process at once. If a reader closes the pipe (`| head -1`), the process ends without an
 * error.
 */
export function processIo(): Io {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal: stop.signal,
    setExitCode: (code) => {
      process.exitCode = code;
    },
  };
}
