/** `otpd generate`: makes a key and shows it as a picture and as text, ready to enrol. */
import { Command, Option } from 'commander';
import { type GenerateResponse, GenerateResponseSchema } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { QrFormat } from '../../../gen/ts/otp/v1/qr_code_pb.ts';
import { type QrOptions, renderQr } from '../../otp/qr.ts';
import { addConnectOptions, type ConnectFlags, withClient } from '../input/connect.ts';
import { addKeyOptions, type KeyFlags, keyFields } from '../input/key-options.ts';
import { parsePositive } from '../input/parsers.ts';
import { readSecret } from '../input/secret.ts';
import type { Io } from '../io.ts';
import { describeLeft, groupCode } from '../output/code-view.ts';
import { reserveFile } from '../output/picture.ts';
import { QR_HELP, QR_LOOKS, type QrLook, showQr } from '../output/terminal-qr.ts';
import { paint, printable, warn, writeLine, writeMessage } from '../output/text.ts';

interface GenerateFlags extends ConnectFlags, KeyFlags {
  readonly issuer?: string;
  readonly account: string;
  readonly size?: number;
  /** True if the flag stands without a value. */
  readonly secret?: string | true;
  readonly png?: string;
  readonly svg?: string;
  readonly force?: boolean;
  readonly qr: QrLook;
  readonly json?: boolean;
}

const HELP = `
The server does not store the secret: encrypt it and store it yourself. Pictures contain the secret
too: only their owner can read them (mode 0600).

--secret shows the QR code of an existing secret. Other users of this machine can see arguments:
without a value, or with -, it reads OTPD_SECRET or standard input instead.

Examples:
  $ otpd generate --issuer ACME --account alice@example.com
  $ otpd generate --issuer ACME --account alice@example.com --png alice.png
  $ otpd generate --issuer ACME --account alice@example.com --json | jq -r .secret
  $ pass show acme/otp | otpd generate --issuer ACME --account alice@example.com --secret`;

/** The command. */
export function generateCommand(io: Io): Command {
  const command = new Command('generate')
    .description('make a new secret and show its QR code')
    .option('--issuer <name>', 'your product, as the app shows it')
    .requiredOption('--account <name>', 'the account, usually an e-mail address, as the app shows it')
    .addOption(new Option('--qr <look>', QR_HELP).choices(QR_LOOKS).default('auto'))
    .option('--png <file>', 'save the QR code as a PNG picture')
    .option('--svg <file>', 'save the QR code as an SVG picture')
    .option('--force', 'let --png and --svg replace existing files')
    .addOption(
      new Option('--size <bytes>', 'the size of the secret, 16 to 64 (default: 20, with sha256 32, with sha512 64)')
        .argParser(parsePositive)
        .conflicts('secret'),
    )
    .option('--secret [SECRET]', 'an existing secret in base32, to show its QR code again')
    .option('--json', 'print the answer as JSON on one line, with the QR code as a PNG');
  return addConnectOptions(addKeyOptions(command))
    .addHelpText('after', HELP)
    .action((flags: GenerateFlags) => generate(io, flags));
}

async function generate(io: Io, flags: GenerateFlags): Promise<void> {
  const { issuer = '', account, size, secret, png, svg, force = false } = flags;
  const request = {
    ...keyFields(flags),
    issuer,
    accountName: account,
    ...(size !== undefined && { secretSize: size }),
    ...(secret !== undefined && { secret: await readSecret(io, secret === true ? undefined : secret) }),
    qrCode: { format: flags.json ? QrFormat.PNG : QrFormat.NONE },
  };
  using pngFile = png === undefined ? undefined : reserveFile(png, force);
  using svgFile = svg === undefined ? undefined : reserveFile(svg, force);
  const response = await withClient(io, flags, (client) => client.generate(request, { signal: io.signal }));
  if (flags.json) writeMessage(io.stdout, GenerateResponseSchema, response);
  else showKey(io, response, flags);
  for (const [format, target] of [
    ['png', pngFile],
    ['svg', svgFile],
  ] as const) {
    if (target === undefined) continue;
    target.save(renderQr(response.uri, { ...PICTURE, format }).data);
    writeLine(io.stderr, `saved ${printable(target.file)}`);
  }
}

/** The server's defaults. The picture is drawn here, because another call would make another key. */
const PICTURE = { errorCorrection: 'M', scale: 6, quietZone: 4 } as const satisfies Omit<QrOptions, 'format'>;

/** The QR code comes last: a terminal of 24 lines has no room for more above the prompt, and the rest can be scrolled to. */
function showKey(io: Io, { uri, secretGrouped, token, warnings }: GenerateResponse, flags: GenerateFlags): void {
  const { issuer, account, qr, secret } = flags;
  writeLine(io.stdout, `Account  ${printable(issuer ? `${issuer} (${account})` : account)}`);
  writeLine(io.stdout, `Secret   ${paint(io, io.stdout, 'bold', printable(secretGrouped))}`);
  if (token !== undefined)
    writeLine(io.stdout, `Code     ${groupCode(printable(token.code))}${describeLeft(token)}; the app should show the same`);
  writeLine(io.stdout, `URI      ${printable(uri)}`);
  if (io.stdout.isTTY) writeLine(io.stdout, secret === undefined ? NEXT : '');
  for (const { field, description } of warnings) warn(io, `${field}: ${description}`);
  showQr(io, uri, qr, 'enlarge it, or run the command again with --secret, which asks for this secret, and with --png FILE');
}

const NEXT = `
Next     otpd verify   asks for the secret and a code, and checks the code once
Store the secret encrypted: otpd does not keep it.
`;
