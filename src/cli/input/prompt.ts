/** Questions to the person at the terminal. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Io } from '../io.ts';

/** Whether a person can be asked: standard input and standard error are terminals. */
export function canAsk({ stdin, stderr }: Pick<Io, 'stdin' | 'stderr'>): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/**
 * Asks for a secret or a code, which is not shown while it is typed. Resolves to the line without the spaces around it; undefined at the end of the input
 * (Ctrl-D). Throws an `AbortError` when the user asks to stop.
 */
export function askHidden(io: Io, question: string): Promise<string | undefined> {
  // readline writes what is typed; its history would keep it.
  return ask(io, question, new Writable({ write: (_chunk, _encoding, done) => done() }));
}

/** Asks a question that is answered by yes or no; anything but `y` and `yes` is a no. */
export async function confirm(io: Io, question: string): Promise<boolean> {
  const answer = await ask(io, `${question} [y/N] `, io.stderr as unknown as Writable);
  return /^y(es)?$/i.test(answer ?? '');
}

function ask({ stdin, stderr, signal }: Io, question: string, echo: Writable): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    stderr.write(question);
    const lines = createInterface({ input: stdin, output: echo, terminal: true, historySize: 0 });
    const settle = (answer: () => void) => {
      signal.removeEventListener('abort', stop);
      answer();
      lines.close();
    };
    // In raw mode Ctrl-C is a key, and no signal.
    const stop = () => settle(() => reject(new DOMException('interrupted', 'AbortError')));
    lines.once('SIGINT', stop);
    signal.addEventListener('abort', stop, { once: true });
    lines.once('line', (line) => settle(() => resolve(line.trim())));
    lines.once('close', () => {
      stderr.write('\n');
      settle(() => resolve(undefined));
    });
    if (signal.aborted) stop();
  });
}
