/** Completion for zsh. */
import type { CommandEntry } from '../output/command-tree.ts';
import { pathPatterns, quoted, short, valued } from './words.ts';

/** Returns a script for zsh to source, or for the file `_otpd` in `fpath`. */
export function zshCompletion(tree: readonly CommandEntry[]): string {
  const values = valued(tree);
  const cases = values.map(({ path, name, option }) => {
    const what =
      option.choices.length > 0 ? `compadd -- ${option.choices.join(' ')}` : option.namesFile ? '_files' : '_message value';
    return `    ${quoted(`${path} ${name}`)}) ${what}; return ;;`;
  });
  return `#compdef otpd
_otpd() {
  local path_so_far=otpd word
  local -a entries flags
  for word in \${words[2,CURRENT-1]}; do
    case "$path_so_far $word" in
      ${pathPatterns(tree)}) path_so_far="$path_so_far $word" ;;
    esac
  done
  case "$path_so_far \${words[CURRENT-1]}" in
${cases.join('\n')}
  esac
  case "$path_so_far" in
${tree.map(commandCase).join('\n')}
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _otpd "$@"; else compdef _otpd otpd; fi
`;
}

function commandCase({ path, options, subcommands, choices, takesFiles }: CommandEntry): string {
  const described = (name: string, description: string) => quoted(`${name.replaceAll(':', '\\:')}:${short(description)}`);
  const entries = [
    ...subcommands.map(({ name, description }) => described(name, description)),
    ...choices.map((choice) => described(choice, '')),
  ];
  const flags = options.flatMap(({ names, description }) => names.map((name) => described(name, description)));
  const lines = [
    `    ${quoted(path)})`,
    `      entries=(${entries.join(' ')})`,
    `      flags=(${flags.join(' ')})`,
    '      if [[ $PREFIX == -* ]]; then _describe -o flag flags; else',
    `        (( $#entries )) && _describe command entries`,
    ...(takesFiles ? ['        _files'] : []),
    '      fi ;;',
  ];
  return lines.join('\n');
}
