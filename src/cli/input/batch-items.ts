/** The items of `otpd batch`: requests as JSON, each on a line, or a table in CSV (RFC 4180) whose first line names its columns. */
import { readFile, stat } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { type DescMessage, fromJson, type JsonValue, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { InvalidArgumentError } from 'commander';
import { parse } from 'csv-parse/sync';
import type { KeySchema } from '../../../gen/ts/otp/v1/key_pb.ts';
import type { Io } from '../io.ts';
import { fileTrouble, localError, usageError } from '../output/failure.ts';
import { anyKeyOf, parseAlgorithm, parseType } from './key-options.ts';
import { parseCounter, parsePositive } from './parsers.ts';

/** The most bytes of an input: half a million items. */
const MOST_BYTES = 64 * 1024 * 1024;

/** The fields of a request that a table can have as columns. */
export interface Row {
  readonly key: MessageInitShape<typeof KeySchema>;
  readonly code?: string;
  readonly requestId?: string;
}

/** How the kind of request is made. */
export interface ItemKind<Schema extends DescMessage> {
  readonly schema: Schema;
  /** The columns that a table must have, and the columns that it may have. */
  readonly required: readonly Column[];
  readonly optional: readonly Column[];
  readonly make: (row: Row) => MessageShape<Schema>;
}

type Column = 'key' | 'context' | 'type' | 'algorithm' | 'digits' | 'period' | 'counter' | 'code' | 'request_id';
/** The optional columns of every table. */
export const KEY_COLUMNS: readonly Column[] = ['context', 'type', 'algorithm', 'digits', 'period', 'counter'];

/**
 * Reads all items before the first is sent, so that an invalid line does not leave a part of the codes used up. Throws a usage error that names the line
 * and repeats nothing of it, since it may hold a secret.
 */
export async function readItems<Schema extends DescMessage>(
  io: Io,
  file: string | undefined,
  kind: ItemKind<Schema>,
): Promise<MessageShape<Schema>[]> {
  const text = (await readText(io, file)).replace(/^\u{feff}/u, '');
  if (text.trim() === '') throw usageError('nothing to do: the input is empty');
  const items = /^\s*\{/.test(text) ? readJsonLines(text, kind.schema) : readTable(text, kind);
  if (items.length === 0) throw usageError('nothing to do: the input has no items');
  return items;
}

function readJsonLines<Schema extends DescMessage>(text: string, schema: Schema): MessageShape<Schema>[] {
  return text.split('\n').flatMap((line, place) => (line.trim() === '' ? [] : [readJsonLine(line, place + 1, schema)]));
}

function readJsonLine<Schema extends DescMessage>(line: string, number: number, schema: Schema): MessageShape<Schema> {
  let json: JsonValue;
  try {
    json = JSON.parse(line) as JsonValue;
  } catch {
    throw usageError(`line ${number} is not JSON: give one request a line`);
  }
  try {
    return fromJson(schema, json);
  } catch {
    const known = schema.fields.map(({ jsonName }) => jsonName).join(', ');
    throw usageError(`line ${number} is no ${schema.name} in JSON: it may have ${known}, as docs/api.md has them`);
  }
}

function readTable<Schema extends DescMessage>(text: string, kind: ItemKind<Schema>): MessageShape<Schema>[] {
  let rows: string[][];
  try {
    rows = parse(text, { skip_empty_lines: true, relax_column_count: true });
  } catch {
    throw usageError('the input is not CSV: look for a quote that is not closed');
  }
  const [header = [], ...items] = rows;
  const names = header.map((name) => name.trim());
  const allowed: readonly string[] = [...kind.required, ...kind.optional];
  const missing = kind.required.find((name) => !names.includes(name));
  if (missing !== undefined)
    throw usageError(`the first line must name the columns, and has no ${missing}: columns are ${allowed.join(', ')}`);
  const unknown = names.findIndex((name) => !allowed.includes(name));
  if (unknown >= 0) throw usageError(`column ${unknown + 1} has a name that is not known: columns are ${allowed.join(', ')}`);
  if (new Set(names).size < names.length) throw usageError('two columns have one name');
  return items.map((cells, place) => {
    if (cells.length !== names.length)
      throw usageError(`row ${place + 1} has ${cells.length} columns, and the first line ${names.length}`);
    const row = new Map(names.map((name, at) => [name as Column, (cells[at] ?? '').trim()]));
    return kind.make(readRow(row, place + 1));
  });
}

/** An empty cell leaves its field unset. */
function readRow(row: ReadonlyMap<Column, string>, number: number): Row {
  const cell = <T>(name: Column, parsed: (text: string) => T): T | undefined => {
    const text = row.get(name) ?? '';
    if (text === '') return undefined;
    try {
      return parsed(text);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw usageError(`row ${number}, ${name}: ${error.message}`);
    }
  };
  const flags = {
    type: cell('type', parseType),
    algorithm: cell('algorithm', parseAlgorithm),
    digits: cell('digits', parsePositive),
    period: cell('period', parsePositive),
    counter: cell('counter', parseCounter),
  };
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  const [code, requestId] = [row.get('code'), row.get('request_id')];
  return {
    key: anyKeyOf(row.get('key') ?? '', row.get('context'), given),
    ...(code !== undefined && { code }),
    ...(requestId !== undefined && { requestId }),
  };
}

async function readText(io: Io, file: string | undefined): Promise<string> {
  if (file !== undefined && file !== '-') {
    try {
      if ((await stat(file)).size > MOST_BYTES) throw tooLong();
      return await readFile(file, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error) throw localError(`the file cannot be read: ${fileTrouble(error)}`);
      throw error;
    }
  }
  if (io.stdin.isTTY) throw usageError('nothing to read: name a file, or pipe the items in');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of addAbortSignal(io.signal, io.stdin)) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    size += bytes.length;
    if (size > MOST_BYTES) throw tooLong();
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLong(): Error {
  return usageError('the input is longer than 64 MiB: divide it');
}
