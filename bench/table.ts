/** Tables in Markdown that are readable as plain text: padded columns, with figures to the right. */
import type { Spread } from './statistics.ts';

/** Returns a table. Aligns the first column to the left and the others to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(3, ...[title, ...rows.map((row) => row[column] ?? '')].map((text) => text.length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (column === 0 ? (cells[0] ?? '').padEnd(width) : (cells[column] ?? '').padStart(width))).join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** Returns the median, with the range if there are several figures. */
export function cell(figures: Spread | undefined): string {
  if (figures === undefined) return '';
  const { median, min, max } = figures;
  return min === max ? short(median) : `${short(median)} (${short(min)}..${short(max)})`;
}

/** Formats a figure with three significant digits, and thousands with commas. */
export function short(figure: number): string {
  if (Math.abs(figure) >= 1000) return Math.round(figure).toLocaleString('en-GB');
  return figure.toFixed(Math.abs(figure) >= 100 ? 0 : Math.abs(figure) >= 10 ? 1 : 2);
}
