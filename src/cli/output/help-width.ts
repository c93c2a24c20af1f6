/** Wraps help texts to the width of the terminal. */
import type { Output } from '../io.ts';

/** The most columns: longer lines are hard to read, and a pipe has no width. */
const WIDEST = 100;
const IN_A_PIPE = 80;

export function helpWidth({ columns = IN_A_PIPE }: Output): number {
  return Math.min(columns, WIDEST);
}

/**
 * Wraps a text to lines of at most `width` characters. Lines at the margin are prose and flow together; deeply indented lines continue the line above.
 * Commands (`$ …`) are not wrapped, so that they can be copied.
 */
export function wrapHelp(text: string, width: number): string {
  return text
    .split('\n\n')
    .map((block) => (block.split('\n').some((line) => line.length > width) ? wrapBlock(block, width) : block))
    .join('\n\n');
}

function wrapBlock(block: string, width: number): string {
  const lines: string[] = [];
  for (const line of block.split('\n')) {
    const last = lines.at(-1) ?? '';
    const goesOn = /^\S/.test(line) ? /^\S.*[^:]$/.test(last) : /^ {8,}\S/.test(line) && last !== '';
    // A line after a name without a description is the description.
    const gap = /^ +\S+(?: \S+)*$/.test(last) ? '  ' : ' ';
    if (goesOn) lines[lines.length - 1] = last + gap + line.trimStart();
    else lines.push(line);
  }
  return lines.flatMap((line) => wrapLine(line, width)).join('\n');
}

function wrapLine(line: string, width: number): string[] {
  if (line.length <= width || /^\s*\$ /.test(line)) return [line];
  // Continued below the second column, if there is one and it leaves room.
  const indent = line.search(/\S/);
  const [column = ''] = /^ +\S+(?: \S+)* {2,}/.exec(line) ?? [];
  const hang = column !== '' && column.length <= width / 2 ? column.length : indent + (indent > 0 ? 2 : 0);
  const start = hang === column.length ? column : ' '.repeat(indent);
  const wrapped: string[] = [];
  let current = start;
  for (const word of line.slice(start.length).split(/ +/)) {
    const hasWord = current.trim() !== '' && current !== start;
    if (hasWord && current.length + 1 + word.length > width) {
      wrapped.push(current);
      current = ' '.repeat(hang) + word;
    } else current += hasWord ? ` ${word}` : word;
  }
  return [...wrapped, current];
}
