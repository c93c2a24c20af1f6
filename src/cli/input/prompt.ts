/** Questions to the person at the terminal. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Io, Output } from '../io.ts';

/** A prompt whose input the terminal does not show. */
export interface HiddenPrompt extends Disposable {
  /**
   * Asks, and resolves to the next line without the spaces around it; undefined at the end of the input (Ctrl-D). Throws an `AbortError` when the user
   * asks to stop.
   */
  ask(question: string): Promise<string | undefined>;
}

/** Whether a person can be asked: standard input and standard error are terminals. */
export function canAsk({ stdin, stderr }: Pick<Io, 'stdin' | 'stderr'>): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/** Takes over the terminal for secrets and codes, so that input typed before the prompt is not shown either. */
export function openHiddenPrompt(io: Io): HiddenPrompt {
  return openPrompt(io, undefined);
}

/** Asks for one secret or code. */
export async function askHidden(io: Io, question: string): Promise<string | undefined> {
  using prompt = openHiddenPrompt(io);
  return await prompt.ask(question);
}

/** Asks a yes-or-no question; any answer but `y` and `yes` is a no. */
export async function confirm(io: Io, question: string): Promise<boolean> {
  using prompt = openPrompt(io, io.stderr);
  return /^y(es)?$/i.test((await prompt.ask(`${question} [y/N] `)) ?? '');
}

/** Takes over the terminal. `echo`, if present, shows typed characters and the end of their line. */
function openPrompt({ stdin, stderr, signal }: Io, echo: Output | undefined): HiddenPrompt {
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      echo?.write(String(chunk));
      done();
    },
  });
  // readline would keep the input in its history.
  const lines = createInterface({ input: stdin, output, terminal: true, historySize: 0 });
  const typed = lines[Symbol.asyncIterator]();
  const close = () => lines.close();
  signal.addEventListener('abort', close, { once: true });
  // In raw mode the terminal passes Ctrl-C as a key.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  return {
    async ask(question) {
      signal.throwIfAborted();
      stderr.write(question);
      const { value, done } = await typed.next();
      if (done || echo === undefined) stderr.write('\n');
      signal.throwIfAborted();
      return done ? undefined : value.trim();
    },
    [Symbol.dispose]: () => {
      signal.removeEventListener('abort', close);
      lines.close();
    },
  };
}
