/**
 * Measures the sentences of Markdown: those of a page have at most 25 words on average, and no sentence has more than 50. Code, tables and headings
 * do not count. Prints the pages and sentences that are too long, and exits with 1 if there is one.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** In words. */
const LONGEST_AVERAGE = 25;
const LONGEST = 50;

/** Generated from the contract. */
const GENERATED = 'docs/api.md';

const pages = execFileSync('git', ['ls-files', '*.md'], { encoding: 'utf8' }).trim().split('\n');
const tooLong = pages
  .filter((page) => page !== GENERATED)
  .flatMap((page) => complaints(page, sentencesOf(readFileSync(page, 'utf8'))));
if (tooLong.length > 0) {
  process.stderr.write(`${tooLong.join('\n')}\n`);
  process.exitCode = 1;
}

function complaints(page: string, sentences: readonly string[]): string[] {
  const lengths = sentences.map(wordsOf);
  const average = lengths.reduce((sum, words) => sum + words, 0) / lengths.length;
  const long = sentences.filter((sentence) => wordsOf(sentence) > LONGEST);
  return [
    ...(average > LONGEST_AVERAGE ? [`${page}: sentences of ${average.toFixed(1)} words on average`] : []),
    ...long.map((sentence) => `${page}: ${wordsOf(sentence)} words: ${sentence}`),
  ];
}

function sentencesOf(text: string): string[] {
  const prose = text
    .replaceAll(/^ *```[\s\S]*?^ *```$|<!--[\s\S]*?-->/gm, '')
    // Removes indented code. The items of a list have a smaller indent.
    .replaceAll(/^ {4}.*$/gm, '');
  return prose
    .split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+\.)\s)|\n(?=[|#])/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '' && !/^[|#]/.test(paragraph))
    .flatMap((paragraph) => plain(paragraph).split(/(?<=[.!?])["')]?\s+/))
    .filter((sentence) => wordsOf(sentence) > 0);
}

/** Returns a paragraph without its list mark, with the text of its links, and a word for each piece of code. */
function plain(paragraph: string): string {
  return paragraph
    .replace(/^(?:[-*]|\d+\.)\s+/, '')
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/`[^`]*`/g, 'code')
    .replaceAll(/\*\*|\s+/g, (found) => (found === '**' ? '' : ' '));
}

function wordsOf(sentence: string): number {
  return sentence.split(/\s+/).filter((word) => /\w/.test(word)).length;
}
