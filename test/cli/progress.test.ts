/** The progress of long work, as a terminal shows it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { showProgress } from '../../src/cli/output/progress.ts';

let written: string;

beforeEach(() => {
  written = '';
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => vi.useRealTimers());

function ioOf(isTTY: boolean): Io {
  const stderr = { write: (text: string) => (written += text), isTTY };
  return { stderr, env: { NO_COLOR: '1' } } as unknown as Io;
}

test('it appears after a second, redraws only changes, and leaves nothing', () => {
  {
    using progress = showProgress(ioOf(true), false);
    progress.show('copying', 0.1);
    vi.advanceTimersByTime(999);
    progress.show('copying', 0.2);
    expect(written).toBe('');
    vi.advanceTimersByTime(1);
    progress.show('copying', 0.301);
    progress.show('copying', 0.309);
    progress.show('checking');
    expect(written).toBe('\r\x1b[Kcopying: 30 %\r\x1b[Kchecking ...');
  }
  expect(written.endsWith('checking ...\r\x1b[K')).toBe(true);
});

test('it shows at once what is known to take long', () => {
  using progress = showProgress(ioOf(true), true);
  progress.show('copying', 0);
  expect(written).toBe('\r\x1b[Kcopying: 0 %');
});

test('what is no terminal is shown nothing', () => {
  {
    using progress = showProgress(ioOf(false), true);
    progress.show('copying', 0.5);
  }
  expect(written).toBe('');
});
