/** How a command ends: every error becomes one line, or one line of JSON, and an exit code. */
import { type Command, CommanderError } from 'commander';
import { InvalidInputError } from '../../otp/error.ts';
import { StoreSetupError, StoreUnavailableError } from '../../ports/store.ts';
import { BoundNotInstalledError } from '../../rpc/bounds.ts';
import { formatDuration } from '../input/time.ts';
import type { Io } from '../io.ts';
import { CliError, type Failure } from './failure.ts';
import { flagOf } from './flag-names.ts';
import { paint, printable, writeJson, writeLine } from './text.ts';

/** The exit codes of every command. */
export const EXIT = {
  ok: 0,
  /** The answer is no: a code that is not accepted, an audit trail that is not whole, a server that is not ready. */
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
    const failure = readFailure(error, args[0]);
    // The flags may be what could not be parsed.
    if (args.includes('--json')) writeJson(io.stderr, { error: failure });
    else writeFailure(io, failure);
    if (failure.code === 'FAULT') writeLine(io.stderr, stackOf(error));
  }
}

function writeFailure(io: Io, failure: Failure): void {
  writeLine(io.stderr, `${paint(io, io.stderr, 'red', 'error:')} ${printable(describeFailure(failure))}`);
  if (failure.remedy !== undefined) writeLine(io.stderr, `       ${printable(failure.remedy)}`);
}

/** Any error in the form in which it is shown; `command` is the one that was called. */
export function readFailure(error: unknown, command?: string): Failure {
  if (error instanceof CliError) return error.failure;
  if (error instanceof CommanderError) return { code: 'USAGE', message: describeUsage(error, command), violations: [] };
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

/** Puts on one line what is wrong, field by field if the server says so, and what helps to look into it. */
function describeFailure({ message, violations, reason, retryAfterSeconds, requestId }: Failure): string {
  const what = violations.map(({ field, description }) => `${flagOf(field)}: ${description}`).join('; ') || message;
  const when = retryAfterSeconds === undefined ? '' : `; try again in ${formatDuration(retryAfterSeconds * 1000)}`;
  const marks = [reason?.replace(/^ERROR_REASON_/, ''), requestId && `request ${requestId}`].filter((mark) => mark);
  return `${what}${when}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}`;
}

/** The message of commander, without the words of the user that it repeats where these may be a secret or a code. */
function describeUsage({ code, message }: CommanderError, command = ''): string {
  const text = message.replace(/^error: /, '').replace(/\s+/g, ' ');
  switch (code) {
    case 'commander.help':
      return `a command is missing: see \`otpd ${command} --help\``;
    case 'commander.excessArguments':
      return 'too many arguments: see --help';
    case 'commander.unknownCommand':
      return text.replace(/ '.*'/, '').replace(/^unknown command$/, '$&: see `otpd help`');
    case 'commander.unknownOption':
      return describeOption(text.replace(/=.*'/, "'"));
    default:
      return text;
  }
}

/** The alternatives to options that many would look for. */
const INSTEAD: Readonly<Record<string, string>> = {
  '--api-key': 'set OTPD_API_KEY; other users of this machine can see arguments',
  '--secret': 'the secret has no option of its own: pipe it in, set OTPD_SECRET, or see SECRET in --help',
  '--code': 'the code has no option of its own: see CODE in --help',
};

function describeOption(text: string): string {
  const option = /'(--[\w-]+)'/.exec(text)?.[1] ?? '';
  const instead = Object.hasOwn(INSTEAD, option) ? INSTEAD[option] : undefined;
  return instead === undefined ? text : `unknown option '${option}': ${instead}`;
}

/** Where an unforeseen error came from, without its message: that may hold anything. */
function stackOf(error: unknown): string {
  const frames = error instanceof Error ? (error.stack?.split('\n').filter((line) => line.startsWith('    at ')) ?? []) : [];
  return [error instanceof Error ? error.name : typeof error, ...frames].join('\n');
}
