/** `otpd export`: writes the secrets of plain or sealed keys as URIs and QR codes for other programs. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { ExportFormat } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { type QrOptions, renderQr } from '../../otp/qr.ts';
import { divideIntoCalls } from '../input/calls.ts';
import { addConnectOptions, type ConnectFlags, withClient } from '../input/connect.ts';
import { contextBytes } from '../input/key-options.ts';
import { readStored, type Stored } from '../input/key-sources.ts';
import type { Io } from '../io.ts';
import { EXIT } from '../output/exit.ts';
import { fileTrouble, localError, usageError } from '../output/failure.ts';
import { describeItemError } from '../output/item-results.ts';
import { reserveFile } from '../output/picture.ts';
import { showQr } from '../output/terminal-qr.ts';
import { paint, printable, writeJson, writeLine } from '../output/text.ts';

interface ExportFlags extends ConnectFlags {
  readonly format: keyof typeof FORMATS;
  readonly context?: string;
  readonly issuer?: string;
  readonly account?: string;
  readonly qr?: boolean;
  readonly png?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const FORMATS = { otpauth: ExportFormat.OTPAUTH, migration: ExportFormat.MIGRATION } as const;
/** Level L: a migration has many modules, and a higher level would add more. A screen has no stains. */
const PICTURES = {
  otpauth: { errorCorrection: 'M', scale: 6, quietZone: 4 },
  migration: { errorCorrection: 'L', scale: 6, quietZone: 4 },
} as const satisfies Record<keyof typeof FORMATS, Omit<QrOptions, 'format'>>;

const HELP = `
KEY is an otpauth:// URI, a sealed key (otpk1_...), or a file with one of these per line; - is standard
input. \`otpd import\` and \`otpd seal\` print such lines. A line may have the context of its sealed key
after a tab: BLOB<TAB>CONTEXT.

The output contains secrets. Only the owner of a file can read it (mode 0600). Existing files are
replaced only with --force.

--format migration gives otpauth-migration:// URIs of up to ten keys each, which Google
Authenticator and others import (Transfer accounts, Import accounts). They hold only TOTP of 30
seconds and HOTP, with 6 or 8 digits: standard error names other keys with the reason.

The API key needs the scope export. Each key is written to the server's audit trail.

Exit codes: 0 all exported; 2 at least one was not.

Examples:
  $ otpd export keys.txt --format migration --qr
  $ otpd export keys.txt --format migration --png pictures
  $ otpd export otpk1_... --context user-1/totp/1`;

/** The command. */
export function exportCommand(io: Io): Command {
  const command = new Command('export')
    .description('export secrets to other programs')
    .argument('<KEY...>', 'URIs, sealed keys, files, or - for standard input')
    .addOption(new Option('--format <form>', 'otpauth or migration').choices(Object.keys(FORMATS)).default('otpauth'))
    .option('--context <text>', 'the context that the sealed keys are bound to')
    .option('--issuer <name>', 'the issuer, instead of the issuer of each key')
    .option('--account <name>', 'the account name, instead of the account name of each key')
    .option('--qr', 'draw QR codes on the terminal')
    .option('--png <folder>', 'save QR codes as PNG pictures in a folder')
    .option('--out <file>', 'write the URIs to a file')
    .option('--force', 'let --png and --out replace existing files')
    .option('--json', 'print JSON on one line');
  return addConnectOptions(command)
    .addHelpText('after', HELP)
    .action((keys: string[], flags: ExportFlags) => exportKeys(io, keys, flags));
}

interface Exported {
  readonly uris: readonly string[];
  readonly errors: readonly { readonly place: string; readonly error: string }[];
}

async function exportKeys(io: Io, keys: readonly string[], flags: ExportFlags): Promise<void> {
  if (keys.filter((key) => key === '-').length > 1) throw usageError('- is standard input, which can be read once');
  const found: Stored[] = [];
  for (const key of keys) found.push(...(await readStored(io, key)));
  using file = flags.out === undefined ? undefined : reserveFile(flags.out, flags.force === true);
  const exported = await call(io, found, flags);
  file?.save(Buffer.from(exported.uris.map((uri) => `${uri}\n`).join('')));
  if (file !== undefined) writeLine(io.stderr, `saved ${printable(file.file)}`);
  if (flags.png !== undefined) savePictures(io, flags.png, exported.uris, flags);
  if (flags.json) writeJson(io.stdout, exported);
  else {
    show(io, exported.uris, flags);
    const label = paint(io, io.stderr, 'red', 'error:');
    for (const { place, error } of exported.errors) writeLine(io.stderr, `${label} ${printable(`${place}: ${error}`)}`);
  }
  if (exported.errors.length > 0) io.setExitCode(EXIT.unknown);
}

async function call(io: Io, found: readonly Stored[], flags: ExportFlags): Promise<Exported> {
  const uris: string[] = [];
  const errors = found.filter((one) => 'error' in one);
  const readable = found.filter((one) => 'key' in one);
  const { issuer = '', account: accountName = '' } = flags;
  const names = { issuer, accountName };
  const items = readable.map(({ place, key, context }) => ({ place, key, context: contextBytes(context ?? flags.context) }));
  const sizeOf = ({ key, context }: { key: string; context: Uint8Array }) => ({
    bytes: Buffer.byteLength(key + issuer + accountName) + context.length,
    keys: 1,
  });
  await withClient(io, flags, async (client) => {
    for (const lot of divideIntoCalls(items, sizeOf)) {
      const request = {
        items: lot.map(({ key, context }) => ({ key: { source: sourceOf(key, context) }, ...names })),
        format: FORMATS[flags.format],
      };
      const response = await client.exportKeys(request, { signal: io.signal });
      uris.push(...response.uris);
      for (const [i, { result }] of response.results.entries()) {
        if (result.case === 'error') errors.push({ place: lot[i]?.place ?? '', error: describeItemError(result.value) });
      }
    }
  });
  return { uris, errors };
}

function sourceOf(text: string, context: Uint8Array) {
  if (text.startsWith('otpk1_')) return { case: 'sealed', value: { blob: text, context } } as const;
  return { case: 'uri', value: text } as const;
}

function savePictures(io: Io, folder: string, uris: readonly string[], { format, force = false }: ExportFlags): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw localError(`${folder} cannot be made: ${fileTrouble(error)}`);
  }
  using files = new DisposableStack();
  const width = String(uris.length).length;
  // All file names are reserved before the first picture is saved.
  const reserved = uris.map((uri, i) => {
    const name = `${format}-${String(i + 1).padStart(width, '0')}.png`;
    return [uri, files.use(reserveFile(join(folder, name), force))] as const;
  });
  for (const [uri, file] of reserved) {
    file.save(renderQr(uri, { ...PICTURES[format], format: 'png' }).data);
    writeLine(io.stderr, `saved ${printable(file.file)}`);
  }
}

function show(io: Io, uris: readonly string[], { qr, png, out }: ExportFlags): void {
  for (const [i, uri] of uris.entries()) {
    if (qr) {
      writeLine(io.stdout, `QR code ${i + 1} of ${uris.length}`);
      showQr(io, uri, 'auto', 'enlarge it, or save pictures with --png');
    } else if (png === undefined && out === undefined) writeLine(io.stdout, printable(uri));
  }
}
