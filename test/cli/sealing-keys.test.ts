/** `otpd sealing-keys`: its keys, output and refusals, and a rotation by an operator beside a server. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LiveRing, openLiveRing } from '../../src/app/live-ring.ts';
import { formatRing, readRingFile } from '../../src/app/ring-file.ts';
import { withKey } from '../../src/cli/commands/sealing-keys.ts';
import { createLog } from '../../src/observability/log.ts';
import type { RingKey } from '../../src/sealing/ring.ts';
import { createSealing, SealedBlobError } from '../../src/sealing/sealing.ts';
import { keyOf } from '../sealing/rings.ts';
import { openPatientStore } from '../support/patient-store.ts';
import { otpd } from './harness.ts';
import { makeFolder } from './real.ts';

const DAY = 86_400_000;
const TEN_MINUTES = 600_000;
let folder: string;
let file: string;
let env: Record<string, string>;

beforeEach(() => {
  folder = makeFolder();
  mkdirSync(join(folder, 'data'), { mode: 0o700 });
  file = join(folder, 'data', 'sealing-keys');
  env = { OTPD_DATA_DIR: join(folder, 'data'), OTPD_AUDIT_LOG: join(folder, 'audit.jsonl') };
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]) => otpd(['sealing-keys', ...args], { env });
const keys = () => readRingFile(file, 'x');
const put = (...ring: RingKey[]) => writeFileSync(file, formatRing(ring), { mode: 0o600 });
const events = () =>
  readFileSync(env['OTPD_AUDIT_LOG'] ?? '', 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

async function json(...args: string[]): Promise<Record<string, unknown>[]> {
  const { code, out, err } = await run(...args, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

async function expectRefusal(args: string[], complaint: string): Promise<void> {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  const { code, out, err } = await run(...args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^error: .*\n$/);
  expect(err).toContain(complaint);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(before);
  expect(readdirSync(join(folder, 'data')).filter((name) => /sealing-keys\./.test(name))).toEqual([]);
}

/** Writes the days on which keys were used to the store. */
async function used(...days: [id: string, daysAgo: number][]): Promise<void> {
  const store = openPatientStore(join(folder, 'data', 'otpd.db'));
  const today = Math.floor(Date.now() / DAY);
  // The writer may take a moment to start.
  await store.ping();
  await store.sealingKeys.noteDays(new Map(days.map(([id, ago]) => [id, today - ago])));
  await store.close();
}

describe('add', () => {
  it('makes the file if there is none, with a key that seals at once', async () => {
    const { code, out } = await run('add');
    const [key] = keys();
    expect({ code, out }).toEqual({
      code: 0,
      out: `made ${file} with the sealing key ${key?.id}: give it to every instance, and keep a copy\n`,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(key?.sealsFrom).toBe(key?.createTime);
    expect(events()).toMatchObject([
      { event: 'sealing_key.added', sealingKey: key?.id, by: expect.stringMatching(/^operator:/) },
    ]);
    expect(readFileSync(env['OTPD_AUDIT_LOG'] ?? '', 'utf8')).not.toContain(key?.secret?.export().toString('base64'));
  });

  it('stages a key for ten minutes, or not at all', async () => {
    put(keyOf(1));
    chmodSync(file, 0o644);
    const { out } = await run('add');
    const [staged] = await json('add', '--now');
    const [, second, third] = keys();
    expect(out).toMatch(/^added [0-9a-f]{8} to .*: it seals from \S+Z, so bring the file to every instance before\n$/);
    expect([second, third].map((key) => (key?.sealsFrom ?? 0) - (key?.createTime ?? 0))).toEqual([TEN_MINUTES, 0]);
    expect(staged).toMatchObject({ id: third?.id, state: 'seals' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await used();
    expect((await json('list')).map(({ state }) => state)).toEqual(['opens', 'staged', 'seals']);
  });

  it('changes the file that a link leads to', async () => {
    put(keyOf(1));
    const link = join(folder, 'link');
    symlinkSync(file, link);
    expect((await run('add', '--sealing-keys', link)).code).toBe(0);
    expect(keys()).toHaveLength(2);
  });

  it('is refused for a file that is broken, locked, or cannot be written', async () => {
    writeFileSync(file, 'rubbish');
    await expectRefusal(['add'], '--sealing-keys: line 1 is no sealing key');
    put(keyOf(1));
    const lock = join(folder, 'locked');
    writeFileSync(lock, formatRing([keyOf(1)]));
    writeFileSync(`${lock}.new`, '');
    await expectRefusal(['add', '--sealing-keys', lock], `being changed by another otpd: if none runs, remove ${lock}.new`);
    await expectRefusal(['add', '--sealing-keys', join(file, 'x')], 'cannot be written: ');
  });

  it('never assigns the id of one key to another', () => {
    expect(() => withKey([keyOf(1)], { ...keyOf(2), id: keyOf(1).id })).toThrow('has the id of another by chance');
    expect(() => withKey([{ ...keyOf(1), secret: undefined }], keyOf(1))).toThrow('has the id of another by chance');
  });

  it('of many at once loses none', async () => {
    put(keyOf(1));
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => run('add')));
    expect(keys()).toHaveLength(1 + outcomes.filter(({ code }) => code === 0).length);
  });
});

describe('list', () => {
  it('shows each key, what it does, and when it was last used', async () => {
    const now = Date.now();
    put({ ...keyOf(1), secret: undefined }, keyOf(2), keyOf(3, now - DAY), keyOf(4, now + DAY));
    await used([keyOf(2).id, 40], [keyOf(3).id, 0]);
    const today = new Date().toISOString().slice(0, 10);
    expect((await json('list')).map(({ id, state, lastUsedDate }) => [id, state, lastUsedDate])).toEqual([
      [keyOf(1).id, 'retired', null],
      [keyOf(2).id, 'opens', new Date(now - 40 * DAY).toISOString().slice(0, 10)],
      [keyOf(3).id, 'seals', today],
      [keyOf(4).id, 'staged', null],
    ]);
    const { out } = await run('list');
    expect(out.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/^ID +CREATED +SEALS FROM +STATE +LAST USED$/),
      expect.stringMatching(/^[0-9a-f]{8} +1970-01-01T00:00:00Z +1970-01-01T00:00:00Z +retired +never$/),
    ]);
    for (const byte of [2, 3, 4]) expect(out).not.toContain(Buffer.alloc(32, byte).toString('base64').slice(0, 20));
  });

  it('without a store says that it does not know', async () => {
    put(keyOf(1));
    const { code, out, err } = await run('list');
    expect({ code, err }).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^warning: when the keys were last used is not known: there is no .*otpd\.db/),
    });
    expect(out).toMatch(/seals +not known\n$/);
  });

  it('without a file says what to do', async () => {
    await expectRefusal(['list'], `there is no ${file}: copy the file of another instance`);
  });
});

