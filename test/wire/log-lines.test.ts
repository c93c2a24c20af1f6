/** Lines on their way to the log: complete, in order, soon, and none lost for any number at once. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLines } from '../../src/observability/line-buffer.ts';

let written: string[];
const stream = { write: (text: string) => void written.push(text) };

beforeEach(() => {
  written = [];
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

test('lines that can wait are written together, a twentieth of a second late at most', () => {
  const lines = createLines(stream);
  lines.soon('one\n');
  lines.soon('tschüß\n');
  vi.advanceTimersByTime(49);
  expect(written).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(written).toEqual(['one\ntschüß\n']);
  lines.flush();
  vi.advanceTimersByTime(1000);
  expect(written).toHaveLength(1);
});

test('a line that cannot wait goes out at once, after those before it', () => {
  const lines = createLines(stream);
  lines.soon('before\n');
  lines.now('日本\n');
  lines.soon('after\n');
  expect(written).toEqual(['before\n', '日本\n']);
  lines.flush();
  expect(written.at(-1)).toBe('after\n');
});

test('more than fits is written in parts, every line complete and in order', () => {
  const lines = createLines(stream);
  const sent = Array.from({ length: 5000 }, (_, i) => `${i} ${'x'.repeat(i % 97)}\n`);
  for (const line of [...sent, `${'y'.repeat(65_535)}\n`]) lines.soon(line);
  lines.flush();
  expect(written.join('')).toBe(`${sent.join('')}${'y'.repeat(65_535)}\n`);
  for (const text of written) expect(text.length).toBeLessThanOrEqual(65_536);
});

test('if others write too, no write is longer than the bound, except for a single longer line', () => {
  const lines = createLines(stream, 100);
  const sent = [...Array.from({ length: 20 }, (_, i) => `${i} ${'x'.repeat(30)}\n`), `${'z'.repeat(150)}\n`, 'last\n'];
  for (const line of sent) lines.soon(line);
  lines.flush();
  expect(written.join('')).toBe(sent.join(''));
  for (const text of written) {
    expect(text.endsWith('\n')).toBe(true);
    expect(text.length <= 100 || text.indexOf('\n') === text.length - 1).toBe(true);
  }
});
