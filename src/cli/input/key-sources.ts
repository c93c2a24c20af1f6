/**
 * Keys in the forms of other programs, which differ in their content: URIs, text with a URI on each line, pictures of QR codes, and backups of apps.
 */
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { InvalidInputError } from '../../otp/error.ts';
import type { Io } from '../io.ts';
import { fileTrouble, localError, usageError } from '../output/failure.ts';
import { explainWait } from '../output/progress.ts';
import { isAegis, readAegis } from './aegis.ts';
import { asRecord, BackupError } from './backup-entry.ts';
import { PictureError, pictureFormat } from './picture-header.ts';
import { isTwoFas, readTwoFas } from './two-fas.ts';

/** A URI, or the reason why there is none, and where it was found. */
export type Found = { readonly place: string } & ({ readonly uri: string } | { readonly error: string });

/** A key in the form that `otpd` prints, with its context if the line has one. */
export type Stored = { readonly place: string } & (
  | { readonly key: string; readonly context: string | undefined }
  | { readonly error: string }
);

/** The most bytes of an input, enough for pictures from phones, and backups with icons. */
const MAX_BYTES = 16 * 1024 * 1024;

const MAX_URI = 4096;
const TOO_LONG = `is longer than the ${MAX_URI} bytes of a URI`;

const URI = /^\s*otpauth(?:-migration)?:/i;
const STORED = /^\s*(?:otpauth:|otpk1_)/i;

/**
 * Reads the argument: a URI, the name of a file, or `-` for standard input.
 *
 * @throws CliError if nothing of it can be read.
 */
export async function readSource(io: Io, argument: string): Promise<Found[]> {
  if (URI.test(argument)) return [{ place: 'the URI', uri: argument.trim() }];
  const name = argument === '-' ? 'standard input' : argument;
  const bytes = await readInput(io, argument);
  try {
    return await readContent(name, bytes);
  } catch (error) {
    if (error instanceof PictureError || error instanceof BackupError) throw localError(`${name}: ${error.message}`);
    throw error;
  } finally {
    bytes.fill(0);
  }
}

/**
 * Reads keys in the form that `otpd` prints: otpauth URIs and sealed keys, each the first word of a line, with the context of a sealed key after a tab.
 * `argument` is a key, the name of a file with keys, or `-` for standard input.
 *
 * @throws CliError if nothing of it can be read.
 */
export async function readStored(io: Io, argument: string): Promise<Stored[]> {
  if (STORED.test(argument)) return [{ place: 'the key', key: argument.trim(), context: undefined }];
  const name = argument === '-' ? 'standard input' : argument;
  const bytes = await readInput(io, argument);
  return linesOf(name, bytes.toString('utf8')).map(({ place, line }) => {
    const [start = '', context] = line.split('\t');
    const [key = ''] = start.split(' ');
    if (isTooLong(key)) return { place, error: TOO_LONG };
    return STORED.test(key) ? { place, key, context } : { place, error: 'is neither an otpauth URI nor a sealed key' };
  });
}

async function readContent(name: string, bytes: Buffer): Promise<Found[]> {
  if (pictureFormat(bytes) !== undefined) {
    const { readQrCodes } = await import('./qr-pictures.ts');
    return (await readQrCodes(bytes)).map((text, i) => uriFound(`${name}, QR code ${i + 1}`, text));
  }
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  if (/^\s*[{[]/.test(text)) return readBackup(text).map((entry, i) => entryFound(`${name}, key ${i + 1}`, entry));
  return linesOf(name, text).map(({ place, line }) => uriFound(place, line));
}

function linesOf(name: string, text: string): { readonly place: string; readonly line: string }[] {
  const lines = text.split(/\r?\n/).map((line, i) => ({ place: `${name}, line ${i + 1}`, line: line.trim() }));
  const found = lines.filter(({ line }) => line !== '');
  if (found.length === 0) throw localError(`${name} is empty: it should hold keys`);
  return found;
}

function readBackup(text: string): (string | InvalidInputError)[] {
  let backup: Readonly<Record<string, unknown>>;
  try {
    backup = asRecord(JSON.parse(text));
  } catch {
    throw new BackupError('is no valid JSON: export the backup again');
  }
  if (isAegis(backup)) return readAegis(backup);
  if (isTwoFas(backup)) return readTwoFas(backup);
  throw new BackupError('is JSON, but no backup of Aegis or 2FAS: export otpauth URIs or QR codes from the app instead');
}

/** A text that is not a URI is not shown, since it may be a secret. */
function uriFound(place: string, text: string): Found {
  if (isTooLong(text)) return { place, error: TOO_LONG };
  return URI.test(text) ? { place, uri: text } : { place, error: 'is neither an otpauth nor an otpauth-migration URI' };
}

function entryFound(place: string, entry: string | InvalidInputError): Found {
  return entry instanceof InvalidInputError ? { place, error: entry.message } : { place, uri: entry };
}

/** The most characters of a line; no server accepts more. */
function isTooLong(text: string): boolean {
  return text.length > MAX_URI || Buffer.byteLength(text) > MAX_URI;
}

async function readInput(io: Io, argument: string): Promise<Buffer> {
  if (argument === '-') return readStdin(io);
  // The message does not repeat a secret that the user typed instead of a URI.
  if (/^[A-Za-z2-7=\s-]{8,}$/.test(argument) && !existsSync(argument))
    throw usageError('an argument is neither a URI, nor a file that is there; a secret is taken as an otpauth URI only');
  return readFile(argument);
}

async function readFile(file: string): Promise<Buffer> {
  try {
    await using handle = await open(file, 'r');
    const { size } = await handle.stat();
    if (size > MAX_BYTES) throw tooLarge(file);
    return await collect(handle.createReadStream({ autoClose: false }), file);
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw localError(`${file} cannot be read: ${fileTrouble(error)}`);
    throw error;
  }
}

async function readStdin(io: Io): Promise<Buffer> {
  if (io.stdin.isTTY) throw usageError('standard input is a terminal: pipe URIs, a picture or a backup in, or name a file');
  using _waiting = explainWait(io, 'waiting for keys on standard input ...');
  return collect(addAbortSignal(io.signal, io.stdin), 'standard input');
}

/** Reads a file up to the bound: a file may grow while it is read, and a device has no size. */
async function collect(chunks: AsyncIterable<Uint8Array | string>, name: string): Promise<Buffer> {
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    kept.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > MAX_BYTES) throw tooLarge(name);
  }
  return Buffer.concat(kept);
}

function tooLarge(name: string): Error {
  return localError(`${name} is larger than ${MAX_BYTES / 1024 / 1024} MiB: give only the URIs, the picture or the backup`);
}
