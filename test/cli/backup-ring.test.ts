/** The sealing keys of a backup, which a restore adds to the server's keys: no key is lost, and no retired key comes back. */
import { lstatSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { formatRing, makeKey, readRingFile } from '../../src/app/ring-file.ts';
import { planRing, ringBeside } from '../../src/cli/commands/backup-ring.ts';
import type { RingKey } from '../../src/sealing/ring.ts';

const [FIRST, SECOND, THIRD] = [1, 2, 3].map((days) => makeKey(days * 86_400_000, days * 86_400_000)) as [
  RingKey,
  RingKey,
  RingKey,
];
const retired = (key: RingKey): RingKey => ({ ...key, secret: undefined });

let folder: string;
let backup: string;
let ring: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-ring-'));
  [backup, ring] = [join(folder, 'backup.db'), join(folder, 'sealing-keys')];
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (file: string, ...keys: RingKey[]) => writeFileSync(file, formatRing(keys), { mode: 0o600 });
/** Returns the ids of the server's keys, with `-` before each retired key. */
const keysOf = (file = ring) => readRingFile(file, '').map(({ id, secret }) => (secret === undefined ? `-${id}` : id));

it('without any nothing is planned', () => {
  write(ring, FIRST);
  const plan = planRing(backup, ring);
  plan.install();
  expect([plan.file, plan.told, keysOf()]).toEqual([null, undefined, [FIRST.id]]);
});

it('become those of the server where it has none', () => {
  write(ringBeside(backup), FIRST, SECOND);
  const plan = planRing(backup, ring);
  expect(() => keysOf()).toThrow();
  plan.install();
  expect([plan.file, plan.told, keysOf()]).toEqual([ring, `with its sealing keys, as ${ring}`, [FIRST.id, SECOND.id]]);
  expect(statSync(ring).mode & 0o777).toBe(0o600);
});

it('are added to those of the server, in the order in which they were made', () => {
  write(ringBeside(backup), FIRST, SECOND);
  write(ring, SECOND, THIRD);
  const plan = planRing(backup, ring);
  expect(keysOf()).toEqual([SECOND.id, THIRD.id]);
  plan.install();
  expect(plan.told).toBe(`its sealing keys were added to ${ring}: ${FIRST.id}`);
  expect(keysOf()).toEqual([FIRST.id, SECOND.id, THIRD.id]);
});

it('that the server has stay unchanged, and so does its file', () => {
  write(ringBeside(backup), FIRST, SECOND);
  write(ring, retired(FIRST), SECOND, THIRD);
  const before = readFileSync(ring, 'utf8');
  const plan = planRing(backup, ring);
  plan.install();
  expect([plan.told, readFileSync(ring, 'utf8')]).toEqual([`its sealing keys are there: ${ring}`, before]);
});

it.each([
  ['there were none', []],
  ['there were some', [SECOND]],
])('are added to a key that came after they were planned, where %s', (_, own) => {
  write(ringBeside(backup), FIRST);
  if (own.length > 0) write(ring, ...own);
  const plan = planRing(backup, ring);
  write(ring, ...own, THIRD);
  plan.install();
  expect(keysOf()).toEqual([FIRST, ...own, THIRD].map(({ id }) => id));
});

it('go into the file that a link leads to', () => {
  const real = join(folder, 'real');
  write(real, SECOND);
  symlinkSync(real, ring);
  write(ringBeside(backup), FIRST);
  planRing(backup, ring).install();
  expect([lstatSync(ring).isSymbolicLink(), keysOf(real)]).toEqual([true, [FIRST.id, SECOND.id]]);
});

it('that cannot be read stop the restore before anything is changed', () => {
  write(ring, FIRST);
  writeFileSync(ringBeside(backup), 'not a ring');
  expect(() => planRing(backup, ring)).toThrow('line 1 is no sealing key');
});
