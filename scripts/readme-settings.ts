/** Writes the table of settings into docs/configuration.md; with `--check` it only says whether the table is current. */
import { readFileSync, writeFileSync } from 'node:fs';
import { SETTINGS, type Setting } from '../src/config/settings.ts';

const FILE = 'docs/configuration.md';
const TABLE = /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/;

const rows = Object.values(SETTINGS).map(row);
const page = readFileSync(FILE, 'utf8');
const header = '| flag | environment | default | meaning |\n|---|---|---|---|\n';
const current = page.replace(TABLE, (_, open: string, close: string) => `${open}${header}${rows.join('')}${close}`);

if (!process.argv.includes('--check')) {
  writeFileSync(FILE, current);
} else if (current !== page) {
  process.stderr.write('the table of settings in docs/configuration.md is out of date: run `node scripts/readme-settings.ts`\n');
  process.exitCode = 1;
}

function row({ flag, value, env, fallback, help }: Setting): string {
  // A bar would end the cell, within code too (GitHub Flavored Markdown, Tables).
  const code = (text: string) => `\`${text.replaceAll('|', '\\|')}\``;
  return `| ${code(value === undefined ? flag : `${flag} <${value}>`)} | ${code(env)} | ${fallback === undefined ? '' : code(fallback)} | ${help} |\n`;
}
