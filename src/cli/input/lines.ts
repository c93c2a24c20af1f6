/** Reads standard input line by line. */
import { addAbortSignal } from 'node:stream';
import type { Io } from '../io.ts';
import { usageError } from '../output/failure.ts';

/** More than the longest otpauth URI with a context, in bytes. */
const LONGEST_LINE = 8192;

/** Each line, without its end and the spaces around it. Throws an `AbortError` when the user asks to stop, and a usage error for a line that is too long. */
export async function* readLines({ stdin, signal }: Io): AsyncGenerator<string, void> {
  let rest = Buffer.alloc(0);
  for await (const chunk of addAbortSignal(signal, stdin)) {
    rest = Buffer.concat([rest, Buffer.from(chunk)]);
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      yield checked(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
    }
    checked(rest);
  }
  if (rest.length > 0) yield checked(rest);
}

function checked(line: Buffer): string {
  if (line.length > LONGEST_LINE) throw usageError(`standard input has a line of more than ${LONGEST_LINE} bytes`);
  return line.toString('utf8').trim();
}
