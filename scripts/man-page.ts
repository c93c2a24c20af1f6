/** Writes man/otpd.1 from the commands. With `--check` only reports whether the page is current. */
import { Readable } from 'node:stream';
import type { Command } from 'commander';
import type { Io } from '../src/cli/io.ts';
import { type CommandEntry, commandTree, type OptionEntry } from '../src/cli/output/command-tree.ts';
import { wrapHelp } from '../src/cli/output/help-width.ts';
import { createProgram } from '../src/cli/program.ts';
import { writeOrCheck } from './made-file.ts';

/** The date of the page, which man(7) requires: the last change to its form. */
const DATE = '2026-11-28';
/** The width of the items of a list, in characters: roff indents them by 11 of 80 columns and does not fill them. */
const LIST_WIDTH = 69;

/** The groups of options that many commands share. The page describes each once. */
const SHARED: ReadonlyMap<string, string> = new Map([
  ['Connection:', 'Connection'],
  ['Server, instead of the store:', 'Server, instead of the store'],
]);

/** The output of the program since the last look. */
const written: string[] = [];
const output = { write: (text: string) => void written.push(text), columns: 100 };
const io: Io = {
  stdin: Readable.from([]),
  stdout: output,
  stderr: output,
  env: {},
  signal: new AbortController().signal,
  setExitCode: () => undefined,
};

const program = await createProgram(io);
const [root, ...commands] = commandTree(program);
if (root === undefined) throw new Error('a program has at least itself');
const page = [
  '.\\" Made by scripts/man-page.ts from the commands. Do not edit.',
  `.TH OTPD 1 "${DATE}" otpd`,
  // Turns hyphenation off, for the names of variables and flags.
  '.nh',
  '.ad l',
  '.SH NAME',
  `otpd \\- ${escaped(root.description.replace(/^Issues/, 'issues').replace(/\.$/, ''))}`,
  '.SH SYNOPSIS',
  '.B otpd',
  '.I command',
  '.RI [ options ]',
  '.SH DESCRIPTION',
  ...filled(
    'A server that issues and checks one-time passwords for other services, and the commands that administer it and call it.',
  ),
  '.SH COMMANDS',
  ...commands.flatMap(section),
  '.SH COMMON OPTIONS',
  '.SS Every command',
  ...root.options.filter(({ names }) => names.includes('--help')).flatMap(option),
  ...[...SHARED].flatMap(([group, title]) => [`.SS ${title}`, ...optionsOf(group).flatMap(option)]),
  ...notes(program),
  '.SH SEE ALSO',
  '.BR oathtool (1)',
].join('\n');

writeOrCheck('man/otpd.1', `${page}\n`, 'node scripts/man-page.ts');

/** Describes a command. A group gets an introduction; its commands follow. */
function section({ path, description, usage, options, subcommands }: CommandEntry): string[] {
  const own = options.filter(({ names, group }) => !names.includes('--help') && !SHARED.has(group));
  const shared = [...SHARED].filter(([group]) => options.some((one) => one.group === group)).map(([, title]) => title);
  const words = subcommands.length > 0 ? 'command' : usage;
  return [
    `.SS ${escaped(`${path} ${words}`.trim())}`,
    ...filled(sentence(description.charAt(0).toUpperCase() + description.slice(1))),
    ...own.flatMap(option),
    ...(shared.length === 0 ? [] : ['.PP', ...filled(`The common options (${shared.join('; ')}) are taken too.`)]),
    ...examples(path),
  ];
}

function option({ names, value, isOptional, description }: OptionEntry): string[] {
  const shown = value === undefined ? '' : isOptional ? ` [${value}]` : ` ${value}`;
  return [
    '.TP',
    `.B ${escaped(names.join(', '))}${value === undefined ? '' : `\\fR\\fI${escaped(shown)}`}`,
    ...filled(sentence(description)),
  ];
}

function sentence(text: string): string {
  return /[.)]$/.test(text) ? text : `${text}.`;
}

/** Returns the notes below the options of the program, each as a section. */
function notes(command: Command): string[] {
  return blocksOf(command).flatMap((block) => {
    const [heading = '', ...lines] = block.split('\n');
    if (!/^\w[\w ]*:$/.test(heading)) return ['.SH EXIT STATUS', ...filled(block.replace(/^Exit codes: /, ''))];
    return [
      `.SH ${heading.slice(0, -1).toUpperCase()}`,
      '.nf',
      ...lines.map((line) => escaped(line.replace(/^ {2}/, ''))),
      '.fi',
    ];
  });
}

/** Returns the notes of a command for its own section: prose as paragraphs, examples unchanged. */
function examples(path: string): string[] {
  const command = path
    .split(' ')
    .slice(1)
    .reduce((found, name) => found.commands.find((one) => one.name() === name) ?? found, program);
  return blocksOf(command).flatMap((block) =>
    /^Examples:\n/.test(block)
      ? [
          '.PP',
          'Examples:',
          '.PP',
          '.nf',
          '.RS',
          ...block
            .split('\n')
            .slice(1)
            .map((line) => escaped(line.trim())),
          '.RE',
          '.fi',
        ]
      : ['.PP', ...paragraph(block)],
  );
}

/** Fills lines at the margin. Indented lines are a list, whose items stay on their own lines. */
function paragraph(block: string): string[] {
  const lines = block.split('\n');
  const first = lines.findIndex((line) => /^ /.test(line));
  if (first < 0) return filled(block);
  const items = wrapHelp(lines.slice(first).join('\n'), LIST_WIDTH).split('\n');
  const list = ['.nf', '.RS 4', ...items.map((line) => escaped(line.replace(/^ {2}/, ''))), '.RE', '.fi'];
  return first === 0 ? list : [...filled(lines.slice(0, first).join('\n')), ...list];
}

/** Returns the text below the options of a command, which the command only prints. */
function blocksOf(command: Command): string[] {
  written.length = 0;
  command.outputHelp();
  const own = command.helpInformation();
  return written
    .join('')
    .slice(own.length)
    .trim()
    .split('\n\n')
    .filter((block) => block !== '');
}

/** Returns the options of a group, from the first command that has them. */
function optionsOf(group: string): readonly OptionEntry[] {
  const first = commands.find(({ options }) => options.some((one) => one.group === group));
  return first?.options.filter((one) => one.group === group && !one.names.includes('--help')) ?? [];
}

/** Splits a text into lines of at most 78 characters, which roff fills again. */
function filled(text: string): string[] {
  const lines: string[] = [''];
  for (const word of escaped(text.replaceAll('\n', ' ')).split(/ +/)) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > 78) lines.push(escapedStart(word));
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

/** Escapes a text for roff: no escape sequence, no request at the start of a line, and dashes that can be copied. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^[.'].*/gm, escapedStart);
}

/** Escapes a line so that roff does not read it as a request. */
function escapedStart(line: string): string {
  return line.replace(/^[.']/, '\\&$&');
}
