/** The file of the sealing key ring: its lines and its creation (docs/sealed-keys.md). */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { about, invalid, restating } from '../otp/error.ts';
import { createKey, createRing, type RingKey, SEALING_KEY_BYTES } from '../sealing/ring.ts';
import { makePrivateFile } from './private-file.ts';

/** The most bytes in the file: enough for more than 500 keys. */
const MOST_BYTES = 65_536;
const HEADER =
  '# The sealing keys of otpd, which open every sealed key: id, made, seals from, state, key. Change it by `otpd sealing-keys` alone.\n';
const LINE = /^([0-9a-f]{8})\s+(\S{20})\s+(\S{20})\s+(?:active\s+([A-Za-z0-9+/]{43}=)|retired)$/;

/** The file of the ring beside an embedded database. */
export function ringFile(dataDir: string): string {
  return join(dataDir, 'sealing-keys');
}

/** Makes a key at `now` that seals from `sealsFrom` on; both are in ms since the epoch. */
export function makeKey(now: number, sealsFrom: number): RingKey {
  const bytes = randomBytes(SEALING_KEY_BYTES);
  try {
    return createKey(bytes, toSecond(now), toSecond(sealsFrom));
  } finally {
    bytes.fill(0);
  }
}

/** Makes the file with a key that seals at once, unless the file exists. Returns whether this process made it. */
export function ensureRingFile(file: string, now: number): boolean {
  return makePrivateFile(file, formatRing([makeKey(now, now)]));
}

/**
 * Reads the keys of a ring from a file; `field` is its setting. Throws `InvalidInputError` if the file cannot be used. The error does not quote the file.
 */
export function readRingFile(file: string, field: string): readonly RingKey[] {
  const text = readText(file, field);
  return restating(about(field), () => {
    const keys = parseRing(text);
    createRing(keys);
    return keys;
  });
}

/** Reads the lines; skips empty lines and comments. */
function parseRing(text: string): RingKey[] {
  return text.split('\n').flatMap((line, index) => {
    const content = line.trim();
    if (content === '' || content.startsWith('#')) return [];
    const key = parseLine(content);
    if (key === undefined)
      throw invalid('', `line ${index + 1} is no sealing key: it was cut off or changed, so restore the file`);
    return [key];
  });
}

function parseLine(line: string): RingKey | undefined {
  const [, id, created, from, encoded] = LINE.exec(line) ?? [];
  const [createTime, sealsFrom] = [readTime(created), readTime(from)];
  if (id === undefined || createTime === undefined || sealsFrom === undefined) return undefined;
  if (encoded === undefined) return { id, createTime, sealsFrom, secret: undefined };
  const bytes = Buffer.from(encoded, 'base64');
  try {
    const key = createKey(bytes, createTime, sealsFrom);
    return key.id === id && bytes.toString('base64') === encoded ? key : undefined;
  } finally {
    bytes.fill(0);
  }
}

/** The text of the file. */
export function formatRing(keys: readonly RingKey[]): string {
  const lines = keys.map(({ id, createTime, sealsFrom, secret }) => {
    const state = secret === undefined ? 'retired' : `active  ${secret.export().toString('base64')}`;
    return `${id}  ${formatTime(createTime)}  ${formatTime(sealsFrom)}  ${state}\n`;
  });
  return HEADER + lines.join('');
}

function readText(file: string, field: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw invalid(field, `cannot be read (${code}): correct the path or its mode`);
    throw invalid(
      field,
      `there is no ${file}: copy the file of another instance or of a backup; for the very first start make one with \`otpd sealing-keys add\`, and give it to every instance`,
    );
  }
  if (bytes.length > MOST_BYTES) throw invalid(field, 'too long for a file of sealing keys: correct the path');
  const text = bytes.toString('utf8');
  bytes.fill(0);
  return text;
}

/** RFC 3339, to the second. */
function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Reads a time in the form that `formatTime` writes. */
function readTime(text = ''): number | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) || formatTime(ms) !== text ? undefined : ms;
}

function toSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

/** The state of a key: it seals now, it will seal later (staged), it only opens blobs that it sealed earlier, or it is retired. */
export type KeyState = 'seals' | 'staged' | 'opens' | 'retired';

/** Returns the state of a key of `keys` at `now`. */
export function keyStateAt(keys: readonly RingKey[], key: RingKey, now: number): KeyState {
  if (key.secret === undefined) return 'retired';
  if (createRing(keys).sealingKeyAt(now).id === key.id) return 'seals';
  return key.sealsFrom > now ? 'staged' : 'opens';
}
