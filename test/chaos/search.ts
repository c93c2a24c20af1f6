/** A search of all that a cluster leaves behind for what must never be written: secrets, codes, API keys. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';

/** Something planted, and what to call it when it is found. */
export interface Canary {
  readonly name: string;
  readonly value: string | Uint8Array;
}

/** What was found, and where. Codes are searched as whole numbers, or the middle of a date would be one. */
export function findCanaries(cluster: Cluster, canaries: readonly Canary[]): string[] {
  const forms = canaries.flatMap(({ name, value }) => formsOf(value).map((bytes) => ({ name, bytes })));
  const byStart = Map.groupBy(forms, ({ bytes }) => bytes.readUInt32LE(0));
  const found = traces(cluster).flatMap(({ place, bytes }) => findIn(bytes, byStart).map((name) => `${name} in ${place}`));
  return [...new Set(found)];
}

interface Form {
  readonly name: string;
  readonly bytes: Buffer;
}

interface Trace {
  readonly place: string;
  readonly bytes: Buffer;
}

/** Every file of the data folder and of Redis, with a fresh dump of its memory; the audit trail; all that the processes wrote. */
function traces({ folder, redis, instances }: Cluster): Trace[] {
  redis?.cli('save');
  const output = instances.map((one) => ({ place: `the output of ${one.address}`, bytes: Buffer.from(one.output.join('\n')) }));
  return [...filesBelow(folder), ...(redis ? filesBelow(redis.folder) : []), ...output];
}

function filesBelow(folder: string): Trace[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((place) => ({ place, bytes: readFileSync(place) }));
}

/** How bytes may be written: as they are, or encoded. */
function formsOf(value: string | Uint8Array): Buffer[] {
  if (typeof value === 'string') return [Buffer.from(value)];
  const bytes = Buffer.from(value);
  const encoded = (['hex', 'base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding).replace(/=+$/, ''));
  return [bytes, ...encoded.map((text) => Buffer.from(text))];
}

/** The names of all forms that are in `bytes`: one pass, however many there are. */
function findIn(bytes: Buffer, byStart: ReadonlyMap<number, readonly Form[]>): string[] {
  const found: string[] = [];
  let start = 0;
  for (const [end, byte] of bytes.entries()) {
    // The last four bytes, as `readUInt32LE` has them.
    start = ((start >>> 8) | (byte << 24)) >>> 0;
    for (const form of byStart.get(start) ?? []) if (isAt(bytes, end - 3, form.bytes)) found.push(form.name);
  }
  return found;
}

function isAt(bytes: Buffer, at: number, form: Buffer): boolean {
  const end = at + form.length;
  if (!bytes.subarray(at, end).equals(form)) return false;
  return !isDigit(form[0]) || !(isDigit(bytes[at - 1]) || isDigit(bytes[end]));
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
