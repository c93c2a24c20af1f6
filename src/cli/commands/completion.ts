/** `otpd completion`: prints a script that completes commands, flags and values in a shell. */
import { Argument, Command } from 'commander';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';
import type { Io } from '../io.ts';
import { type CommandEntry, commandTree } from '../output/command-tree.ts';

const SHELLS: Readonly<Record<string, (tree: readonly CommandEntry[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

const HELP = `
The script has the commands of this version: write it again after an upgrade.

Examples:
  $ source <(otpd completion bash)
  $ otpd completion bash > ~/.local/share/bash-completion/completions/otpd
  $ otpd completion zsh > "\${fpath[1]}/_otpd"
  $ otpd completion fish > ~/.config/fish/completions/otpd.fish`;

/** The command. `program` builds the program with all commands. */
export function completionCommand(io: Io, program: () => Promise<Command>): Command {
  return new Command('completion')
    .description('print a script that completes commands and flags in a shell')
    .addArgument(new Argument('<SHELL>', 'the shell').choices(Object.keys(SHELLS)))
    .addHelpText('after', HELP)
    .action(async (shell: string) => {
      io.stdout.write(SHELLS[shell]?.(commandTree(await program())) ?? '');
    });
}
