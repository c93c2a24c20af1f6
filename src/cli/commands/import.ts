/** `otpd import`: reads the keys of other programs, and prints them as otpauth URIs or sealed keys. */
import { toJson } from '@bufbuild/protobuf';
import { Command, Option } from 'commander';
import { SecretDelivery } from '../../../gen/ts/otp/v1/key_pb.ts';
import { type ImportResult, ImportResultSchema } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { isMigrationUri, type LostPart, lostParts, type MigrationPart, readMigration } from '../../otp/migration.ts';
import { divideIntoCalls } from '../input/calls.ts';
import { addConnectOptions, type ConnectFlags, withClient } from '../input/connect.ts';
import { contextBytes } from '../input/key-options.ts';
import { type Found, readSource } from '../input/key-sources.ts';
import type { Io } from '../io.ts';
import { EXIT } from '../output/exit.ts';
import { usageError } from '../output/failure.ts';
import { reserveFile } from '../output/picture.ts';
import { alignColumns, paint, printable, writeLine } from '../output/text.ts';

interface ImportFlags extends ConnectFlags {
  readonly delivery: keyof typeof DELIVERIES;
  readonly context?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const DELIVERIES = { plain: SecretDelivery.PLAIN, sealed: SecretDelivery.SEALED, both: SecretDelivery.BOTH } as const;

const HELP = `
SOURCE is one of these:
  - an otpauth:// or otpauth-migration:// URI; other users of this machine can see arguments
  - a file, or - for standard input, with
      a URI per line
      a picture, PNG or JPEG, of one or several QR codes
      a plaintext backup of Aegis or 2FAS, JSON

Google Authenticator exports QR codes of up to ten keys each (Transfer accounts): save a picture of
each QR code. Missing parts are named.

Prints a key per line. If a key cannot be imported, standard error names it with the reason, and the
others are still printed. The API key needs the scope seal.

Exit codes: 0 all imported; 2 at least one was not, or a part of a migration is missing.

Examples:
  $ otpd import screenshot-1.png screenshot-2.png
  $ otpd import aegis.json --delivery sealed --context user-1/totp/1
  $ otpd import - --out keys.txt < uris.txt`;

/** The command. */
export function importCommand(io: Io): Command {
  const command = new Command('import')
    .description('import the secrets of other programs')
    .argument('<SOURCE...>', 'URIs, files, or - for standard input')
    .addOption(
      new Option('--delivery <form>', 'plain, an otpauth URI; sealed, a sealed key; or both')
        .choices(Object.keys(DELIVERIES))
        .default('plain'),
    )
    .option('--context <text>', 'the context to bind the sealed keys to, at most 256 bytes; all keys then belong to one user')
    .option('--out <file>', 'write the keys to a file that only its owner can read')
    .option('--force', 'let --out replace an existing file')
    .option('--json', 'print JSON on one line');
  return addConnectOptions(command)
    .addHelpText('after', HELP)
    .action((sources: string[], flags: ImportFlags) => importKeys(io, sources, flags));
}

/** The outcome for a key, and where the key was found. */
type Outcome = { readonly place: string } & ({ readonly result: ImportResult } | { readonly error: string });

async function importKeys(io: Io, sources: readonly string[], flags: ImportFlags): Promise<void> {
  if (sources.filter((source) => source === '-').length > 1) throw usageError('- is standard input, which can be read once');
  if (flags.delivery === 'plain' && flags.context !== undefined)
    throw usageError('--context is for sealed keys: add --delivery sealed');
  const found: Found[] = [];
  for (const source of sources) found.push(...(await readSource(io, source)));
  using file = flags.out === undefined ? undefined : reserveFile(flags.out, flags.force === true);
  const outcomes = await call(io, found, flags);
  const missing = lostParts(found.flatMap((one) => ('uri' in one ? (partOf(one.uri) ?? []) : [])));
  const text = flags.json ? [JSON.stringify(jsonOf(outcomes, missing))] : linesOf(outcomes);
  if (file === undefined) for (const line of text) writeLine(io.stdout, line);
  else {
    file.save(Buffer.from(text.map((line) => `${line}\n`).join('')));
    const count = outcomes.filter((one) => 'result' in one).length;
    writeLine(io.stderr, `saved ${count} key${count === 1 ? '' : 's'} to ${printable(file.file)}`);
  }
  if (!flags.json || file !== undefined) showTroubles(io, outcomes, missing);
  if (missing.length > 0 || outcomes.some((one) => 'error' in one)) io.setExitCode(EXIT.unknown);
}

/** Sends all URIs to the server, in several calls if necessary, before it writes anything. */
async function call(io: Io, found: readonly Found[], flags: ImportFlags): Promise<Outcome[]> {
  const numbered = found.map((one, at) => ({ ...one, at }));
  const readable = numbered.filter((one) => 'uri' in one);
  const outcomes: Outcome[][] = found.map((one) => ('error' in one ? [one] : []));
  const sizeOf = ({ uri }: { uri: string }) => ({ bytes: Buffer.byteLength(uri), keys: partOf(uri)?.entries.length ?? 1 });
  await withClient(io, flags, async (client) => {
    for (const items of divideIntoCalls(readable, sizeOf)) {
      const request = {
        uris: items.map(({ uri }) => uri),
        delivery: DELIVERIES[flags.delivery],
        sealedContext: contextBytes(flags.context),
      };
      const { results } = await client.importKeys(request, { signal: io.signal });
      for (const result of results) {
        const item = items[result.uriIndex];
        if (item !== undefined) outcomes[item.at]?.push(outcomeOf(item, result));
      }
    }
  });
  return outcomes.flat();
}

function outcomeOf({ place, uri }: { place: string; uri: string }, result: ImportResult): Outcome {
  const precise = isMigrationUri(uri) && result.error?.code !== undefined ? `${place}, key ${result.entryIndex + 1}` : place;
  if (result.error === undefined) return { place: precise, result };
  const { violations, message } = result.error;
  return { place: precise, error: violations.map(({ description }) => description).join('; ') || message };
}

function partOf(uri: string): MigrationPart | undefined {
  try {
    return isMigrationUri(uri) ? readMigration(uri) : undefined;
  } catch {
    return undefined; // The server says why.
  }
}

/** Sealed keys, each followed by its names or its URI; without sealed keys only the URIs. */
function linesOf(outcomes: readonly Outcome[]): string[] {
  const rows = outcomes.flatMap((one) => ('result' in one ? [rowOf(one.result)] : []));
  return alignColumns(rows);
}

function rowOf({ uri, sealed, parameters }: ImportResult): string[] {
  if (sealed === undefined) return [printable(uri)];
  const name = [parameters?.issuer, parameters?.accountName].filter((part) => part).join(':');
  return [printable(sealed.blob), printable(uri === '' ? name : uri)];
}

function jsonOf(outcomes: readonly Outcome[], missingParts: readonly LostPart[]): unknown {
  const keys = outcomes.flatMap((one) => {
    if (!('result' in one)) return [];
    const { uriIndex, entryIndex, ...result } = toJson(ImportResultSchema, one.result) as Record<string, unknown>;
    return [{ place: one.place, ...result }];
  });
  const errors = outcomes.flatMap((one) => ('error' in one ? [one] : []));
  return { keys, errors, missingParts };
}

function showTroubles(io: Io, outcomes: readonly Outcome[], missing: readonly LostPart[]): void {
  const label = paint(io, io.stderr, 'red', 'error:');
  for (const one of outcomes) if ('error' in one) writeLine(io.stderr, `${label} ${printable(`${one.place}: ${one.error}`)}`);
  for (const { index, size } of missing)
    writeLine(io.stderr, `${label} QR code ${index + 1} of ${size} of a migration is missing: import all of them at once`);
}
