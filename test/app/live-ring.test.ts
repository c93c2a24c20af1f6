/** The ring follows its file, unless the new content is worse. */
import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type LiveRing, openLiveRing } from '../../src/app/live-ring.ts';
import { formatRing } from '../../src/app/ring-file.ts';
import { createLog } from '../../src/observability/log.ts';
import type { RingKey } from '../../src/sealing/ring.ts';
import { createSealing, SealedBlobError } from '../../src/sealing/sealing.ts';
import { keyOf } from '../sealing/rings.ts';

const BINDING = { tenant: 'default', context: Buffer.from('user-1') };
const PAYLOAD = Buffer.from('12345678901234567890');
let folder: string;
let file: string;
let written: string[];
let live: LiveRing[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-ring-'));
  file = join(folder, 'sealing-keys');
  written = [];
  live = [];
});
afterEach(() => {
  for (const ring of live) ring.close();
  rmSync(folder, { recursive: true });
});

function open(path = file): LiveRing {
  const { logger } = createLog('info', { write: (text) => void written.push(text) });
  const ring = openLiveRing({ file: path, field: '--sealing-keys', logger, clock: () => 0 });
  live.push(ring);
  return ring;
}
const put = (...keys: RingKey[]) => writeFileSync(file, formatRing(keys));
const lines = () =>
  written
    .join('')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const retired = (key: RingKey): RingKey => ({ ...key, secret: undefined });
/** Waits until the ring has exactly these keys. */
const has = (ring: LiveRing, ...bytes: number[]) =>
  expect.poll(() => [1, 2, 3].filter((byte) => ring.find(keyOf(byte).id) !== undefined), { timeout: 5000 }).toEqual(bytes);
const problem = (text: string) => expect.poll(() => lines().at(-1)?.problem, { timeout: 5000 }).toContain(text);

it('adopts a new key and a retirement, and logs only ids', async () => {
  put(keyOf(1));
  const ring = open();
  put(keyOf(1), keyOf(2, 5000));
  await has(ring, 1, 2);
  expect([ring.sealingKeyAt(0).id, ring.sealingKeyAt(5000).id]).toEqual([keyOf(1).id, keyOf(2).id]);
  put(retired(keyOf(1)), keyOf(2, 5000));
  await expect.poll(() => ring.find(keyOf(1).id)?.secret, { timeout: 5000 }).toBeUndefined();
  expect(lines()).toMatchObject([
    { level: 30, sealing: keyOf(1).id, active: [keyOf(1).id, keyOf(2).id], retired: [] },
    { level: 30, sealing: keyOf(2).id, active: [keyOf(2).id], retired: [keyOf(1).id] },
  ]);
  for (const byte of [1, 2]) expect(written.join('')).not.toContain(Buffer.alloc(32, byte).toString('base64').slice(0, 20));
});

it('keeps the old keys while the file is half written, broken, shrunk or gone, and reports each once', async () => {
  put(keyOf(1), keyOf(2, 1000));
  const ring = open();
  const whole = formatRing([keyOf(1), keyOf(2, 1000), keyOf(3, 2000)]);
  writeFileSync(file, whole.slice(0, -20));
  await problem('line 4 is no sealing key');
  unlinkSync(file);
  await problem('copy the file of another instance');
  writeFileSync(file, '');
  await problem('no active key');
  put(keyOf(1), keyOf(3, 2000));
  await problem(`lacks ${keyOf(2).id}`);
  await has(ring, 1, 2);
  expect(ring.sealingKeyAt(1000).id).toBe(keyOf(2).id);
  expect(lines().map(({ level }) => level)).toEqual([40, 40, 40, 40]);
  writeFileSync(file, whole);
  await has(ring, 1, 2, 3);
  expect(lines().at(-1)).toMatchObject({ level: 30, sealing: keyOf(1).id });
  expect(lines()).toHaveLength(5);
});

it('reports that a broken file is restored', async () => {
  put(keyOf(1));
  open();
  writeFileSync(file, 'broken');
  await problem('line 1 is no sealing key');
  put(keyOf(1));
  await expect.poll(() => lines().at(-1), { timeout: 5000 }).toMatchObject({ level: 30, active: [keyOf(1).id] });
});

it('never loses a tombstone to a file without it', async () => {
  put(retired(keyOf(1)), keyOf(2));
  const ring = open();
  put(keyOf(2), keyOf(3, 1000));
  await problem(`lacks ${keyOf(1).id}`);
  await has(ring, 1, 2);
});

it('follows a file that is replaced by another name, as orchestrators replace secrets', async () => {
  const [first, second, link] = [join(folder, 'first'), join(folder, 'second'), join(folder, 'link')];
  writeFileSync(first, formatRing([keyOf(1)]));
  writeFileSync(second, formatRing([keyOf(1), keyOf(2, 1000)]));
  symlinkSync(first, link);
  const ring = open(link);
  symlinkSync(second, `${link}.new`);
  renameSync(`${link}.new`, link);
  await has(ring, 1, 2);
});

it('of two instances that read at different moments opens what the other seals, before, while and after', async () => {
  put(keyOf(1));
  const [early, late] = [open(), open()];
  // The second ring does not see the change yet.
  late.close();
  put(keyOf(1), keyOf(2, 600_000));
  await has(early, 1, 2);
  const at = (ring: LiveRing, now: number) => createSealing(ring, () => now);
  const crossed = (now: number, one: LiveRing, other: LiveRing) => {
    const blob = at(one, now).seal('otpk1', PAYLOAD, BINDING, now);
    expect(Buffer.from(at(other, now).open('otpk1', blob, BINDING).payload)).toEqual(PAYLOAD);
    return Buffer.from(blob.slice(6), 'base64url').toString('hex', 0, 4);
  };
  expect([crossed(599_999, early, late), crossed(599_999, late, early)]).toEqual([keyOf(1).id, keyOf(1).id]);
  const caughtUp = open();
  expect([crossed(600_000, early, caughtUp), crossed(600_000, caughtUp, early)]).toEqual([keyOf(2).id, keyOf(2).id]);
  // An instance that does not read the file could not open these blobs, so it names the missing key.
  const blob = at(early, 600_000).seal('otpk1', PAYLOAD, BINDING, 600_000);
  expect(() => at(late, 600_000).open('otpk1', blob, BINDING)).toThrow(SealedBlobError);
});

it('is refused at first by what is wrong with the file', () => {
  expect(() => open()).toThrow(/--sealing-keys: there is no .*: copy the file of another instance/);
  writeFileSync(file, 'rubbish');
  expect(() => open()).toThrow(/line 1 is no sealing key/);
});
