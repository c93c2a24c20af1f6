/** Key files survive a crash: their content is on the disk before they get their name, and the name is on the disk before the function returns. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FileLockedError, makePrivateFile, rewritePrivateFile } from '../../src/app/private-file.ts';
import { formatRing, makeKey, readRingFile } from '../../src/app/ring-file.ts';

/** The operations on files, in order, and the bytes that were read. */
const done = vi.hoisted(() => ({ steps: [] as string[], read: [] as Buffer[] }));

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const names = new Map<number, string>();
  const nameOf = (file: unknown) => names.get(file as number) ?? String(file).split('/').at(-1);
  return {
    ...fs,
    openSync: (...given: Parameters<typeof fs.openSync>) => {
      const handle = fs.openSync(...given);
      names.set(handle, String(nameOf(given[0])));
      return handle;
    },
    writeFileSync: (...given: Parameters<typeof fs.writeFileSync>) => {
      const isFlushed = typeof given[2] === 'object' && given[2] !== null && given[2].flush === true;
      done.steps.push(`write ${nameOf(given[0])}${isFlushed ? ' to the disk' : ''}`);
      fs.writeFileSync(...given);
    },
    readFileSync: (...given: Parameters<typeof fs.readFileSync>) => {
      const found = fs.readFileSync(...given);
      if (Buffer.isBuffer(found)) done.read.push(found);
      return found;
    },
    fsyncSync: (handle: number) => {
      done.steps.push(`flush ${nameOf(handle)}`);
      fs.fsyncSync(handle);
    },
    linkSync: (from: string, to: string) => {
      done.steps.push(`name ${nameOf(to)}`);
      fs.linkSync(from, to);
    },
    renameSync: (from: string, to: string) => {
      done.steps.push(`name ${nameOf(to)}`);
      fs.renameSync(from, to);
    },
  };
});

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-private-'));
  file = join(folder, 'keys');
  done.steps.length = 0;
  done.read.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a new file is written to the disk before it is named', () => {
  expect(makePrivateFile(file, 'content')).toBe(true);
  expect(done.steps).toEqual([expect.stringMatching(/^write keys\.\d+\.\w+ to the disk$/), 'name keys']);
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777, readdirSync(folder)]).toEqual(['content', 0o600, ['keys']]);
});

test('an existing file is not changed', () => {
  makePrivateFile(file, 'first');
  expect(makePrivateFile(file, 'second')).toBe(false);
  expect([readFileSync(file, 'utf8'), readdirSync(folder)]).toEqual(['first', ['keys']]);
});

test('a file that is replaced is on the disk before it is named, and its name after it', () => {
  makePrivateFile(file, 'first');
  done.steps.length = 0;
  rewritePrivateFile(file, () => `${readFileSync(file, 'utf8')} and second`);
  expect(done.steps).toEqual(['write keys.new', 'flush keys.new', 'name keys', `flush ${basename(folder)}`]);
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['first and second', 0o600]);
});

test('a failed change leaves the file unchanged and unlocked', () => {
  makePrivateFile(file, 'first');
  const fail = () => {
    throw new Error('no');
  };
  expect(() => rewritePrivateFile(file, fail)).toThrow('no');
  expect([readFileSync(file, 'utf8'), readdirSync(folder)]).toEqual(['first', ['keys']]);
  rewritePrivateFile(file, () => {
    expect(() => rewritePrivateFile(file, () => 'third')).toThrow(FileLockedError);
    return 'second';
  });
  expect(readFileSync(file, 'utf8')).toBe('second');
});

test('the bytes of a file of sealing keys are wiped once it is read', () => {
  makePrivateFile(file, formatRing([makeKey(0, 0)]));
  expect(readRingFile(file, 'field')).toHaveLength(1);
  expect(done.read.map((bytes) => bytes.every((byte) => byte === 0))).toEqual([true]);
});
