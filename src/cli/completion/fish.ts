/** Completion for fish. */
import type { CommandEntry, OptionEntry } from '../output/command-tree.ts';
import { pathPatterns, short } from './words.ts';

/** Returns a script for fish to source, or for the file `otpd.fish` in `~/.config/fish/completions`. */
export function fishCompletion(tree: readonly CommandEntry[]): string {
  return `# fish completion for otpd
function __otpd_path
  set -l path otpd
  for word in (commandline -opc)[2..-1]
    switch "$path $word"
      case ${pathPatterns(tree).replaceAll('|', ' ')}
        set path "$path $word"
    end
  end
  echo $path
end
function __otpd_at
  test (__otpd_path) = "$argv[1]"
end
complete -c otpd -f
${tree.flatMap(commandLines).join('\n')}
`;
}

function commandLines({ path, options, subcommands, choices, takesFiles }: CommandEntry): string[] {
  const at = `complete -c otpd -n ${quoted(`__otpd_at "${path}"`)}`;
  return [
    ...subcommands.map(({ name, description }) => `${at} -a ${name} -d ${quoted(short(description))}`),
    ...(choices.length > 0 ? [`${at} -a ${quoted(choices.join(' '))}`] : []),
    ...(takesFiles ? [`${at} -F`] : []),
    ...options.map((option) => `${at}${flagWords(option)} -d ${quoted(short(option.description))}`),
  ];
}

function flagWords({ names, value, isOptional, choices, namesFile }: OptionEntry): string {
  const flags = names.map((name) => (name.startsWith('--') ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`)).join('');
  if (value === undefined || isOptional) return flags;
  if (choices.length > 0) return `${flags} -x -a ${quoted(choices.join(' '))}`;
  return namesFile ? `${flags} -r -F` : `${flags} -x`;
}

/** In single quotes, fish knows two escapes: for the quote and for the backslash. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
