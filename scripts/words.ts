/**
 * Finds words that make prose hard to read, in comments and in Markdown: "in place of" (write "instead of"), "whoever", "that is none" and the
 * like, and sentences that begin with "Those", "Whoever", "What" or "One". A heading may begin with any word. Text in code marks or double quotes
 * is quoted. Prints each place, and exits with 1 if there is one.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const DENIED = [
  /in place of/i,
  /\bwhoever\b/i,
  /(?<!\bthere )\b(?:is|are|was|were) none\b/i,
  /(?:^|[.:;?!*#/|-]\s+)(?:Those|Whoever|What|One)(?: |$)/,
];

/** Its prose comes from the contract. */
const GENERATED = /^(?:gen|clients\/typescript\/src\/generated)\/|^docs\/api\.md$/;

/** The comments of a language, with the mark that begins them. */
const SLASHES = /(?:^|\s)(?:\/\*\*?|\/\/|\*(?=\s)).*/;
const HASHES = /(?:^|\s)#.*/;

const files = execFileSync(
  'git',
  ['ls-files', '*.md', '*.ts', '*.tsx', '*.js', '*.mjs', '*.sh', '*.yaml', '*.yml', '*.toml', '.ci/run'],
  {
    encoding: 'utf8',
  },
);
const found = files
  .trim()
  .split('\n')
  .filter((file) => !GENERATED.test(file))
  .flatMap((file) => places(file, readFileSync(file, 'utf8')));
if (found.length > 0) {
  process.stderr.write(`${found.join('\n')}\n`);
  process.exitCode = 1;
}

function places(file: string, text: string): string[] {
  return text
    .split('\n')
    .map((line) => prose(file, line).replaceAll(/`[^`]*`|"[^"]*"/g, ''))
    .flatMap((line, index) => (DENIED.some((words) => words.test(line)) ? [`${file}:${index + 1}: ${line.trim()}`] : []));
}

/** The prose of a line: all of it in Markdown, the comment elsewhere. */
function prose(file: string, line: string): string {
  if (file.endsWith('.md')) return line.replace(/^#+ \S+/, '');
  return (/\.(?:tsx?|js|mjs)$/.test(file) ? SLASHES : HASHES).exec(line)?.[0] ?? '';
}
