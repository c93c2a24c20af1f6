/** `otpd enrol`: makes a sealed key, shows it to an app, and confirms it with a code of the app, so that only a working key is stored. */
import { randomUUID } from 'node:crypto';
import { Command, Option } from 'commander';
import { OtpType, type SealedKey, SecretDelivery } from '../../../gen/ts/otp/v1/key_pb.ts';
import {
  type GenerateResponse,
  GenerateResponseSchema,
  type VerifyResponse,
  VerifyResponseSchema,
} from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { QrFormat } from '../../../gen/ts/otp/v1/qr_code_pb.ts';
import { addConnectOptions, type ConnectFlags, withClient } from '../input/connect.ts';
import { addKeyOptions, contextBytes, type KeyFlags, keyFields } from '../input/key-options.ts';
import { readLines } from '../input/lines.ts';
import { openHiddenPrompt } from '../input/prompt.ts';
import type { Io } from '../io.ts';
import { CallError } from '../output/call-error.ts';
import { signOf } from '../output/charset.ts';
import { EXIT } from '../output/exit.ts';
import { CliError, usageError } from '../output/failure.ts';
import { QR_HELP, QR_LOOKS, type QrLook, showQr } from '../output/terminal-qr.ts';
import { paint, printable, warn, writeLine, writeMessage } from '../output/text.ts';
import { type CodeForm, describeVerdict, readVerdict, writeVerdict } from '../output/verdict.ts';

interface EnrolFlags extends ConnectFlags, KeyFlags {
  readonly issuer?: string;
  readonly account: string;
  readonly context?: string;
  readonly qr: QrLook;
  readonly json?: boolean;
}

const HELP = `
Draws the QR code of a new secret and asks for the code that the app shows, until it is correct. Then
it prints the sealed key: store that with the user, and nothing else. Only the server can open it.

--context binds the sealed key to the user and the factor, such as user-1/totp/1. Do not store it
beside the sealed key: build it again for each call.

Without a terminal, codes are read from standard input, one per line. With --json each answer is a
line: first the answer of Generate with the QR code as a PNG, then the answer of Verify to each code.

Exit codes: 0 confirmed; 1 no code was accepted; 2 error.

Examples:
  $ otpd enrol --issuer ACME --account alice@example.com --context user-1/totp/1`;

/** The command. */
export function enrolCommand(io: Io): Command {
  const command = new Command('enrol')
    .description('enrol a user: show a QR code, check a code, and print the sealed key')
    .option('--issuer <name>', 'your product, as the app shows it')
    .requiredOption('--account <name>', 'the account, usually an e-mail address, as the app shows it')
    .option('--context <text>', 'the context to bind the sealed key to, at most 256 bytes')
    .addOption(new Option('--qr <look>', QR_HELP).choices(QR_LOOKS).default('auto'))
    .option('--json', 'print each answer as JSON on one line');
  return addConnectOptions(addKeyOptions(command))
    .addHelpText('after', HELP)
    .action((flags: EnrolFlags) => enrol(io, flags));
}

async function enrol(io: Io, flags: EnrolFlags): Promise<void> {
  const context = contextBytes(flags.context);
  const made = await generate(io, flags, context);
  const { sealed } = made;
  if (sealed === undefined) throw new Error('a server that seals no keys was not refused');
  if (flags.json) writeMessage(io.stdout, GenerateResponseSchema, made);
  else showEnrolment(io, made, flags);
  let refused = false;
  for await (const code of io.stdin.isTTY ? typedCodes(io) : pipedCodes(io, flags.json === true)) {
    if (code === '') continue;
    const response = await confirm(io, flags, { ...sealed, context }, code);
    const exitCode = readVerdict(response);
    if (flags.json) writeMessage(io.stdout, VerifyResponseSchema, response);
    if (exitCode === EXIT.ok) {
      if (!flags.json) showStored(io, flags, response);
      return;
    }
    if (!flags.json) writeVerdict(io, io.stderr, false, describeVerdict(response, formOf(made)));
    refused = true;
  }
  if (!refused) throw usageError('no code came: the sealed key is not confirmed. Do not store it; enrol again');
  if (!flags.json) writeLine(io.stderr, 'not confirmed: store nothing, remove the account from the app, and enrol again');
  io.setExitCode(EXIT.refused);
}

