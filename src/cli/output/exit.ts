/** The end of a command: every error becomes one line, or one line of JSON, and an exit code. */
import { type Command, CommanderError } from 'commander';
import { InvalidInputError } from '../../otp/error.ts';
import { StoreSetupError, StoreUnavailableError } from '../../ports/store.ts';
import { BoundNotInstalledError } from '../../rpc/bounds.ts';
import { formatDuration } from '../input/time.ts';
import type { Io } from '../io.ts';
import { CliError, type Failure, usageError } from './failure.ts';
import { paint, printable, writeJson, writeLine } from './text.ts';
import { describeUsage } from './usage.ts';

/** The exit codes of every command. */
export const EXIT = {
  ok: 0,
  /** The answer is no: a code that is not accepted, an audit trail that is not intact, a server that is not ready. */
  refused: 1,
  /** Wrong usage, no connection, an error of the server, an interruption. */
  unknown: 2,
} as const;

/** Runs a program on the arguments after its name. Never rejects. */
export async function runCommand(program: Command, io: Io, args: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return; // --help and --version
    io.setExitCode((error instanceof CliError ? error.exitCode : undefined) ?? EXIT.unknown);
    const failure =
      error instanceof CommanderError ? usageError(describeUsage(error, program, args)).failure : readFailure(error);
    // The flags themselves may be wrong, so the arguments are searched instead.
    if (args.includes('--json')) writeJson(io.stderr, { error: failure });
    else writeFailure(io, failure);
    if (failure.code === 'FAULT') writeLine(io.stderr, stackOf(error));
  }
}

function writeFailure(io: Io, failure: Failure): void {
  writeLine(io.stderr, `${paint(io, io.stderr, 'red', 'error:')} ${printable(describeFailure(failure))}`);
  if (failure.remedy !== undefined) writeLine(io.stderr, `       ${printable(failure.remedy)}`);
}

/** Any error, except those of commander, in the form in which it is shown. */
export function readFailure(error: unknown): Failure {
  if (error instanceof CliError) return error.failure;
  if (error instanceof InvalidInputError)
    return { code: 'USAGE', message: 'some values are wrong', violations: error.violations };
  if (error instanceof Error && error.name === 'AbortError') return { code: 'CANCELLED', message: 'interrupted', violations: [] };
  if (error instanceof StoreSetupError || error instanceof BoundNotInstalledError)
    return { code: 'LOCAL', message: error.message, violations: [] };
  if (error instanceof StoreUnavailableError) {
    return {
      code: 'LOCAL',
      message: "the store cannot be used: check that Redis answers, or that the database is this user's and its disk has space",
      violations: [],
    };
  }
  return { code: 'FAULT', message: 'this is a fault of otpd: please report it with the lines below', violations: [] };
}

/** The error on one line: each invalid field or the message, the wait, and the ids that help to investigate it. */
function describeFailure({ message, violations, reason, retryAfterSeconds, requestId }: Failure): string {
  const what = violations.map(({ field, description }) => `${flagOf(field)}: ${description}`).join('; ') || message;
  const when = retryAfterSeconds === undefined ? '' : `; try again in ${formatDuration(retryAfterSeconds * 1000)}`;
  const marks = [reason?.replace(/^ERROR_REASON_/, ''), requestId && `request ${requestId}`].filter((mark) => mark);
  return `${what}${when}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}`;
}

/** The flags and arguments that fields of requests come from, by the last part of a field's path. */
const FLAGS: Readonly<Record<string, string>> = {
  account_name: '--account',
  after_step: '--after-step',
  algorithm: '--algorithm',
  at: '--at',
  code: 'CODE',
  codes: 'CODE',
  code_length: '--length',
  context: '--context',
  count: '--count',
  counter: '--counter',
  digits: '--digits',
  display_name: '--name',
  expire_time: '--expires',
  expires_at: '--expires',
  future_steps: '--future',
  grace: '--grace',
  id: 'ID',
  issuer: '--issuer',
  look_ahead: '--look-ahead',
  name: '--name',
  past_steps: '--past',
  period_seconds: '--period',
  plan: '--plan',
  request_id: '--request-id',
  scopes: '--scopes',
  sealed_context: '--context',
  secret: 'SECRET',
  secret_size: '--size',
  tenant: '--tenant',
  type: '--type',
  uri: 'SECRET',
  window: '--window',
};

/** The flag or argument that a field came from; the field itself if there is no such flag, or if the field belongs to an item of a list. */
function flagOf(field: string): string {
  const [, name = ''] = /^(?:key\.|api_key\.)?([a-z_]+)$/.exec(field) ?? [];
  return Object.hasOwn(FLAGS, name) ? (FLAGS[name] ?? field) : field;
}

/** The stack of an unforeseen error without its message, which may hold a secret. */
function stackOf(error: unknown): string {
  const frames = error instanceof Error ? (error.stack?.split('\n').filter((line) => line.startsWith('    at ')) ?? []) : [];
  return [error instanceof Error ? error.name : typeof error, ...frames].join('\n');
}
