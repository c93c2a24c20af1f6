/** `otpd verify`: checks a code and uses it up. The exit code is the answer. */
import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Command } from 'commander';
import type { KeySchema } from '../../../gen/ts/otp/v1/key_pb.ts';
import { type VerifyResponse, VerifyResponseSchema } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { addConnectOptions, type ConnectFlags, withClient } from '../input/connect.ts';
import {
  addKeyOptions,
  addSealedOptions,
  codeFormOf,
  type KeyFlags,
  readKeyInput,
  type SealedFlags,
} from '../input/key-options.ts';
import { parseCount, parseCounter } from '../input/parsers.ts';
import { readCode, SECRET_HELP } from '../input/secret.ts';
import type { Io } from '../io.ts';
import { withRequestId } from '../output/call-error.ts';
import { usageError } from '../output/failure.ts';
import { printable, writeLine, writeMessage } from '../output/text.ts';
import { describeDrift, describeVerdict, readVerdict, writeVerdict } from '../output/verdict.ts';

interface VerifyFlags extends ConnectFlags, KeyFlags, SealedFlags {
  readonly confirm?: boolean;
  readonly past?: number;
  readonly future?: number;
  readonly lookAhead?: number;
  readonly afterStep?: bigint;
  readonly allowReuse?: boolean;
  readonly requestId?: string;
  readonly json?: boolean;
}

type KeyInput = MessageInitShape<typeof KeySchema>;

const HELP = `
${SECRET_HELP}

With two arguments, the first is the secret and the second is the code. A single argument is the
code; the secret then comes from OTPD_SECRET, from standard input, or from --sealed. On a terminal
you are asked for a missing secret or code.

An accepted code of a sealed key may return a new sealed key, which is confirmed or sealed under the
current sealing key. Store it instead of the old sealed key.

Exit codes: 0 accepted; 1 not accepted (wrong, already used, malformed, locked); 2 error, result
unknown.

If the server is unreachable, the call is retried up to three times under the same request id, so
that a lost answer does not make an accepted code "already used".

Examples:
  $ otpd verify JBSWY3DPEHPK3PXP 123456 && echo welcome
  $ OTPD_SECRET=JBSWY3DPEHPK3PXP otpd verify '123 456'
  $ otpd verify - 123456 < secret.txt
  $ otpd verify - 755224 --type hotp --counter 0 --look-ahead 5 < secret.txt
  $ otpd verify --sealed otpk1_... --context user-1/totp/1 123456`;

/** The command. */
export function verifyCommand(io: Io): Command {
  const command = new Command('verify')
    .description('check a code and use it up')
    .usage('[options] [SECRET] [CODE]')
    .argument('[SECRET]', 'base32 or otpauth:// URI; - for standard input; without it OTPD_SECRET')
    .argument('[CODE]', 'the code as it was typed or pasted')
    .option('--past <steps>', 'how many earlier time steps to accept, at most 10 (default 1)', parseCount)
    .option('--future <steps>', 'how many later time steps to accept, at most 10 (default 1)', parseCount)
    .option('--look-ahead <n>', 'how many later counters of a HOTP to accept, at most 100 (default 10)', parseCount)
    .option('--after-step <n>', 'the last time step (HOTP: counter) that you know was used', parseCounter)
    .option('--allow-reuse', 'check without using the code up')
    .option('--confirm', 'confirm the enrolment of a pending sealed key')
    .option('--request-id <uuid>', 'the request id of an earlier try, to get its answer (default: a new id)')
    .option('--json', 'print the answer as JSON on one line');
  return addConnectOptions(addSealedOptions(addKeyOptions(command)))
    .addHelpText('after', HELP)
    .action(async (first: string | undefined, second: string | undefined, flags: VerifyFlags) => {
      if (first === undefined && !io.stdin.isTTY) await readCode(io);
      if (isSwapped(first, second)) throw usageError('SECRET comes before CODE: exchange the two arguments');
      const key = await readKeyInput(io, second === undefined ? undefined : first, flags);
      const response = await verify(io, key, second ?? first ?? (await readCode(io)), flags);
      const exitCode = readVerdict(response);
      if (flags.json) writeMessage(io.stdout, VerifyResponseSchema, response);
      else {
        const drift = io.stdout.isTTY ? describeDrift(response) : '';
        writeVerdict(io, io.stdout, response.valid, describeVerdict(response, codeFormOf(key)) + drift);
        if (response.resealed !== undefined) writeLine(io.stdout, `store instead: ${printable(response.resealed.blob)}`);
      }
      io.setExitCode(exitCode);
    });
}

/** Whether the first argument can only be a code, and the second only a secret. */
function isSwapped(first = '', second = ''): boolean {
  return /^\d{6,8}$/.test(first) && second.length >= 16 && /[a-z]/i.test(second);
}

async function verify(io: Io, key: KeyInput, code: string, flags: VerifyFlags): Promise<VerifyResponse> {
  const { past, future, lookAhead, afterStep, allowReuse = false, confirm = false, requestId = randomUUID() } = flags;
  const request = {
    key,
    code,
    allowReuse,
    confirm,
    requestId,
    ...(past !== undefined && { pastSteps: past }),
    ...(future !== undefined && { futureSteps: future }),
    ...(lookAhead !== undefined && { lookAhead }),
    ...(afterStep !== undefined && { afterStep }),
  };
  try {
    return await withClient(io, flags, (client) => client.verify(request, { signal: io.signal }));
  } catch (error) {
    throw withRequestId(error, requestId);
  }
}