describe('retire', () => {
  beforeEach(() => put(keyOf(1), keyOf(2, 1000), keyOf(3, Date.now() + DAY)));

  it('removes the bytes of a key that is not used any more, and keeps its id', async () => {
    await used([keyOf(1).id, 30], [keyOf(2).id, 0]);
    const { code, out } = await run('retire', keyOf(1).id);
    expect({ code, out }).toEqual({
      code: 0,
      out: `retired ${keyOf(1).id}: bring ${file} to every instance, and remove the key from its copies\n`,
    });
    expect(keys().map(({ id, secret }) => [id, secret === undefined])).toEqual([
      [keyOf(1).id, true],
      [keyOf(2).id, false],
      [keyOf(3).id, false],
    ]);
    expect(readFileSync(file, 'utf8')).not.toContain(Buffer.alloc(32, 1).toString('base64').slice(0, 20));
    expect(events()).toMatchObject([{ event: 'sealing_key.retired', sealingKey: keyOf(1).id, force: false }]);
    await expectRefusal(['retire', keyOf(1).id], `${keyOf(1).id} is retired already`);
  });

  it('is refused for a key that was used within 30 days, unless forced', async () => {
    await used([keyOf(1).id, 29]);
    await expectRefusal(['retire', keyOf(1).id], `blobs of ${keyOf(1).id} were sealed or opened as late as `);
    expect(await json('retire', keyOf(1).id, '--force')).toMatchObject([{ id: keyOf(1).id, state: 'retired' }]);
    expect(events()).toMatchObject([{ event: 'sealing_key.retired', force: true }]);
  });

  it('is refused for the key that seals, even if forced, and for an unknown one', async () => {
    await used();
    await expectRefusal(['retire', keyOf(2).id, '--force'], 'is the key that seals: add another first');
    await expectRefusal(['retire', '00000000'], 'no sealing key with this id: `otpd sealing-keys list` shows them');
    await expectRefusal(['retire', 'my-secret', '--force'], 'no sealing key with this id');
    expect((await run('retire', keyOf(3).id)).code).toBe(0);
  });

  it('is refused if the store cannot be asked, unless forced', async () => {
    await expectRefusal(['retire', keyOf(1).id], 'otpd.db: set --data-dir');
    expect((await run('retire', keyOf(1).id, '--force')).code).toBe(0);
  });
});

it('blobs open after two rotations and a restart, until their key is retired', async () => {
  const binding = { tenant: 'default', context: Buffer.from('user-1') };
  const rings: LiveRing[] = [];
  const start = () => {
    const ring = openLiveRing({ file, field: 'x', logger: createLog('silent').logger, clock: Date.now });
    rings.push(ring);
    return createSealing(ring);
  };
  await run('add');
  const first = start();
  const blob = first.seal('otpk1', Buffer.from('secret'), binding, Date.now());
  await run('add', '--now');
  await run('add', '--now');
  const again = start();
  for (const sealing of [first, again])
    expect(Buffer.from(sealing.open('otpk1', blob, binding).payload).toString()).toBe('secret');
  expect(again.open('otpk1', blob, binding).isStale).toBe(true);
  const [oldest] = keys();
  expect((await run('retire', oldest?.id ?? '', '--force')).code).toBe(0);
  for (const sealing of [first, start()])
    await expect
      .poll(
        () => {
          try {
            sealing.open('otpk1', blob, binding);
            return 'opens';
          } catch (error) {
            return error instanceof SealedBlobError && error.reason;
          }
        },
        { timeout: 5000 },
      )
      .toBe('sealed_key_invalid');
  for (const ring of rings) ring.close();
});
