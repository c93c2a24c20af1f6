/** `otpd verify`: is this code right, now, and for the first time? The exit code is the answer. */
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

With two arguments the first is the secret and the second the code. A single argument is the
code, and the secret comes from OTPD_SECRET or from standard input, or the key is --sealed. On a
terminal you are asked for what is missing.

An accepted code of a sealed key may bring a new sealed key, which is to be stored instead of the
old one: it is confirmed, or under the server's current sealing key.

Exit codes: 0 accepted; 1 not accepted (wrong, already used, malformed, locked); 2 could not tell.

A call that finds the server away is tried again, up to three times, under one request id, so
that a code whose acceptance was lost on the way is not answered "already used".

Examples:
  $ otpd verify JBSWY3DPEHPK3PXP 123456 && echo welcome
  $ OTPD_SECRET=JBSWY3DPEHPK3PXP otpd verify '123 456'
  $ otpd verify - 123456 < secret.txt
  $ otpd verify - 755224 --type hotp --counter 0 --look-ahead 5 < secret.txt
  $ otpd verify --sealed otpk1_... --context user-1/totp/1 123456`;

/** The command. */
export function verifyCommand(io: Io): Command {
  const command = new Command('verify')
    .description('check a code, and use it up')
    .usage('[options] [SECRET] [CODE]')
    .argument('[SECRET]', 'base32 or otpauth:// URI; - for standard input; without it OTPD_SECRET')
    .argument('[CODE]', 'the code as it was typed or pasted')
    .option('--past <steps>', 'how many earlier time steps to accept, at most 10 (default 1)', parseCount)
    .option('--future <steps>', 'how many later time steps to accept, at most 10 (default 1)', parseCount)
    .option('--look-ahead <n>', 'how many later counters of a HOTP to accept, at most 100 (default 10)', parseCount)
    .option('--after-step <n>', 'the last step (HOTP: counter) known to be used', parseCounter)
    .option('--allow-reuse', 'check without using the code up')
    .option('--confirm', 'confirm the enrolment of a pending sealed key')
    .option('--request-id <uuid>', 'the id of an earlier try, to get its answer (default: a new one)')
    .option('--json', 'print the answer as JSON on one line');
  return addConnectOptions(addSealedOptions(addKeyOptions(command)))
    .addHelpText('after', HELP)
    .action(async (first: string | undefined, second: string | undefined, flags: VerifyFlags) => {
      if (first === undefined && !io.stdin.isTTY) await readCode(io);
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
