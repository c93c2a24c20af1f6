/** The Markdown of the project: its pages, and the commands in them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A fenced block of `sh`. */
export interface Command {
  readonly page: string;
  /** The unchanged text of the block. */
  readonly command: string;
  /** The block of text below it; undefined if there is none. */
  readonly answer: string | undefined;
}

const COMMAND = /^```sh\n(?<command>[\s\S]*?)^```\n(?:\n```text\n(?<answer>[\s\S]*?)^```\n)?/gm;

/** Every page of the repository, by its path. */
export const PAGES: ReadonlyMap<string, string> = new Map(
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((path) => [path, readFileSync(path, 'utf8')]),
);

export function commandsOf(page: string): Command[] {
  return [...(PAGES.get(page) ?? '').matchAll(COMMAND)].map(({ groups = {} }) => ({
    page,
    command: groups['command'] ?? '',
    answer: groups['answer'],
  }));
}

/** Returns an answer as a pattern: `…` stands for any text in a line. */
export function patternOf(answer: string): RegExp {
  return new RegExp(`^${answer.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('…', '.*')}$`);
}
