/** The commands and their flags, for shell completion and the manual page. */
import type { Argument, Command, Option } from 'commander';

/** A command. The subcommands of a group follow it in the list. */
export interface CommandEntry {
  /** The words that call it: `otpd keys create`. */
  readonly path: string;
  readonly description: string;
  /** Its arguments as they are typed: `[SECRET] [CODE]`. */
  readonly usage: string;
  readonly options: readonly OptionEntry[];
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  /** Whether an argument names a file. */
  readonly takesFiles: boolean;
  /** The values of an argument, if they are listed. */
  readonly choices: readonly string[];
}

/** A flag. */
export interface OptionEntry {
  /** `--json`, or `-h` and `--help`. */
  readonly names: readonly string[];
  /** The value as help names it; undefined if there is none. */
  readonly value: string | undefined;
  readonly isOptional: boolean;
  readonly choices: readonly string[];
  readonly namesFile: boolean;
  readonly description: string;
  readonly group: string;
}

/** A program and all commands below it, each before its subcommands. */
export function commandTree(program: Command, before = ''): CommandEntry[] {
  const path = `${before}${program.name()}`;
  const help = program.createHelp();
  const subcommands = help
    .visibleCommands(program)
    .map((command) => ({ name: command.name(), description: command.description() }));
  const entry: CommandEntry = {
    path,
    description: program.description(),
    usage: program.usage().replace(/^\[options\] ?/, ''),
    options: help.visibleOptions(program).map(optionEntry),
    subcommands,
    takesFiles: program.registeredArguments.some((argument) => /FILE|KEY|SOURCE/.test(argument.name())),
    choices: program.registeredArguments.flatMap(choicesOf),
  };
  return [entry, ...program.commands.flatMap((command) => commandTree(command, `${path} `))];
}

function choicesOf({ argChoices = [] }: Argument): readonly string[] {
  return argChoices;
}

function optionEntry(option: Option): OptionEntry {
  const value = /[<[](.+)[>\]]$/.exec(option.flags)?.[1];
  const listed = value !== undefined && /^[a-z]+(\|[a-z]+)+$/.test(value) ? value.split('|') : [];
  return {
    names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
    value,
    isOptional: option.optional,
    choices: option.argChoices ?? listed,
    namesFile: value !== undefined && /^(file|dir|folder)$/.test(value),
    description: option.description,
    group: option.helpGroupHeading ?? 'Options:',
  };
}
