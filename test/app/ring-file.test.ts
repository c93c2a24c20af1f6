/** The file of the sealing keys: what is read, what is refused with which text, and how the file is made and replaced. */
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileLockedError, rewritePrivateFile } from '../../src/app/private-file.ts';
import { ensureRingFile, formatRing, makeKey, readRingFile, ringFile } from '../../src/app/ring-file.ts';
import { InvalidInputError } from '../../src/otp/error.ts';
import type { RingKey } from '../../src/sealing/ring.ts';
import { keyOf } from '../sealing/rings.ts';

const NOW = Date.parse('2027-01-31T12:00:00Z');
const LINE = '828e2ad3  2027-01-31T12:00:00Z  2027-01-31T12:10:00Z  active  AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-ring-'));
  file = ringFile(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (text: string | Buffer): readonly RingKey[] => {
  writeFileSync(file, text);
  return readRingFile(file, '--sealing-keys');
};
const problemOf = (text: string | Buffer): string => {
  try {
    read(text);
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message;
    throw error;
  }
  return expect.fail('it is read');
};
const plain = (keys: readonly RingKey[]) => keys.map((key) => ({ ...key, secret: key.secret?.export().toString('hex') }));

describe('the file', () => {
  it('has a line for each key, in the form of the specification', () => {
    const [key] = read(`# a comment\n\n${LINE}\r\n`);
    expect(key).toMatchObject({ id: '828e2ad3', createTime: NOW, sealsFrom: NOW + 600_000 });
    expect(key?.secret?.export()).toEqual(Buffer.from(Array.from({ length: 32 }, (_, index) => index)));
    expect(formatRing([key as RingKey])).toMatch(new RegExp(`^#.*\n${LINE.replaceAll('+', '\\+')}\n$`));
  });

  it('keeps every key and every retired key unchanged', () => {
    const keys = [{ ...keyOf(1, NOW), secret: undefined }, keyOf(2, NOW + 1000), makeKey(NOW + 2345, NOW + 602_345)];
    expect(plain(read(formatRing(keys)))).toEqual(plain(keys));
    expect(formatRing(keys)).toContain(`${keyOf(1).id}  2027-01-31T12:00:00Z  2027-01-31T12:00:00Z  retired\n`);
  });

  it.each([
    ['without a last line that was cut off', LINE.slice(0, -20), 'line 1 is no sealing key'],
    ['with a key whose bytes were changed', LINE.replace('AAEC', 'AAED'), 'line 1 is no sealing key'],
    ['with a key whose id was changed', LINE.replace('828e', '828f'), 'line 1 is no sealing key'],
    ['with a key in another spelling', LINE.replace('h8=', 'h9='), 'line 1 is no sealing key'],
    ['with a moment that there is not', LINE.replace('-31T', '-32T'), 'line 1 is no sealing key'],
    ['with a moment in another spelling', LINE.replace('12:10:00Z', '12:10:00 '), 'line 1 is no sealing key'],
    ['with an unknown state', LINE.replace('active', 'paused'), 'line 1 is no sealing key'],
    ['with an active key without its bytes', LINE.slice(0, -46), 'line 1 is no sealing key'],
    ['with a retired key with its bytes', LINE.replace('active', 'retired'), 'line 1 is no sealing key'],
    ['with more on a line', `${LINE} more`, 'line 1 is no sealing key'],
    ['with rubbish after good lines', `${LINE}\nrubbish`, 'line 2 is no sealing key'],
    ['of bytes that are no text', Buffer.alloc(100, 0xff), 'line 1 is no sealing key'],
    ['with a key twice', `${LINE}\n${LINE}`, 'two keys with one id'],
    ['without an active key', LINE.replace(/active.*/, 'retired'), 'no active key'],
    ['that is empty', '', 'no active key'],
    ['that is too long', `# ${'x'.repeat(70_000)}\n${LINE}`, 'too long'],
  ])('is refused %s, and nothing of it is quoted', (_, text, complaint) => {
    const problem = problemOf(text);
    expect(problem).toMatch(/^--sealing-keys: /);
    expect(problem).toContain(complaint);
    for (const part of ['AAEC', '828e2ad3', 'rubbish']) expect(problem).not.toContain(part);
  });

  it('is refused if it was cut off within a key', () => {
    const text = formatRing([keyOf(1), keyOf(2)]);
    const first = text.indexOf('\n', text.indexOf('active')) + 1;
    for (let length = first + 1; length < text.length - 1; length += 1)
      expect(problemOf(text.slice(0, length))).toContain('line 3');
  });

  it('is refused, or read as it is written, for any content', () => {
    fc.assert(
      fc.property(fc.nat(LINE.length - 1), fc.string({ unit: 'binary', maxLength: 3 }), (at, insert) => {
        writeFileSync(file, LINE.slice(0, at) + insert + LINE.slice(at + 1));
        let keys: readonly RingKey[] = [];
        try {
          keys = readRingFile(file, 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
        }
        for (const { secret } of keys) expect(secret?.export().toString('hex')).toMatch(/^00010203/);
      }),
    );
  });

  it('that is not there says what to do', () => {
    expect(() => readRingFile(file, '--sealing-keys')).toThrow(
      /there is no .*sealing-keys: copy the file of another instance .*`otpd sealing-keys add`/,
    );
    expect(() => readRingFile(folder, '--sealing-keys')).toThrow('cannot be read (EISDIR): correct the path or its mode');
  });
});

describe('the first start', () => {
  it('makes the file with its folder, for its owner alone, with a key that seals at once; once', () => {
    const deep = ringFile(join(folder, 'a', 'b'));
    expect(ensureRingFile(deep, NOW + 999)).toBe(true);
    expect([statSync(deep).mode & 0o777, statSync(join(folder, 'a')).mode & 0o777]).toEqual([0o600, 0o700]);
    const text = readFileSync(deep, 'utf8');
    expect(readRingFile(deep, 'x')).toEqual([expect.objectContaining({ createTime: NOW, sealsFrom: NOW })]);
    expect(ensureRingFile(deep, NOW)).toBe(false);
    expect(readFileSync(deep, 'utf8')).toBe(text);
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['sealing-keys']);
  });
});

describe('a change', () => {
  it('replaces the file in one step, for its owner alone', () => {
    writeFileSync(file, 'old', { mode: 0o644 });
    const { ino } = statSync(file);
    rewritePrivateFile(file, () => {
      expect(readFileSync(file, 'utf8')).toBe('old');
      return 'new';
    });
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(statSync(file).ino).not.toBe(ino);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['sealing-keys']);
  });

  it('leaves the file to its owner, and a new one to that of the folder', () => {
    ensureRingFile(file, NOW);
    // Only root can have files of other owners.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(file, 65_533, 65_533);
    const own = statSync(file);
    rewritePrivateFile(file, () => 'new');
    expect(statSync(file)).toMatchObject({ uid: own.uid, gid: own.gid });
    rmSync(file);
    if (isRoot) chownSync(folder, 65_534, 65_534);
    const { uid, gid } = statSync(folder);
    ensureRingFile(file, NOW);
    expect(statSync(file)).toMatchObject({ uid, gid });
  });

  it('that fails leaves the file, and no draft', () => {
    writeFileSync(file, 'old');
    expect(() =>
      rewritePrivateFile(file, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect([readFileSync(file, 'utf8'), readdirSync(folder)]).toEqual(['old', ['sealing-keys']]);
  });

  it('waits for none that is under way: it is refused', () => {
    writeFileSync(file, 'old');
    rewritePrivateFile(file, () => {
      expect(() => rewritePrivateFile(file, () => 'second')).toThrow(FileLockedError);
      return 'first';
    });
    expect(readFileSync(file, 'utf8')).toBe('first');
    writeFileSync(`${file}.new`, 'left by a crash');
    expect(() => rewritePrivateFile(file, () => 'third')).toThrow(FileLockedError);
    expect([readFileSync(file, 'utf8'), existsSync(`${file}.new`)]).toEqual(['first', true]);
  });

  it('needs its folder', () => {
    mkdirSync(join(folder, 'x'));
    expect(() => rewritePrivateFile(join(folder, 'none', 'y'), () => '')).toThrow(/ENOENT/);
  });
});
