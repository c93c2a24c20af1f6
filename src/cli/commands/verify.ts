/** `otpd verify`: is this code right, now, and for the first time? The exit code is the answer. */
import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { durationMs } from '@bufbuild/protobuf/wkt';
import { Command } from 'commander';
import { KeySchema } from '../../../gen/ts/otp/v1/key_pb.ts';
import { type VerifyResponse, VerifyResponseSchema, VerifyStatus } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { InvalidInputError } from '../../otp/error.ts';
import { readKey } from '../../service/key.ts';
import { addConnectOptions, type ConnectFlags, withClient } from '../input/connect.ts';
import { addKeyOptions, type KeyFlags, keyOf } from '../input/key-options.ts';
import { parseCount, parseCounter } from '../input/parsers.ts';
import { readSecret, SECRET_HELP } from '../input/secret.ts';
import { formatDuration } from '../input/time.ts';
import type { Io } from '../io.ts';
import { CallError } from '../output/call-error.ts';
import { EXIT } from '../output/exit.ts';
import { CliError, usageError } from '../output/failure.ts';
import { paint, writeLine, writeMessage } from '../output/text.ts';

interface VerifyFlags extends ConnectFlags, KeyFlags {
  readonly past?: number;
  readonly future?: number;
  readonly lookAhead?: number;
  readonly afterStep?: bigint;
  readonly allowReuse?: boolean;
  readonly requestId?: string;
  readonly json?: boolean;
}

const HELP = `
${SECRET_HELP}

With two arguments the first is the secret and the second the code. A single argument is the
code, and the secret comes from OTPD_SECRET or from standard input.

Exit codes: 0 accepted; 1 not accepted (wrong, already used, malformed, locked); 2 could not tell.

A call that finds the server away is tried again, up to three times, under one request id, so
that a code whose acceptance was lost on the way is not answered "already used".

Examples:
  $ otpd verify JBSWY3DPEHPK3PXP 123456 && echo welcome
  $ OTPD_SECRET=JBSWY3DPEHPK3PXP otpd verify '123 456'
  $ otpd verify - 123456 < secret.txt
  $ otpd verify - 755224 --type hotp --counter 0 --look-ahead 5 < secret.txt`;

/** The command. */
export function verifyCommand(io: Io): Command {
  const command = new Command('verify')
    .description('check a code, and use it up')
    .usage('[options] [SECRET] CODE')
    .argument('[SECRET]', 'base32 or otpauth:// URI; - for standard input; without it OTPD_SECRET')
    .argument('[CODE]', 'the code as it was typed or pasted')
    .option('--past <steps>', 'how many earlier time steps to accept, at most 10 (default 1)', parseCount)
    .option('--future <steps>', 'how many later time steps to accept, at most 10 (default 1)', parseCount)
    .option('--look-ahead <n>', 'how many later counters of a HOTP to accept, at most 100 (default 10)', parseCount)
    .option('--after-step <n>', 'the last step (HOTP: counter) known to be used', parseCounter)
    .option('--allow-reuse', 'check without using the code up')
    .option('--request-id <uuid>', 'the id of an earlier try, to get its answer (default: a new one)')
    .option('--json', 'print the answer as JSON on one line');
  return addConnectOptions(addKeyOptions(command))
    .addHelpText('after', HELP)
    .action(async (first: string | undefined, second: string | undefined, flags: VerifyFlags) => {
      if (first === undefined) throw usageError('no code: it is the last argument, after SECRET if that is given');
      const secret = await readSecret(io, second === undefined ? undefined : first);
      const response = await verify(io, secret, second ?? first, flags);
      const exitCode = readVerdict(response);
      if (flags.json) writeMessage(io.stdout, VerifyResponseSchema, response);
      else
        writeLine(io.stdout, paint(io, io.stdout, response.valid ? 'green' : 'red', describe(response, digitsOf(secret, flags))));
      io.setExitCode(exitCode);
    });
}

async function verify(io: Io, secret: string, code: string, flags: VerifyFlags): Promise<VerifyResponse> {
  const { past, future, lookAhead, afterStep, allowReuse = false, requestId = randomUUID() } = flags;
  const request = {
    key: keyOf(secret, flags),
    code,
    allowReuse,
    requestId,
    ...(past !== undefined && { pastSteps: past }),
    ...(future !== undefined && { futureSteps: future }),
    ...(lookAhead !== undefined && { lookAhead }),
    ...(afterStep !== undefined && { afterStep }),
  };
  try {
    return await withClient(io, flags, (client) => client.verify(request, { signal: io.signal }));
  } catch (error) {
    throw error instanceof CallError && error.mayHaveRun ? withRequestId(error, requestId) : error;
  }
}

/** The answer was lost, not the verdict: says how to ask for it again. */
function withRequestId({ failure }: CallError, requestId: string): CliError {
  const message = `${failure.message}; the code may be used up: the same command with --request-id ${requestId} tells`;
  return new CliError({ ...failure, message });
}

/** The exit code for an answer. An answer that contradicts itself, or that only a later version knows, says nothing. */
function readVerdict({ valid, status }: VerifyResponse): number {
  const known = status >= VerifyStatus.ACCEPTED && status <= VerifyStatus.THROTTLED;
  if (!known || valid !== (status === VerifyStatus.ACCEPTED)) {
    throw new CliError({
      code: 'INTERNAL',
      message: 'the answer makes no sense to this version of otpd: is the server a newer one?',
      violations: [],
    });
  }
  return valid ? EXIT.ok : EXIT.refused;
}

function describe(response: VerifyResponse, digits: string): string {
  switch (response.status) {
    case VerifyStatus.ACCEPTED:
      return response.nextCounter === undefined ? 'accepted' : `accepted (next counter ${response.nextCounter})`;
    case VerifyStatus.MISMATCH:
      return `wrong code${describeAttempts(response.attemptsRemaining)}`;
    case VerifyStatus.REPLAYED:
      return 'already used';
    case VerifyStatus.MALFORMED:
      return `not a code: ${digits} expected`;
    default:
      return response.retryAfter === undefined
        ? 'locked: too many wrong codes; only an operator can unlock the key'
        : `locked: try again in ${formatDuration(durationMs(response.retryAfter))}`;
  }
}

function describeAttempts(left: number | undefined): string {
  if (left === undefined) return '';
  return ` (${left === 1 ? '1 attempt' : `${left} attempts`} left)`;
}

/** How many digits the codes of the key have, as the server reads it: a server of another version may read more. */
function digitsOf(secret: string, flags: VerifyFlags): string {
  try {
    return `${readKey(create(KeySchema, keyOf(secret, flags)), false).parameters.digits} digits`;
  } catch (error) {
    if (error instanceof InvalidInputError) return 'another number of digits';
    throw error;
  }
}
