/** Writes the table of settings in docs/configuration.md. With `--check` only reports whether the table is current. */
import { readFileSync } from 'node:fs';
import { SETTINGS, type Setting } from '../src/config/settings.ts';
import { writeOrCheck } from './made-file.ts';

const FILE = 'docs/configuration.md';
const TABLE = /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/;

const rows = Object.values(SETTINGS).map(row);
const page = readFileSync(FILE, 'utf8');
const header = '| flag | environment | default | meaning |\n|---|---|---|---|\n';
const current = page.replace(TABLE, (_, open: string, close: string) => `${open}${header}${rows.join('')}${close}`);

writeOrCheck(FILE, current, 'node scripts/readme-settings.ts');

function row({ flag, value, env, fallback, help }: Setting): string {
  // A bar ends the cell, even inside code (GitHub Flavored Markdown, Tables).
  const code = (text: string) => `\`${text.replaceAll('|', '\\|')}\``;
  return `| ${code(value === undefined ? flag : `${flag} <${value}>`)} | ${code(env)} | ${fallback === undefined ? '' : code(fallback)} | ${help} |\n`;
}
