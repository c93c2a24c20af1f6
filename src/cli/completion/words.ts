/** Parts that the completion scripts of all shells share. */
import type { CommandEntry, OptionEntry } from '../output/command-tree.ts';

/** A text as one single-quoted word of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The first clause of a description, on one line. */
export function short(description: string): string {
  return description
    .replace(/[:;(].*/s, '')
    .replaceAll('`', '')
    .trim();
}

/** The patterns of `case` that match the words typed so far with the path of a command: `'otpd keys'|'otpd keys list'`. */
export function pathPatterns(tree: readonly CommandEntry[]): string {
  return tree
    .slice(1)
    .map(({ path }) => quoted(path))
    .join('|');
}

/** The flags that take a value, each with the path of its command. */
export function valued(
  tree: readonly CommandEntry[],
): { readonly path: string; readonly name: string; readonly option: OptionEntry }[] {
  return tree.flatMap(({ path, options }) =>
    options
      .filter(({ value, isOptional }) => value !== undefined && !isOptional)
      .flatMap((option) => option.names.map((name) => ({ path, name, option }))),
  );
}