function formOf({ parameters }: GenerateResponse): CodeForm {
  return { digits: `${parameters?.digits} digits`, period: parameters?.type === OtpType.HOTP ? 0 : parameters?.periodSeconds };
}

const PROMPT = 'Code that the app shows: ';

/** The codes that a person types, until one is right or the input ends. */
async function* typedCodes(io: Io): AsyncGenerator<string, void> {
  using prompt = openHiddenPrompt(io);
  for (let code = await prompt.ask(PROMPT); code !== undefined; code = await prompt.ask(PROMPT)) yield code;
}

/** The lines of standard input. A prompt asks for each unless JSON is wanted, since a person may type into the pipe. */
async function* pipedCodes(io: Io, json: boolean): AsyncGenerator<string, void> {
  // The prompt ends its line, so that later output begins on a new line.
  using _prompt = { [Symbol.dispose]: () => !json && io.signal.aborted && io.stderr.write('\n') };
  const ask = () => json || io.stderr.write(PROMPT);
  ask();
  for await (const code of readLines(io)) {
    yield code;
    ask();
  }
}

function generate(io: Io, flags: EnrolFlags, sealedContext: Uint8Array): Promise<GenerateResponse> {
  const { issuer = '', account } = flags;
  const request = {
    ...keyFields(flags),
    issuer,
    accountName: account,
    qrCode: { format: flags.json ? QrFormat.PNG : QrFormat.NONE },
    delivery: SecretDelivery.SEALED,
    sealedContext,
  };
  return withClient(io, flags, (client) => client.generate(request, { signal: io.signal }));
}

async function confirm(
  io: Io,
  flags: EnrolFlags,
  sealed: Pick<SealedKey, 'blob' | 'context'>,
  code: string,
): Promise<VerifyResponse> {
  const request = { key: { source: { case: 'sealed', value: sealed } }, code, confirm: true, requestId: randomUUID() } as const;
  try {
    return await withClient(io, flags, (client) => client.verify(request, { signal: io.signal }));
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    const { failure } = error;
    const message = `${failure.message}; the sealed key is not confirmed: store nothing, remove the account from the app, and enrol again`;
    throw new CliError({ ...failure, message });
  }
}

function showEnrolment(io: Io, { uri, warnings }: GenerateResponse, { qr }: EnrolFlags): void {
  writeLine(io.stdout, `URI  ${printable(uri)}`);
  for (const { field, description } of warnings) warn(io, `${field}: ${description}`);
  showQr(io, uri, qr, 'enlarge it and enrol again, or copy the URI into the app');
}

/** Separates the parts that the caller has to store from the others. */
function showStored(io: Io, { context }: EnrolFlags, { resealed, nextCounter }: VerifyResponse): void {
  if (resealed === undefined)
    throw new CliError({ code: 'INTERNAL', message: 'the server returned no confirmed sealed key', violations: [] });
  writeLine(
    io.stdout,
    `${paint(io, io.stdout, 'green', `${signOf(io, io.stdout, 'yes')}confirmed`)}: store this sealed key with the user`,
  );
  writeLine(io.stdout, '');
  writeLine(io.stdout, printable(resealed.blob));
  writeLine(io.stdout, '');
  if (nextCounter !== undefined)
    writeLine(io.stdout, `Store the next counter beside it, and send it as key.counter: ${nextCounter}`);
  if (context === undefined)
    warn(io, 'the sealed key has no context: anybody who can write to your table can move it to another user');
  else writeLine(io.stdout, `Derive its context from the user at each call, and do not store it there: ${printable(context)}`);
}
