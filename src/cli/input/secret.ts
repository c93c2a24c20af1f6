/** Reads a secret from the arguments, the environment or standard input. */
import { addAbortSignal } from 'node:stream';
import type { Io } from '../io.ts';
import { usageError } from '../output/failure.ts';
import { explainWait } from '../output/progress.ts';
import { askHidden } from './prompt.ts';

/** The most bytes of an input, more than the longest otpauth URI. */
const LONGEST_INPUT = 8192;

/** The rule of `readSecret`, for help texts. */
export const SECRET_HELP = `SECRET is base32 or an otpauth:// URI. Other users of this machine can see arguments: prefer standard
input (SECRET is -) or the environment. Without SECRET, OTPD_SECRET is used, and without that,
standard input. On a terminal you are asked for it, and it is not shown.`;

/**
 * Reads the secret: `argument`, with `-` for standard input; without an argument OTPD_SECRET, then standard input, where a person is asked for it. Returns it
 * without surrounding spaces, and throws a usage error if it is empty.
 */
export async function readSecret(io: Io, argument: string | undefined): Promise<string> {
  if (argument !== undefined && argument !== '-') return nonEmpty(argument, 'SECRET is empty');
  const inherited = io.env['OTPD_SECRET'] ?? '';
  if (argument === undefined && inherited !== '') return nonEmpty(inherited, 'OTPD_SECRET is empty');
  if (io.stdin.isTTY)
    return nonEmpty((await askHidden(io, 'Secret (not shown): ')) ?? '', 'no secret: set OTPD_SECRET, or pipe it in');
  const secret = nonEmpty(await readAll(io), 'standard input is empty: it should hold the secret');
  if (/[\r\n]/.test(secret)) throw usageError('standard input has more than one line: it should hold one secret');
  return secret;
}

/** Asks a person for a code that is not among the arguments. */
export async function readCode(io: Io): Promise<string> {
  const missing = 'no code: it is the last argument, after SECRET if that is given';
  if (!io.stdin.isTTY) throw usageError(missing);
  return nonEmpty((await askHidden(io, 'Code (not shown): ')) ?? '', missing);
}

function nonEmpty(text: string, complaint: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw usageError(complaint);
  return trimmed;
}

async function readAll(io: Io): Promise<string> {
  using _waiting = explainWait(io, 'waiting for the secret on standard input ...');
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of addAbortSignal(io.signal, io.stdin)) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    size += bytes.length;
    if (size > LONGEST_INPUT) throw usageError('standard input is too long for a secret');
  }
  return Buffer.concat(chunks).toString('utf8');
}
