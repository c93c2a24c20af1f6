/** `otpd resync`: finds the counter of a HOTP device that has run ahead of the stored counter, by several consecutive codes. */
import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Command } from 'commander';
import { type KeySchema, OtpType } from '../../../gen/ts/otp/v1/key_pb.ts';
import { type ResyncHotpResponse, ResyncHotpResponseSchema, VerifyStatus } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { addConnectOptions, type ConnectFlags, withClient } from '../input/connect.ts';
import {
  addHotpOptions,
  addSealedOptions,
  codeFormOf,
  type KeyFlags,
  readKeyInput,
  type SealedFlags,
} from '../input/key-options.ts';
import { parsePositive } from '../input/parsers.ts';
import { SECRET_HELP } from '../input/secret.ts';
import type { Io } from '../io.ts';
import { withRequestId } from '../output/call-error.ts';
import { usageError } from '../output/failure.ts';
import { printable, writeLine, writeMessage } from '../output/text.ts';
import { type CodeForm, describeVerdict, readVerdict, writeVerdict } from '../output/verdict.ts';

interface ResyncFlags extends ConnectFlags, KeyFlags, SealedFlags {
  readonly window?: number;
  readonly requestId?: string;
  readonly json?: boolean;
}

type KeyInput = MessageInitShape<typeof KeySchema>;

const HELP = `
${SECRET_HELP}

Two arguments are the codes. With more, the first is the secret, unless OTPD_SECRET or --sealed gives
it. Give the codes in the order in which the device showed them, without a gap.

If they are found, all of them are used up. Store the next counter, which is printed.

Exit codes: 0 found; 1 not found, already used, malformed or locked; 2 error, result unknown.

Examples:
  $ otpd resync JBSWY3DPEHPK3PXP 338314 254676 --counter 0
  $ OTPD_SECRET=JBSWY3DPEHPK3PXP otpd resync 338314 254676 287922 --counter 0
  $ otpd resync - 338314 254676 --counter 17 --window 100 < secret.txt
  $ otpd resync --sealed otpk1_... --context user-1/hotp/1 338314 254676 --counter 17`;

/** The command. */
export function resyncCommand(io: Io): Command {
  const command = new Command('resync')
    .description('find the counter of a HOTP device that has run ahead')
    .usage('[options] [SECRET] CODE CODE [CODE]')
    .argument('[SECRET]', 'base32 or otpauth:// URI; - for standard input; without it OTPD_SECRET')
    .argument('[CODES...]', 'two or three consecutive codes, as they were typed or pasted')
    .option('--window <n>', 'how many counters to search for the first code, at most 1000 (default 1000)', parsePositive)
    .option('--request-id <uuid>', 'the request id of an earlier try, to get its answer (default: a new id)')
    .option('--json', 'print the answer as JSON on one line');
  return addConnectOptions(addSealedOptions(addHotpOptions(command)))
    .addHelpText('after', HELP)
    .action(async (first: string | undefined, others: string[], flags: ResyncFlags) => {
      const words = first === undefined ? [] : [first, ...others];
      const hasSecret = words.length > 3 || (words.length === 3 && flags.sealed === undefined && !io.env['OTPD_SECRET']);
      const codes = hasSecret ? words.slice(1) : words;
      if (codes.length < 2 || codes.length > 3) throw usageError('two or three codes are needed: they are the last arguments');
      const key = asHotp(await readKeyInput(io, hasSecret ? first : undefined, flags));
      const response = await resync(io, key, codes, flags);
      const exitCode = readVerdict(response);
      if (flags.json) writeMessage(io.stdout, ResyncHotpResponseSchema, response);
      else {
        writeVerdict(io, io.stdout, response.valid, describe(response, codeFormOf(key)));
        if (response.resealed !== undefined) writeLine(io.stdout, `store instead: ${printable(response.resealed.blob)}`);
      }
      io.setExitCode(exitCode);
    });
}

/** A bare secret has no type, so it counts as a HOTP. */
function asHotp(key: KeyInput): KeyInput {
  return key.source?.case === 'secret' ? { ...key, type: OtpType.HOTP } : key;
}

async function resync(io: Io, key: KeyInput, codes: string[], flags: ResyncFlags): Promise<ResyncHotpResponse> {
  const { window = 0, requestId = randomUUID() } = flags;
  try {
    return await withClient(io, flags, (client) => client.resyncHotp({ key, codes, window, requestId }, { signal: io.signal }));
  } catch (error) {
    throw withRequestId(error, requestId);
  }
}

function describe(response: ResyncHotpResponse, form: CodeForm): string {
  const { status, nextCounter } = response;
  if (status === VerifyStatus.ACCEPTED) return `found: the next counter is ${nextCounter}`;
  const verdict = describeVerdict(response, form);
  return status === VerifyStatus.MISMATCH ? verdict.replace('wrong code', 'not found in a row') : verdict;
}
