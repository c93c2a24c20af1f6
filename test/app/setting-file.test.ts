/** A followed file: which changes are noticed, and that the file is not read after the end. */
import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { followFile, readSettingFile } from '../../src/app/setting-file.ts';
import { until } from '../support/until.ts';

let folder: string;
let file: string;
let seen: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-setting-'));
  file = join(folder, 'setting');
  seen = [];
  writeFileSync(file, 'one');
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

function follow(): Disposable {
  return followFile(file, {
    read() {
      seen.push(readSettingFile(file, '--setting'));
      return undefined;
    },
    onProblem: () => undefined,
  });
}

it('a text of the same length and time is another one', async () => {
  const { atime, mtime } = statSync(file);
  utimesSync(file, atime, mtime);
  using _ = follow();
  writeFileSync(file, 'two');
  utimesSync(file, atime, mtime);
  await until('the change is seen', () => seen.length > 1);
  expect(seen).toEqual(['one', 'two']);
});

it('that is no longer followed is not read again: not at SIGHUP, and not where a look was under way', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const following = follow();
  writeFileSync(file, 'another');
  vi.runOnlyPendingTimers();
  following[Symbol.dispose]();
  // Later than the check, which reads the same status.
  for (let round = 0; round < 10; round += 1) await stat(file);
  process.emit('SIGHUP');
  expect([seen, vi.getTimerCount()]).toEqual([['one'], 0]);
});

it('that cannot be read is named by its setting', () => {
  expect(() => readSettingFile(join(folder, 'missing'), '--setting')).toThrow(
    '--setting: cannot be read (ENOENT): correct the path or its mode',
  );
});
