/** Completion for bash. */
import type { CommandEntry } from '../output/command-tree.ts';
import { pathPatterns, quoted, valued } from './words.ts';

/** Returns a script for bash to source. */
export function bashCompletion(tree: readonly CommandEntry[]): string {
  const values = valued(tree);
  const patterns = (list: typeof values) => list.map(({ path, name }) => quoted(`${path} ${name}`)).join('|');
  const withChoices = values.filter(({ option }) => option.choices.length > 0);
  const ofFiles = values.filter(({ option }) => option.namesFile);
  const others = values.filter(({ option }) => option.choices.length === 0 && !option.namesFile);
  return `# bash completion for otpd
_otpd() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} path=otpd words= files= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
      ${pathPatterns(tree)}) path="$path \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path $previous" in
${withChoices.map(({ path, name, option }) => `    ${quoted(`${path} ${name}`)}) words=${quoted(option.choices.join(' '))} ;;`).join('\n')}
    ${patterns(ofFiles)}) files=1 ;;
    ${patterns(others)}) return ;;
    *)
      case "$path" in
${tree.map(commandCase).join('\n')}
      esac
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ -n $files && $current != -* ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$current"))
  fi
}
complete -F _otpd otpd
`;
}

function commandCase({ path, options, subcommands, choices, takesFiles }: CommandEntry): string {
  const words = [...subcommands.map(({ name }) => name), ...choices, ...options.flatMap(({ names }) => names)];
  return `        ${quoted(path)}) words=${quoted(words.join(' '))}${takesFiles ? ' files=1' : ''} ;;`;
}
