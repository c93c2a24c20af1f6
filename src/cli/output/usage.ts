/** Explains a wrong command line: the message of commander, with a remedy, and without words that may be a secret or a code. */
import type { Command, CommanderError } from 'commander';

/** Describes commander's error for the arguments after the program's name. */
export function describeUsage({ code, message }: CommanderError, program: Command, args: readonly string[]): string {
  const text = message.replace(/^error: /, '').replace(/\s+/g, ' ');
  const called = calledCommand(program, args);
  const see = `see \`${called.path} --help\``;
  switch (code) {
    case 'commander.help':
      return `a command is missing: ${see}`;
    case 'commander.excessArguments':
      return `too many arguments: ${see}`;
    case 'commander.unknownCommand':
      return describeCommand(text, called.command, see);
    case 'commander.missingArgument':
    case 'commander.optionMissingArgument':
      return `${text}: ${see}`;
    case 'commander.unknownOption':
      return describeOption(text.replace(/=.*'/, "'"), called.command, see);
    case 'commander.invalidArgument':
      return describeChoices(text, see);
    default:
      return text;
  }
}

/** A command, and the words that call it, such as `otpd keys create`. */
interface Called {
  readonly command: Command;
  readonly path: string;
}

/** Returns the command that the first words of the command line name. */
function calledCommand(command: Command, [word = '', ...others]: readonly string[], path = command.name()): Called {
  const next = command.commands.find((candidate) => candidate.name() === word);
  return next === undefined ? { command, path } : calledCommand(next, others, `${path} ${word}`);
}

/** The words of commands have at most 14 letters; a longer word, or a word with a digit, may be a secret, an API key or a code. */
const LIKE_A_COMMAND = /^[a-z-]{1,14}$/i;

/** An unknown command; commander suggests only names in the same case. */
function describeCommand(text: string, command: Command, see: string): string {
  const [, word = ''] = /^unknown command '(.*?)'/.exec(text) ?? [];
  const [suggestion] = / \(Did you mean .*\)$/.exec(text) ?? [];
  const name = command.commands.map((each) => each.name()).find((each) => each === word.toLowerCase());
  const meant = suggestion ?? (name === undefined ? '' : ` (Did you mean ${name}?)`);
  return `unknown command${LIKE_A_COMMAND.test(word) ? ` '${word}'` : ''}${meant}: ${see}`;
}

/** A wrong choice: the argument and its choices. The word itself is left out, since it may be a secret in the wrong place. */
function describeChoices(text: string, see: string): string {
  const [, name, choices] = /for argument '(\w+)'\. Allowed choices are (.+)\.$/.exec(text) ?? [];
  return name === undefined ? text : `${name} must be one of ${choices}: ${see}`;
}

/** The alternatives to options that no command has. */
const INSTEAD: Readonly<Record<string, string>> = {
  '--api-key': 'set OTPD_API_KEY; other users of this machine can see arguments',
  '--secret': 'the secret has no option of its own: pipe it in, set OTPD_SECRET, or see SECRET in --help',
  '--code': 'the code has no option of its own: see CODE in --help',
};

/** The options by which commands take an address, and others that are tried for them. */
const ADDRESS_OPTIONS = ['--address', '--server', '--listen', '--ops-listen'];
const LIKE_AN_ADDRESS = [...ADDRESS_OPTIONS, '--host', '--port', '--url'];

function describeOption(text: string, command: Command, see: string): string {
  const option = /'(--[\w-]+)'/.exec(text)?.[1] ?? '';
  if (Object.hasOwn(INSTEAD, option)) return `unknown option '${option}': ${INSTEAD[option]}`;
  const taken = command.options.find(({ long }) => ADDRESS_OPTIONS.includes(long ?? ''));
  if (LIKE_AN_ADDRESS.includes(option) && taken !== undefined)
    return `unknown option '${option}': the address is given by \`${taken.flags}\`: ${see}`;
  const after = command.commands.some((each) => hasOption(each, option)) ? 'it goes after the command: ' : '';
  return `${text}: ${after}${see}`;
}

/** Whether a command or a command below it has the option. */
function hasOption({ options, commands }: Command, long: string): boolean {
  return options.some((option) => option.long === long) || commands.some((each) => hasOption(each, long));
}
