/** `otpd recovery-codes`: makes the codes with which a user without a device logs in, checks a code, and revokes all codes of a set. */
import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import {
  GenerateRecoveryCodesResponseSchema,
  RevokeRecoveryCodesResponseSchema,
  type VerifyRecoveryCodeResponse,
  VerifyRecoveryCodeResponseSchema,
  VerifyStatus,
} from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { addConnectOptions, type ConnectFlags, withClient } from '../input/connect.ts';
import { parsePositive } from '../input/parsers.ts';
import type { Io } from '../io.ts';
import { withRequestId } from '../output/call-error.ts';
import { printable, writeLine, writeMessage } from '../output/text.ts';
import { describeAttempts, describeLock, readVerdict, writeVerdict } from '../output/verdict.ts';

interface SetFlags extends ConnectFlags {
  readonly context: string;
  readonly json?: boolean;
}

interface GenerateFlags extends SetFlags {
  readonly count?: number;
  readonly length?: number;
}

interface VerifyFlags extends SetFlags {
  readonly requestId?: string;
}

const HELP = `
A set is an opaque text, otpr1_..., which you store with the user. It holds keyed hashes of the codes,
and only the server can open it, with the same --context and for API keys of the same tenant. Build
the context from the user and the set, such as user-1/recovery/1, and do not store it beside the set.

To replace a set: make another set, show its codes, store it once the user has saved them, and then
revoke the old set. Other users of this machine can see arguments: the set, and a code as it is used.

Exit codes of verify: 0 accepted; 1 not accepted (wrong, already used, malformed, locked); 2 error,
result unknown.

Examples:
  $ otpd recovery-codes generate --context user-1/recovery/1
  $ otpd recovery-codes verify otpr1_... 9V3K-7QXD-0T2M-H4RB --context user-1/recovery/1 && echo welcome
  $ otpd recovery-codes revoke otpr1_... --context user-1/recovery/1`;

const SET = 'the set, otpr1_..., as it was made';

/** The command with its subcommands. */
export function recoveryCodesCommand(io: Io): Command {
  const command = new Command('recovery-codes')
    .description('make, check and revoke the recovery codes of a user')
    .addHelpText('after', HELP);
  for (const subcommand of [generate(io), verify(io), revoke(io)]) {
    subcommand
      .option('--context <text>', 'the context that the set is bound to, at most 256 bytes', '')
      .option('--json', 'print the answer as JSON on one line');
    command.addCommand(addConnectOptions(subcommand));
  }
  return command;
}

function generate(io: Io): Command {
  return new Command('generate')
    .description('make recovery codes; print them once, and the set to store')
    .option('--count <n>', 'the number of codes, at most 20 (default 10)', parsePositive)
    .option('--length <n>', 'symbols in a code, 16 or 24 (default 16)', parsePositive)
    .action(async ({ context, count = 0, length = 0, ...flags }: GenerateFlags) => {
      const request = { count, codeLength: length, sealedContext: Buffer.from(context) };
      const response = await withClient(io, flags, (client) => client.generateRecoveryCodes(request, { signal: io.signal }));
      if (flags.json) return writeMessage(io.stdout, GenerateRecoveryCodesResponseSchema, response);
      writeLine(io.stderr, 'For the user to keep; they are shown only once:');
      for (const code of response.codes) writeLine(io.stdout, printable(code));
      writeLine(io.stderr, 'For you to store:');
      writeLine(io.stdout, printable(response.set?.blob ?? ''));
    });
}

function verify(io: Io): Command {
  return new Command('verify')
    .description('check a recovery code and use it up')
    .argument('<SET>', SET)
    .argument('<CODE>', 'the code as it was typed or pasted')
    .option('--request-id <uuid>', 'the request id of an earlier try, to get its answer (default: a new id)')
    .action(async (blob: string, code: string, { context, requestId = randomUUID(), ...flags }: VerifyFlags) => {
      const request = { set: setOf(blob, context), code, requestId };
      const call = withClient(io, flags, (client) => client.verifyRecoveryCode(request, { signal: io.signal }));
      const response = await call.catch((error: unknown) => {
        throw withRequestId(error, requestId);
      });
      const exitCode = readVerdict(response);
      if (flags.json) writeMessage(io.stdout, VerifyRecoveryCodeResponseSchema, response);
      else showVerdict(io, response);
      io.setExitCode(exitCode);
    });
}

function revoke(io: Io): Command {
  return new Command('revoke')
    .description('revoke a set permanently: none of its codes is accepted any more')
    .argument('<SET>', SET)
    .action(async (blob: string, { context, ...flags }: SetFlags) => {
      const request = { set: setOf(blob, context) };
      const response = await withClient(io, flags, (client) => client.revokeRecoveryCodes(request, { signal: io.signal }));
      if (flags.json) writeMessage(io.stdout, RevokeRecoveryCodesResponseSchema, response);
      else writeLine(io.stdout, 'revoked');
    });
}

function setOf(blob: string, context: string) {
  return { blob, context: Buffer.from(context) };
}

function showVerdict(io: Io, response: VerifyRecoveryCodeResponse): void {
  writeVerdict(io, io.stdout, response.valid, describe(response));
  if (response.resealed === undefined) return;
  writeLine(io.stderr, 'Store this set instead, unless the stored set has changed since:');
  writeLine(io.stdout, printable(response.resealed.blob));
}

function describe({ status, remainingCount, attemptsRemaining, retryAfter }: VerifyRecoveryCodeResponse): string {
  switch (status) {
    case VerifyStatus.ACCEPTED:
      return `accepted (${remainingCount === 1 ? '1 code' : `${remainingCount} codes`} left)`;
    case VerifyStatus.MISMATCH:
      return `wrong code${describeAttempts(attemptsRemaining)}`;
    case VerifyStatus.REPLAYED:
      return remainingCount === 0 ? 'already used, as all codes of the set, or revoked' : 'already used';
    case VerifyStatus.MALFORMED:
      return 'not a code: it has another length, or a character that no code has';
    default:
      return describeLock(retryAfter, 'set');
  }
}
