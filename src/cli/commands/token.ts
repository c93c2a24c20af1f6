/** `otpd token`: prints the code of a key, now or at another time. */
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { Command } from 'commander';
import { type TokenResponse, TokenResponseSchema } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import type { Token } from '../../../gen/ts/otp/v1/token_pb.ts';
import { addConnectOptions, type ConnectFlags, withClient } from '../input/connect.ts';
import { addKeyOptions, addSealedOptions, type KeyFlags, readKeyInput, type SealedFlags } from '../input/key-options.ts';
import { parseCount, parseMoment } from '../input/parsers.ts';
import { SECRET_HELP } from '../input/secret.ts';
import { formatClock } from '../input/time.ts';
import type { Io } from '../io.ts';
import { showsUnicode } from '../output/charset.ts';
import { codeLine, groupCode, remainingMs } from '../output/code-view.ts';
import { alignColumns, paint, printable, writeLine, writeMessage } from '../output/text.ts';

interface TokenFlags extends ConnectFlags, KeyFlags, SealedFlags {
  /** In ms since the epoch. */
  readonly at?: number;
  readonly past: number;
  readonly future: number;
  readonly json?: boolean;
}

const HELP = `
${SECRET_HELP}

If the output is not a terminal, only the code is printed: CODE=$(otpd token).

Examples:
  $ otpd token JBSWY3DPEHPK3PXP
  $ pass show acme/otp | otpd token
  $ otpd token - --at 2027-01-31T12:00:00Z --past 1 --future 1 < secret.txt
  $ otpd token JBSWY3DPEHPK3PXP --type hotp --counter 7
  $ otpd token --sealed otpk1_... --context user-1/totp/1`;

/** The command. */
export function tokenCommand(io: Io): Command {
  const command = new Command('token')
    .description('show the code of a secret')
    .argument('[SECRET]', 'base32 or otpauth:// URI; - for standard input; without it OTPD_SECRET')
    .option(
      '--at <moment>',
      'the time to compute the code for, instead of now: RFC 3339 or Unix seconds; not for HOTP',
      parseMoment,
    )
    .option('--past <steps>', 'how many earlier codes to show, at most 10', parseCount, 0)
    .option('--future <steps>', 'how many later codes to show, at most 10', parseCount, 0)
    .option('--json', 'print the answer as JSON on one line');
  return addConnectOptions(addSealedOptions(addKeyOptions(command)))
    .addHelpText('after', HELP)
    .action(async (argument: string | undefined, flags: TokenFlags) => {
      const { at, past, future } = flags;
      const request = {
        key: await readKeyInput(io, argument, flags),
        pastSteps: past,
        futureSteps: future,
        ...(at !== undefined && { at: timestampFromMs(at) }),
      };
      const response = await withClient(io, flags, (client) => client.token(request, { signal: io.signal }));
      if (flags.json) writeMessage(io.stdout, TokenResponseSchema, response);
      else showTokens(io, response);
    });
}

function showTokens(io: Io, { token, neighbours }: TokenResponse): void {
  if (token === undefined) return;
  if (neighbours.length === 0) {
    writeLine(io.stdout, io.stdout.isTTY ? describeToken(io, token) : printable(token.code));
    return;
  }
  const all = [...neighbours, token].sort((a, b) => a.offsetSteps - b.offsetSteps);
  const rows =
    io.stdout.isTTY && token.periodSeconds > 0 ? [HEADINGS, ...all.map((one) => row(io, one))] : all.map(describeNeighbour);
  for (const line of alignColumns(rows)) writeLine(io.stdout, line);
}

/** The code with its remaining time; without it for HOTP and for another time than now. */
function describeToken(io: Io, token: Token): string {
  const left = remainingMs(token) ?? 0;
  const current = left > 0 && left <= token.periodSeconds * 1000;
  return current ? codeLine(io, token, left) : paint(io, io.stdout, 'bold', groupCode(printable(token.code)));
}

const HEADINGS = ['', 'CODE', 'VALID FROM', 'UNTIL', ''] as const;

/** The code of a TOTP and its neighbours, with times of the server's clock in UTC. */
function row(io: Io, { code, offsetSteps, validFrom, expireTime }: Token): string[] {
  const [from, until] = [validFrom, expireTime].map((time) => (time === undefined ? '' : formatClock(timestampMs(time))));
  const mark = offsetSteps === 0 ? (showsUnicode(io) ? '▸' : '>') : '';
  return [mark, groupCode(printable(code)), from ?? '', until ?? '', PLACES[Math.sign(offsetSteps)] ?? 'this'];
}

const PLACES: Readonly<Record<number, string>> = { '-1': 'past', 1: 'to come' };

/** The distance of a neighbour: seconds for TOTP, counts for HOTP. */
function describeNeighbour({ code, offsetSteps, offsetSeconds, periodSeconds }: Token): string[] {
  const offset = periodSeconds > 0 ? offsetSeconds : offsetSteps;
  return [printable(code), `${offset > 0 ? '+' : ''}${offset}${periodSeconds > 0 ? ' s' : ''}`];
}
