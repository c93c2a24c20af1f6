/** The steps of `otpd backup` and `otpd restore`: whatever ends them half-way, no name leads to half a backup, or to none. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { draftOf, removeDraft, replace } from '../../src/cli/commands/backup-file.ts';
import { otpd } from './harness.ts';
import { startReal } from './real.ts';

/** The steps that change names, in order, and what a test does at others. */
const done = vi.hoisted(() => ({
  steps: [] as string[],
  hasLinks: true,
  onWrite: (_: string): void => undefined,
  onLook: (_: string): void => undefined,
}));

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const opened = new Map<number, string>();
  const nameOf = (file: unknown) =>
    String(file)
      .split('/')
      .at(-1)
      ?.replace(/replaced-.*/, 'replaced');
  return {
    ...fs,
    openSync: (...given: Parameters<typeof fs.openSync>) => {
      const handle = fs.openSync(...given);
      opened.set(handle, String(given[0]));
      return handle;
    },
    fsyncSync: (handle: number) => {
      done.steps.push(`flush ${nameOf(opened.get(handle))}`);
      fs.fsyncSync(handle);
    },
    linkSync: (from: string, to: string) => {
      if (!done.hasLinks) throw Object.assign(new Error('no links'), { code: 'EPERM' });
      done.steps.push(`link ${nameOf(to)}`);
      fs.linkSync(from, to);
    },
    renameSync: (from: string, to: string) => {
      done.steps.push(`rename ${nameOf(to)}`);
      fs.renameSync(from, to);
    },
    writeFileSync: (...given: Parameters<typeof fs.writeFileSync>) => {
      done.onWrite(String(given[0]));
      fs.writeFileSync(...given);
    },
    existsSync: (file: string) => {
      done.onLook(file);
      return fs.existsSync(file);
    },
  };
});

let folder: string;
let dataDir: string;
let backup: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-steps-'));
  [dataDir, backup] = [join(folder, 'data'), join(folder, 'otpd.db')];
  await (await startReal({ dataDir }))[Symbol.asyncDispose]();
});
afterEach(() => {
  Object.assign(done, { hasLinks: true, onWrite: () => undefined, onLook: () => undefined });
  rmSync(folder, { recursive: true });
});

const INCLUDING = ['--include-fingerprint-key', '--include-sealing-keys'];
const run = (args: readonly string[], signal?: AbortSignal) =>
  otpd(args, { env: { OTPD_DATA_DIR: dataDir }, ...(signal && { signal }) });
const database = () => join(dataDir, 'otpd.db');

it('a backup gets its name last, when its keys have theirs, and each name is on the disk', async () => {
  done.steps.length = 0;
  expect((await run(['backup', backup, ...INCLUDING])).code).toBe(0);
  const flush = `flush ${folder.split('/').at(-1)}`;
  const named = ['otpd.db.sealing-keys', 'otpd.db.fingerprint-key', 'otpd.db'].flatMap((name) => [`rename ${name}`, flush]);
  expect(done.steps).toEqual(named);
});

it('a backup that is interrupted while its keys are written has no name', async () => {
  const stop = new AbortController();
  done.onWrite = (file) => {
    if (file.includes('.fingerprint-key.')) stop.abort();
  };
  expect(await run(['backup', backup, ...INCLUDING], stop.signal)).toMatchObject({ code: 2, err: 'error: interrupted\n' });
  expect(readdirSync(folder)).toEqual(['data']);
});

it('a restore that is interrupted after its copy changes nothing', async () => {
  await run(['backup', backup, ...INCLUDING]);
  const before = readdirSync(dataDir);
  const stop = new AbortController();
  done.onLook = (file) => {
    if (file === `${backup}.sealing-keys`) stop.abort();
  };
  expect(await run(['restore', backup, '--force'], stop.signal)).toMatchObject({ code: 2, err: 'error: interrupted\n' });
  expect(readdirSync(dataDir)).toEqual(before);
});

it.each([true, false])(
  'a database that a restore replaces keeps its name until the other has it: links: %s',
  async (hasLinks) => {
    await run(['backup', backup, ...INCLUDING]);
    done.hasLinks = hasLinks;
    done.steps.length = 0;
    expect((await run(['restore', backup, '--force'])).code).toBe(0);
    const kept = hasLinks ? 'link otpd.db.replaced' : 'rename otpd.db.replaced';
    expect(done.steps).toEqual([kept, 'rename otpd.db', 'flush data']);
    const [name = ''] = readdirSync(dataDir).filter((one) => one.includes('.replaced-'));
    expect([existsSync(database()), readFileSync(join(dataDir, name), 'latin1').slice(0, 15)]).toEqual([true, 'SQLite format 3']);
  },
);

it('what SQLite has left of a database that is gone is not applied to the restored one', async () => {
  await run(['backup', backup, ...INCLUDING]);
  rmSync(database());
  for (const end of ['-journal', '-wal', '-shm']) writeFileSync(database() + end, '');
  expect((await run(['restore', backup])).code).toBe(0);
  expect(readdirSync(dataDir).toSorted()).toEqual(['fingerprint.key', 'otpd.db', 'sealing-keys']);
});

it('a draft takes with it what SQLite has left beside it', () => {
  const draft = draftOf(backup);
  for (const end of ['', '-journal', '-wal', '-shm']) writeFileSync(draft + end, '');
  removeDraft(draft);
  expect(readdirSync(folder)).toEqual(['data']);
});

it('a file that replaces nothing keeps nothing', () => {
  const draft = draftOf(backup);
  writeFileSync(draft, 'new');
  replace(draft, backup, `${backup}.replaced-x`);
  expect(readdirSync(folder).toSorted()).toEqual(['data', 'otpd.db']);
});
