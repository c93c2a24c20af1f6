/** Runs the program in this process, with streams that a test can fill and read. */
import { Readable } from 'node:stream';
import type { Io } from '../../src/cli/io.ts';
import { runProgram } from '../../src/cli/program.ts';

/** The surroundings of a run. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** The content of standard input; without it standard input is a terminal. */
  readonly stdin?: string | Readable;
  /** Whether the outputs are terminals. */
  readonly tty?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly signal?: AbortSignal;
  /** Called with each write to standard output. */
  readonly onOutput?: (text: string) => void;
}

/** The exit code and the outputs of a run. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Surroundings without output, for a program that a test inspects but does not run. */
export const SILENT: Io = {
  stdin: Readable.from([]),
  stdout: { write: () => undefined },
  stderr: { write: () => undefined },
  env: {},
  signal: new AbortController().signal,
  setExitCode: () => undefined,
};

/** Runs the program with these arguments. */
export async function otpd(args: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  const { env = {}, stdin, tty = false, columns, rows, signal = new AbortController().signal, onOutput } = surroundings;
  const written = { out: '', err: '' };
  let code = 0;
  const io: Io = {
    stdin: Object.assign(stdin instanceof Readable ? stdin : Readable.from([Buffer.from(stdin ?? '')]), {
      isTTY: stdin === undefined,
    }),
    stdout: {
      write: (text) => {
        written.out += text;
        onOutput?.(text);
      },
      isTTY: tty,
      columns,
      rows,
    },
    stderr: {
      write: (text) => {
        written.err += text;
      },
      isTTY: tty,
    },
    env,
    signal,
    setExitCode: (value) => {
      code = value;
    },
  };
  await runProgram(io, args);
  return { code, ...written };
}
