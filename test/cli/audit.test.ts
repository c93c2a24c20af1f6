/** `otpd audit verify`: its output for a trail, and its exit codes. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { otpd } from './harness.ts';
import { makeFolder } from './real.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = makeFolder();
  file = join(folder, 'audit.jsonl');
  const env = { OTPD_DATA_DIR: folder, OTPD_AUDIT_LOG: file };
  for (const name of ['one', 'two', 'three']) expect((await otpd(['keys', 'create', '--name', name], { env })).code).toBe(0);
});
afterEach(() => rmSync(folder, { recursive: true }));

const lines = () => readFileSync(file, 'utf8').split('\n').slice(0, -1);
const write = (kept: readonly string[]) => writeFileSync(file, kept.map((line) => `${line}\n`).join(''));
const digest = () => JSON.parse(lines().at(-1) ?? '').hash;

it('a trail of three commands is whole', async () => {
  expect(await otpd(['audit', 'verify', file])).toEqual({ code: 0, out: `whole: 3 lines; last digest ${digest()}\n`, err: '' });
  const { out } = await otpd(['audit', 'verify', file, '--json']);
  expect(JSON.parse(out)).toEqual({ whole: true, lines: 3, lastDigest: digest(), faultCount: 0, faults: [] });
});

it('a line that was taken out and one that was changed are named, with exit code 1', async () => {
  const [first = '', second = '', third = ''] = lines();
  write([first, third]);
  const { code, out, err } = await otpd(['audit', 'verify', file]);
  expect({ code, err }).toEqual({ code: 1, err: '' });
  expect(out).toBe(`${file}:2: the line follows a line that is missing\nnot whole: 2 lines; last digest ${digest()}\n`);
  write([first, second.replace('key.created', 'key.rotated'), third]);
  const changed = await otpd(['audit', 'verify', file, '--json']);
  expect({ code: changed.code, ...JSON.parse(changed.out) }).toMatchObject({
    code: 1,
    whole: false,
    faultCount: 1,
    faults: [{ file, line: 2, fault: 'was changed' }],
  });
});

it('a trail without its beginning is one only if that is said', async () => {
  write(lines().slice(1));
  expect((await otpd(['audit', 'verify', file])).code).toBe(1);
  expect((await otpd(['audit', 'verify', file, '--continued'])).code).toBe(0);
});

it('at most twenty faults are listed', async () => {
  write([lines()[0] ?? '', ...Array<string>(30).fill('nonsense')]);
  const { out } = await otpd(['audit', 'verify', file]);
  expect(out.split('\n')).toHaveLength(23);
  expect(out).toContain('and 10 more faults\nnot whole: 31 lines');
});

it('a missing file is reported, with exit code 2', async () => {
  const missing = join(folder, 'missing');
  expect(await otpd(['audit', 'verify', missing])).toEqual({
    code: 2,
    out: '',
    err: `error: ${missing} cannot be read: there is no such file or folder\n`,
  });
});
