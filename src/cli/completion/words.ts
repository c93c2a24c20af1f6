/** Parts that the scripts of all shells have. */
import type { CommandEntry, OptionEntry } from '../output/command-tree.ts';

/** A text as one word in single quotes, as POSIX shells have it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A description on one short line: up to its first full clause. */
export function short(description: string): string {
  return description
    .replace(/[:;(].*/s, '')
    .replaceAll('`', '')
    .trim();
}

/** The patterns of `case` that lead from the words typed so far to the path of the command: `'otpd keys'|'otpd keys list'`. */
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
