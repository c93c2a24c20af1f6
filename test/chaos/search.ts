/** Searches everything that a cluster leaves behind for secrets, codes and API keys, which must never be written. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';
import type { TestKey } from './keys.ts';

/** A value to search for, with its name for messages. */
export interface Canary {
  readonly name: string;
  readonly value: string | Uint8Array;
}

/** Returns the canaries of keys, of the codes that were sent for them, and of the API keys of a cluster. */
export function canariesOf({ apiKeys }: Pick<Cluster, 'apiKeys'>, keys: Iterable<TestKey>, codes: Iterable<string>): Canary[] {
  return [
    ...[...keys].flatMap(({ secret, bytes }) => [
      { name: 'a secret', value: secret },
      { name: 'the bytes of a secret', value: bytes },
    ]),
    // A mistyped code may be any text, so only codes of eight digits are searched.
    ...[...new Set(codes)].filter((code) => /^\d{8}$/.test(code)).map((value) => ({ name: 'a code', value })),
    ...apiKeys.flatMap((value) => [
      { name: 'an API key', value },
      { name: 'the secret of an API key', value: value.split('_')[2] ?? value },
    ]),
  ];
}

/** Returns the canaries that were found, and the places. Codes match only as whole numbers; otherwise a part of a date could match. */
export function findCanaries(cluster: Cluster, canaries: readonly Canary[]): string[] {
  const forms = canaries.flatMap(({ name, value }) => formsOf(value).map((bytes) => ({ name, bytes })));
  const byStart = Map.groupBy(forms, ({ bytes }) => bytes.readUInt32LE(0));
  const found = traces(cluster).flatMap(({ place, bytes }) => findIn(bytes, byStart).map((name) => `${name} in ${place}`));
  return [...new Set(found)];
}

/** Returns all keys of Redis with their values. */
const EVERYTHING = `
  local read = {
    string = function(key) return { redis.call('GET', key) } end,
    hash = function(key) return redis.call('HGETALL', key) end,
    list = function(key) return redis.call('LRANGE', key, 0, -1) end,
    set = function(key) return redis.call('SMEMBERS', key) end,
    zset = function(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end,
  }
  local all = {}
  for _, key in ipairs(redis.call('KEYS', '*')) do
    table.insert(all, { key, read[redis.call('TYPE', key).ok](key) })
  end
  return all`;

interface Form {
  readonly name: string;
  readonly bytes: Buffer;
}

interface Trace {
  readonly place: string;
  readonly bytes: Buffer;
}

/**
 * Collects every file of the data folder and of Redis with a new dump of its memory, the content of Redis, and the arguments, output and answers of
 * the processes.
 */
function traces({ folder, redis, instances }: Cluster): Trace[] {
  redis?.cli('save');
  const ofInstances = instances.flatMap(({ address, output, commandLine, caller }) => [
    trace(`the output of ${address}`, output.join('\n')),
    trace(`the arguments of ${address}`, commandLine()),
    trace(`the answers of ${address}`, [...caller.told].join('\n')),
  ]);
  const ofRedis = redis ? [...filesBelow(redis.folder), trace('the keys of Redis', redis.cli('eval', EVERYTHING, '0'))] : [];
  return [...filesBelow(folder), ...ofRedis, ...ofInstances];
}

function trace(place: string, text: string): Trace {
  return { place, bytes: Buffer.from(text) };
}

function filesBelow(folder: string): Trace[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((place) => ({ place, bytes: readFileSync(place) }));
}

/** Returns the forms in which text or bytes may be written: unchanged, in another case, encoded, or as a list of numbers. */
function formsOf(value: string | Uint8Array): Buffer[] {
  const bytes = Buffer.from(value);
  const encoded = (['hex', 'base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding).replace(/=+$/, ''));
  const texts =
    typeof value === 'string'
      ? [value.toLowerCase(), value.toUpperCase()]
      : [bytes.toString('hex').toUpperCase(), bytes.join(','), JSON.stringify(new Uint8Array(value)).slice(1, -1)];
  return [...new Set([...encoded, ...texts])].map((text) => Buffer.from(text)).concat(bytes);
}

/** Returns the names of all forms in `bytes`, in one pass for any number of forms. */
function findIn(bytes: Buffer, byStart: ReadonlyMap<number, readonly Form[]>): string[] {
  const found: string[] = [];
  let start = 0;
  for (const [end, byte] of bytes.entries()) {
    // The last four bytes, as `readUInt32LE` reads them.
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
