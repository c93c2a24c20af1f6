/** A file of sealing keys that cannot be read for a while, although its content does not change. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { openLiveRing } from '../../src/app/live-ring.ts';
import { formatRing } from '../../src/app/ring-file.ts';
import { createLog } from '../../src/observability/log.ts';
import { keyOf } from '../sealing/rings.ts';

const faults = vi.hoisted(() => ({ left: 0 }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return {
    ...fs,
    readFileSync: (...args: Parameters<typeof fs.readFileSync>) => {
      if (faults.left === 0) return fs.readFileSync(...args);
      faults.left -= 1;
      throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
    },
  };
});

it('is tried again until it can be read, and reported once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-ring-'));
  const file = join(folder, 'sealing-keys');
  const written: string[] = [];
  const { logger } = createLog('info', { write: (text) => void written.push(text) });
  writeFileSync(file, formatRing([keyOf(1)]));
  const ring = openLiveRing({ file, field: '--sealing-keys', logger, clock: () => 0 });
  faults.left = 3;
  writeFileSync(file, formatRing([keyOf(1), keyOf(2, 1000)]));
  await expect.poll(() => ring.find(keyOf(2).id)?.id, { timeout: 10_000 }).toBe(keyOf(2).id);
  const lines = written
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([{ level: 40, problem: expect.stringContaining('cannot be read (EMFILE)') }, { level: 30 }]);
  ring.close();
  rmSync(folder, { recursive: true });
});
