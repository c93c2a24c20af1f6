/** Commands and flags in sentences of a page exist. Other tests run the blocks of commands. */
import { expect, it } from 'vitest';
import { type CommandEntry, commandTree } from '../../src/cli/output/command-tree.ts';
import { createProgram } from '../../src/cli/program.ts';
import { SILENT } from '../cli/harness.ts';
import { PAGES } from './pages.ts';

const tree = commandTree(await createProgram(SILENT));
/** History is not corrected. */
const pages = [...PAGES].filter(([page]) => page !== 'CHANGELOG.md');

/** Returns the command that the words call; undefined if there is none. */
function calledBy(words: readonly string[]): CommandEntry | undefined {
  const paths = words.map((_, at) => ['otpd', ...words.slice(0, at + 1)].join(' '));
  return tree.findLast(({ path }) => paths.includes(path));
}

/** Returns the mistakes in the text of a command, such as `otpd keys rotate ID --grace 7d`. `add|retire` stands for two commands. */
function mistakesIn(text: string): string[] {
  const [, ...words] = text.split(/\s+/);
  const [, choices] = words;
  if (choices?.includes('|')) return choices.split('|').flatMap((choice) => mistakesIn(text.replace(choices, choice)));
  const command = calledBy(words);
  if (command === undefined) return words[0] === 'help' ? [] : [`${text}: no such command`];
  const next = words[command.path.split(' ').length - 1] ?? '--';
  if (command.subcommands.length > 0 && !next.startsWith('--')) return [`${text}: ${command.path} has no ${next}`];
  const known = command.options.flatMap(({ names }) => names);
  const flags = words.filter((word) => word.startsWith('--')).map((word) => word.replace(/[=,;.].*/, ''));
  return flags.filter((flag) => !known.includes(flag)).map((flag) => `${text}: ${command.path} has no ${flag}`);
}

it.each(pages.map(([page]) => page))('%s', (page) => {
  const prose = (PAGES.get(page) ?? '').replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
  const named = [...prose.matchAll(/`(?:npx )?(otpd [a-z][^`]+)`/g)].map(([, text = '']) => text.replaceAll(/\s+/g, ' '));
  expect(named.flatMap(mistakesIn)).toEqual([]);
});

it('finds a flag and a command that are not there', () => {
  expect(mistakesIn('otpd keys create --nmae x')).toEqual(['otpd keys create --nmae x: otpd keys create has no --nmae']);
  expect(mistakesIn('otpd sealing-keys add|remove')).toEqual(['otpd sealing-keys remove: otpd sealing-keys has no remove']);
  expect(mistakesIn('otpd frobnicate')).toEqual(['otpd frobnicate: no such command']);
});
