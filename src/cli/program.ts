/** The program: all commands, and the handling of their errors. */
import { Command } from 'commander';
import { VERSION } from '../app/version.ts';
import { withFiles } from './input/env-files.ts';
import type { Io } from './io.ts';
import { runCommand } from './output/exit.ts';
import { usageError } from './output/failure.ts';
import { helpWidth, wrapHelp } from './output/help-width.ts';

const HELP = `
Environment:
  OTPD_ADDRESS       the server, HOST:PORT or unix:PATH (127.0.0.1:50051)
  OTPD_API_KEY       the API key; \`otpd keys create\` makes one
  OTPD_API_KEY_FILE, OTPD_SECRET_FILE, OTPD_REDIS_URL_FILE
                     a file that holds the value of the variable without _FILE
  OTPD_ADMIN_ADDRESS the server that \`otpd keys\` and \`otpd attempts\` call,
                     instead of opening the store
  OTPD_SECRET        the secret, instead of the argument SECRET
  OTPD_TLS, OTPD_CA, OTPD_CLIENT_CERT, OTPD_CLIENT_KEY
                     as --tls, --ca, --cert and --key
  OTPD_DATA_DIR      the folder of the database (./data)
  NO_COLOR           no colours but those of QR codes
  LC_ALL, LC_CTYPE, LANG
                     with a locale without UTF-8, only ASCII is printed
  OTPD_ACCESSIBLE=1  for screen readers: nothing is redrawn in place

Exit codes: 0 success or code accepted; 1 code not accepted, audit trail not intact,
or server not ready; 2 error, result unknown.

Examples:
  $ otpd serve
  $ export OTPD_API_KEY=$(otpd keys create --name laptop)
  $ otpd generate --issuer ACME --account alice@example.com
  $ otpd verify - 123456 < secret.txt
  $ otpd enrol --issuer ACME --account alice@example.com --context user-1/totp/1`;

/** Each command is loaded when it is called: a server does not load the clients' code, nor a client the server's. */
const COMMANDS: Readonly<Record<string, (io: Io) => Promise<Command>>> = {
  serve: async (io) => (await import('./commands/serve.ts')).serveCommand(io),
  health: async (io) => (await import('./commands/health.ts')).healthCommand(io),
  keys: async (io) => (await import('./commands/keys.ts')).keysCommand(io),
  'sealing-keys': async (io) => (await import('./commands/sealing-keys.ts')).sealingKeysCommand(io),
  backup: async (io) => (await import('./commands/backup.ts')).backupCommand(io),
  restore: async (io) => (await import('./commands/restore.ts')).restoreCommand(io),
  store: async (io) => (await import('./commands/store.ts')).storeCommand(io),
  audit: async (io) => (await import('./commands/audit.ts')).auditCommand(io),
  attempts: async (io) => (await import('./commands/attempts.ts')).attemptsCommand(io),
  generate: async (io) => (await import('./commands/generate.ts')).generateCommand(io),
  enrol: async (io) => (await import('./commands/enrol.ts')).enrolCommand(io),
  seal: async (io) => (await import('./commands/seal.ts')).sealCommand(io),
  rewrap: async (io) => (await import('./commands/seal.ts')).rewrapCommand(io),
  token: async (io) => (await import('./commands/token.ts')).tokenCommand(io),
  verify: async (io) => (await import('./commands/verify.ts')).verifyCommand(io),
  'server-status': async (io) => (await import('./commands/server-status.ts')).serverStatusCommand(io),
  batch: async (io) => (await import('./commands/batch.ts')).batchCommand(io),
  usage: async (io) => (await import('./commands/usage.ts')).usageCommand(io),
  resync: async (io) => (await import('./commands/resync.ts')).resyncCommand(io),
  'recovery-codes': async (io) => (await import('./commands/recovery-codes.ts')).recoveryCodesCommand(io),
  watch: async (io) => (await import('./commands/watch.ts')).watchCommand(io),
  import: async (io) => (await import('./commands/import.ts')).importCommand(io),
  export: async (io) => (await import('./commands/export.ts')).exportCommand(io),
  completion: async (io) => (await import('./commands/completion.ts')).completionCommand(io, () => createProgram(io)),
  version: async (io) => (await import('./commands/version.ts')).versionCommand(io),
};

/**
 * Builds the program with the command `name`, or with all commands. Errors of usage are thrown as `CommanderError`, all others unchanged.
 */
export async function createProgram(io: Io, name?: string): Promise<Command> {
  const program = new Command('otpd')
    .description('Issues and checks one-time passwords (HOTP, RFC 4226; TOTP, RFC 6238).')
    .version(VERSION, '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', HELP)
    .configureOutput({
      writeOut: (text) => io.stdout.write(wrapHelp(text, helpWidth(io.stdout))),
      writeErr: (text) => io.stderr.write(wrapHelp(text, helpWidth(io.stderr))),
      outputError: () => undefined, // `runCommand` prints the error once.
      getOutHelpWidth: () => helpWidth(io.stdout),
      getErrHelpWidth: () => helpWidth(io.stderr),
    })
    .exitOverride();
  const named = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  for (const load of named === undefined ? Object.values(COMMANDS) : [named]) program.addCommand(await load(io));
  inherit(program);
  return program;
}

/** Runs the arguments after the program's name. Never rejects, and sets the exit code of `io`. */
export async function runProgram(given: Io, args: readonly string[]): Promise<void> {
  const io = { ...given, env: withFiles(given.env) };
  const asked = askedFor(args);
  return runCommand(await createProgram(io, asked[0]), io, asked);
}

/** The arguments, with `otpd` and `otpd help COMMAND` replaced by the equivalent flags. */
function askedFor(args: readonly string[]): readonly string[] {
  const [first, ...rest] = args;
  if (first === undefined) return ['--help'];
  const [command] = rest;
  if (first !== 'help' || command === undefined) return args;
  // An unknown command is reported as it is without `help`.
  return Object.hasOwn(COMMANDS, command) ? [...rest, '--help'] : [command];
}

/** Passes the settings of the program to commands that were built separately. */
function inherit(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    requireLast(command);
    inherit(command);
  }
}

/** The words that call a command, such as `otpd keys create`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** Checks for required options after unknown options, which commander checks last: the error then names a mistyped flag, and not a missing one. */
function requireLast(command: Command): void {
  const required = command.options.filter(({ mandatory }) => mandatory);
  for (const option of required) {
    option.makeOptionMandatory(false);
    option.description += ' (required)';
  }
  command.hook('preAction', (_, called) => {
    const missing = required.find((option) => called.getOptionValue(option.attributeName()) === undefined);
    if (missing !== undefined)
      throw usageError(`required option '${missing.flags}' not specified: see \`${pathOf(called)} --help\``);
  });
}
