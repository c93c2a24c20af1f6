/** `otpd watch`: shows the current code and its remaining time until the user stops it. */
import { create } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { Command } from 'commander';
import { WatchTokenResponseSchema } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import type { Token } from '../../../gen/ts/otp/v1/token_pb.ts';
import { addConnectOptions, type ConnectFlags, withClient } from '../input/connect.ts';
import { followTokens } from '../input/follow.ts';
import { addSealedOptions, addTotpOptions, type KeyFlags, readKeyInput, type SealedFlags } from '../input/key-options.ts';
import { SECRET_HELP } from '../input/secret.ts';
import { formatDuration, formatInstant } from '../input/time.ts';
import type { Io } from '../io.ts';
import { openScreen, type Screen } from '../output/code-view.ts';
import { paint, printable, writeLine, writeMessage } from '../output/text.ts';

interface WatchFlags extends ConnectFlags, KeyFlags, SealedFlags {
  readonly json?: boolean;
}

const HELP = `
${SECRET_HELP}

On a terminal, one line is redrawn in place every second. Elsewhere, and with OTPD_ACCESSIBLE=1, each
code is a line of its own. Ctrl-C ends the command with exit code 0. After a lost connection it
connects again.

Examples:
  $ otpd watch JBSWY3DPEHPK3PXP
  $ otpd watch - --json < secret.txt | jq -r .token.code`;

/** The command. */
export function watchCommand(io: Io): Command {
  const command = new Command('watch')
    .description('show the current code of a TOTP secret, and each next code')
    .argument('[SECRET]', 'base32 or otpauth:// URI; - for standard input; without it OTPD_SECRET')
    .option('--json', 'print each code as JSON on one line');
  return addConnectOptions(addSealedOptions(addTotpOptions(command)))
    .addHelpText('after', HELP)
    .action(async (argument: string | undefined, flags: WatchFlags) => {
      const key = await readKeyInput(io, argument, flags);
      const print = flags.json ? printJson : printLine;
      using screen = redraws(io) && !flags.json ? openScreen(io) : undefined;
      const onBreak = (pauseMs: number) => reportBreak(io, screen, pauseMs);
      const options = { signal: io.signal, timeoutMs: flags.timeout, onBreak };
      await withClient(io, flags, async (client, waiting) => {
        let last: bigint | undefined;
        for await (const token of followTokens(client, key, options)) {
          waiting[Symbol.dispose]();
          if (screen !== undefined) screen.show(token);
          // A reopened stream begins with the code that is already printed.
          else if (token.step !== last) print(io, token);
          last = token.step;
        }
      });
    });
}

/** Whether a line can be redrawn in place: on a capable terminal, for a person who can see it. */
function redraws({ stdout, env }: Io): boolean {
  return stdout.isTTY === true && env['TERM'] !== 'dumb' && !env['OTPD_ACCESSIBLE'];
}

function printJson(io: Io, token: Token): void {
  writeMessage(io.stdout, WatchTokenResponseSchema, create(WatchTokenResponseSchema, { token }));
}

function printLine(io: Io, { code, expireTime }: Token): void {
  writeLine(
    io.stdout,
    `${printable(code)}${expireTime === undefined ? '' : `  until ${formatInstant(timestampMs(expireTime))}`}`,
  );
}

function reportBreak(io: Io, screen: Screen | undefined, pauseMs: number): void {
  screen?.clear();
  writeLine(io.stderr, paint(io, io.stderr, 'yellow', `the connection broke: connecting again in ${formatDuration(pauseMs)}`));
}
