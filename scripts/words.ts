/**
 * Finds words that make prose hard to read, in comments, Markdown and the manual page: "in place of" (write "instead of"), "whoever", "those that",
 * "the one that", "that is none" and the like, words of our own for things that the field has a word for, and sentences that begin with "Those",
 * "Whoever", "What" or "One". A heading may begin with any word. Text in code marks or double quotes is quoted. Prints each place, and exits with 1
 * if there is one.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const DENIED = [
  /in place of/i,
  /\bwhoever\b/i,
  /\bthose (?:that|who|whom|whose|which)\b/i,
  /\bthe ones? (?:that|who|whom|whose|which)\b/i,
  /(?<!\bthere )\b(?:is|are|was|were) none\b/i,
  /(?:^|[.:;?!*#/|-]\s+)(?:Those|Whoever|What|One)(?: |$)/,
];

/** Words for readers alone: a comment in code may name a function `judge`. Write: unreachable, in progress, checked, continue, again, per minute. */
const DENIED_TO_READERS = [
  /\b(?:store|server|Redis|node|master|primary|replica)s? (?:is|are|was|were) away\b/i,
  /\bthe (?:store|server|Redis|master|primary) away\b/i,
  /\bunder way\b/i,
  /\btaken up\b/i,
  /\bgiven back\b/i,
  /\bin (?:its|their) turn\b(?! of)/i,
  /\b(?:is|are|was|were|be) (?:not )?judged\b/i,
  /\bgo(?:es|ing)? on\b/i,
  /\banew\b/i,
  // "5 calls per minute".
  /\b(?:\d[\d,]*|calls|codes|twice|[kKM]i?B|bytes|m?s) an? (?:second|minute|hour|day|month|call|connection|message|secret|key)\b/,
];

/** Its prose comes from the contract. */
const GENERATED =
  /^gen\/|\/generated\/|^clients\/(?:go\/pb|ruby\/lib\/otpd\/(?:admin\/)?v1|cpp\/proto)\/|^docs\/api\.md$|_pb2?\w*\.\w+$/;

/** The comments of a language, with the mark that begins them. */
const SLASHES = /(?:^|\s)(?:\/\*\*?|\/\/[/!]?|\*(?=\s)).*/;
const HASHES = /(?:^|\s)#.*/;
const SLASHED = /\.(?:tsx?|js|mjs|proto|go|rs|java|kt|php|cc|h)$/;
const PATTERNS =
  '*.md *.ts *.tsx *.js *.mjs *.sh *.yaml *.yml *.toml *.proto *.go *.rs *.java *.kt *.php *.cc *.h *.py *.rb man/otpd.1 .ci/run'.split(
    ' ',
  );
/** Prose from its first line to its last. */
const IS_TEXT = /\.(?:md|1)$/;
/** Pages about the inside of the program, which speak of its functions. */
const OF_THE_INSIDE = /^(?:docs\/(?:decisions\/|architecture\.md|performance\.md)|bench\/|src\/|CONTRIBUTING\.md|CHANGELOG\.md)/;

const files = execFileSync('git', ['ls-files', ...PATTERNS], { encoding: 'utf8' })
  .trim()
  .split('\n');
const found = files.filter((file) => !GENERATED.test(file)).flatMap((file) => places(file, readFileSync(file, 'utf8')));
if (found.length > 0) {
  process.stderr.write(`${found.join('\n')}\n`);
  process.exitCode = 1;
}

function places(file: string, text: string): string[] {
  const denied = IS_TEXT.test(file) && !OF_THE_INSIDE.test(file) ? [...DENIED, ...DENIED_TO_READERS] : DENIED;
  const lines = text.split('\n').map((line) => prose(file, line).replaceAll(/`[^`]*`|"[^"]*"/g, ''));
  return lines.flatMap((line, index) => {
    // A phrase may go over the end of its line.
    const next = (lines[index + 1] ?? '').replace(/^\s*(?:\/\/[/!]?|\*|#+)?\s*/, '');
    const both = next === '' ? line : `${line.trimEnd()} ${next}`;
    const found = denied.some((words) => (words.exec(both)?.index ?? both.length) < line.trimEnd().length);
    return found ? [`${file}:${index + 1}: ${line.trim()}`] : [];
  });
}

/** The prose of a line: all of it in a text, the comment elsewhere. */
function prose(file: string, line: string): string {
  if (IS_TEXT.test(file)) return line.replace(/^#+ \S+/, '');
  return (SLASHED.test(file) ? SLASHES : HASHES).exec(line)?.[0] ?? '';
}
