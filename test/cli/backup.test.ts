/** `otpd backup` and `otpd restore`: their files and output, their refusals, and the files that they leave. */
import {
  chmodSync,
  chownSync,
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
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatRing, readRingFile } from '../../src/app/ring-file.ts';
import { SCHEMA_VERSION } from '../../src/store/sqlite/schema.ts';
import { keyOf } from '../sealing/rings.ts';
import { otpd } from './harness.ts';
import { makeFolder, startReal } from './real.ts';

const OTHER_KEY = `${'ab'.repeat(32)}\n`;
let folder: string;
let dataDir: string;
let backup: string;
let env: Record<string, string>;

beforeEach(() => {
  folder = makeFolder();
  dataDir = join(folder, 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  mkdirSync(join(folder, 'backups'));
  backup = join(folder, 'backups', 'otpd.db');
  env = { OTPD_DATA_DIR: dataDir };
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]) => otpd(args, { env });
const database = () => join(dataDir, 'otpd.db');
const serverKey = () => join(dataDir, 'fingerprint.key');
const includedKey = () => `${backup}.fingerprint-key`;
const backups = () => readdirSync(join(folder, 'backups')).toSorted();
const modeOf = (path: string) => statSync(path).mode & 0o777;

/** Makes a store that a server has used, with an API key. */
async function makeStore(): Promise<void> {
  await (await startReal({ dataDir }))[Symbol.asyncDispose]();
}

async function expectRefusal(args: string[], ...complaints: string[]): Promise<void> {
  const { code, out, err } = await run(...args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^error: .*\n$/);
  for (const complaint of complaints) expect(err).toContain(complaint);
}

/** Returns the names of the API keys. */
async function names(): Promise<string[]> {
  const { out } = await run('keys', 'list', '--json');
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).name);
}

describe('backup', () => {
  it('writes one private file, and says what is not in it', async () => {
    await makeStore();
    const { code, out, err } = await run('backup', backup);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [made, missing] = out.trimEnd().split('\n');
    const { size } = statSync(backup);
    expect(made).toBe(`backed up ${database()} to ${backup} (schema ${SCHEMA_VERSION}, API keys: 1, ${size} bytes)`);
    expect(missing).toContain(`without the fingerprint key ${serverKey()}, which a restore needs`);
    expect(backups()).toEqual(['otpd.db']);
    expect(modeOf(backup)).toBe(0o600);
  });

  it('takes the fingerprint key along where it is asked for', async () => {
    await makeStore();
    const { out } = await run('backup', backup, '--include-fingerprint-key');
    expect(out).toContain(`with the fingerprint key in ${includedKey()}`);
    expect(backups()).toEqual(['otpd.db', 'otpd.db.fingerprint-key']);
    expect(modeOf(includedKey())).toBe(0o600);
    expect(readFileSync(includedKey(), 'utf8')).toBe(readFileSync(serverKey(), 'utf8'));
  });

  it('prints JSON', async () => {
    await makeStore();
    const { out } = await run('backup', backup, '--include-fingerprint-key', '--json');
    expect(JSON.parse(out)).toEqual({
      file: backup,
      bytes: statSync(backup).size,
      backupTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      schema: SCHEMA_VERSION,
      apiKeys: 1,
      fingerprintKeyFile: includedKey(),
      sealingKeysFile: null,
    });
  });

  it('is had of a store that no server has used, which has no fingerprint key', async () => {
    await run('keys', 'create', '--name', 'a');
    expect((await run('backup', backup, '--include-fingerprint-key')).out).toContain('without a fingerprint key');
    expect(backups()).toEqual(['otpd.db']);
  });

  it('replaces nothing without --force', async () => {
    await makeStore();
    writeFileSync(backup, 'mine');
    await expectRefusal(['backup', backup], `${backup} exists already`, '--force');
    expect(readFileSync(backup, 'utf8')).toBe('mine');
    expect((await run('backup', backup, '--force')).code).toBe(0);
    expect(readFileSync(backup, 'latin1').slice(0, 15)).toBe('SQLite format 3');
    rmSync(backup);
    writeFileSync(includedKey(), 'mine');
    await expectRefusal(['backup', backup, '--include-fingerprint-key'], `${includedKey()} exists already`);
    expect(backups()).toEqual(['otpd.db.fingerprint-key']);
  });

  it('is never written over a file of the server, or over a folder', async () => {
    await using _ = await startReal({ dataDir });
    const alias = join(folder, 'alias.db');
    symlinkSync(database(), alias);
    const before = [database(), `${database()}-wal`, serverKey()].map((path) => statSync(path).ino);
    for (const file of [database(), `${database()}-wal`, serverKey(), alias])
      await expectRefusal(['backup', file, '--force'], `${file} is a file of the server itself`);
    expect([database(), `${database()}-wal`, serverKey()].map((path) => statSync(path).ino)).toEqual(before);
    await expectRefusal(['backup', join(folder, 'backups'), '--force'], 'is a folder');
    expect(backups()).toEqual([]);
  });

  it('is refused without a database, into no folder, and of a Redis', async () => {
    await expectRefusal(['backup', backup], `there is no ${database()}`);
    await makeStore();
    await expectRefusal(['backup', join(folder, 'none', 'x.db')], 'none/x.db cannot be written: there is no such file or folder');
    await expectRefusal(['backup', backup, '--redis-url', 'redis://127.0.0.1'], 'the store is a Redis', 'by its own means');
    expect(backups()).toEqual([]);
  });

  it('is refused with a fingerprint key that is invalid or of another store, and leaves nothing', async () => {
    await makeStore();
    writeFileSync(join(folder, 'key'), OTHER_KEY);
    const include = ['backup', backup, '--include-fingerprint-key', '--fingerprint-key-file'];
    await expectRefusal([...include, join(folder, 'key')], 'is not the fingerprint key of this database');
    await expectRefusal([...include, join(folder, 'none')], 'there is no fingerprint key');
    expect(backups()).toEqual([]);
  });

  it('is refused of a damaged database, and leaves nothing', async () => {
    writeFileSync(database(), 'rubbish'.repeat(1000));
    await expectRefusal(['backup', backup], 'otpd.db is damaged or no SQLite database');
    expect(backups()).toEqual([]);
  });

  it('that is interrupted leaves nothing', async () => {
    await makeStore();
    const filler = new DatabaseSync(database());
    filler.exec('CREATE TABLE filler AS SELECT zeroblob(100000000) AS bytes');
    filler.close();
    const stop = new AbortController();
    const running = otpd(['backup', backup], { env, signal: stop.signal });
    await expect.poll(backups, { timeout: 20_000, interval: 1 }).toContainEqual(expect.stringMatching(/\.part$/));
    stop.abort();
    expect(await running).toEqual({ code: 2, out: '', err: 'error: interrupted\n' });
    expect(backups()).toEqual([]);
  });
});

describe('the sealing keys', () => {
  const ring = () => join(dataDir, 'sealing-keys');
  const includedRing = () => `${backup}.sealing-keys`;
  const ids = (file: string) => readRingFile(file, 'x').map(({ id, secret }) => (secret === undefined ? `-${id}` : id));

  it('go along where they are asked for, and are missed otherwise', async () => {
    await makeStore();
    expect((await run('backup', backup)).out).toContain(`without the sealing keys ${ring()}, without which no sealed key opens`);
    const { out } = await run('backup', backup, '--include-sealing-keys', '--force');
    expect(out).toContain(`with the sealing keys in ${includedRing()}: they open every sealed key`);
    expect(modeOf(includedRing())).toBe(0o600);
    expect(readFileSync(includedRing(), 'utf8')).toBe(readFileSync(ring(), 'utf8'));
    const again = await run('backup', backup, '--include-sealing-keys', '--force', '--json');
    expect(JSON.parse(again.out)).toMatchObject({ sealingKeysFile: includedRing(), fingerprintKeyFile: null });
  });

  it('are not written over others, and must be there, whole', async () => {
    await makeStore();
    writeFileSync(includedRing(), 'mine');
    await expectRefusal(['backup', backup, '--include-sealing-keys'], `${includedRing()} exists already`);
    await expectRefusal(['backup', ring(), '--force'], 'is a file of the server itself');
    rmSync(includedRing());
    const given = ['backup', backup, '--include-sealing-keys', '--sealing-keys', join(folder, 'given')];
    await expectRefusal(given, `there are no sealing keys ${join(folder, 'given')}`, '--sealing-keys');
    writeFileSync(join(folder, 'given'), 'rubbish');
    await expectRefusal(given, '--sealing-keys: line 1 is no sealing key');
    expect(backups()).toEqual([]);
  });

  it('are restored, for their owner only', async () => {
    await makeStore();
    await run('backup', backup, '--include-fingerprint-key', '--include-sealing-keys');
    const text = readFileSync(ring(), 'utf8');
    rmSync(dataDir, { recursive: true });
    const { code, out } = await run('restore', backup);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining(`\nwith its sealing keys, as ${ring()}\n`) });
    expect([readFileSync(ring(), 'utf8'), modeOf(ring())]).toEqual([text, 0o600]);
    expect((await run('restore', backup, '--force')).out).toContain(`its sealing keys are there: ${ring()}`);
    await makeStore();
  });

  it('are added to the present ones: no key is lost, and no retired key comes back', async () => {
    await makeStore();
    const [first = ''] = ids(ring());
    await run('sealing-keys', 'add', '--now');
    await run('backup', backup, '--include-fingerprint-key', '--include-sealing-keys');
    const [, second = ''] = ids(ring());
    await run('sealing-keys', 'retire', first, '--force');
    const [tombstone] = readRingFile(ring(), 'x');
    const own = keyOf(9, Date.now());
    writeFileSync(ring(), formatRing([...(tombstone === undefined ? [] : [tombstone]), own]));
    const { out } = await run('restore', backup, '--force', '--json');
    expect(JSON.parse(out)).toMatchObject({ sealingKeysFile: ring() });
    expect(ids(ring()).toSorted()).toEqual([`-${first}`, second, own.id].toSorted());
    expect(modeOf(ring())).toBe(0o600);
  });

  it('that cannot be used stop a restore before anything is changed', async () => {
    await makeStore();
    await run('backup', backup, '--include-fingerprint-key', '--include-sealing-keys');
    writeFileSync(includedRing(), 'rubbish');
    await expectRefusal(['restore', backup, '--force'], `${includedRing()}: line 1 is no sealing key`);
    expect(readdirSync(dataDir).filter((name) => /part|replaced/.test(name))).toEqual([]);
  });
});

describe('restore', () => {
  beforeEach(async () => {
    await makeStore();
    await run('keys', 'create', '--name', 'before');
    await run('backup', backup, '--include-fingerprint-key');
    await run('keys', 'create', '--name', 'after');
  });

  const kept = () => readdirSync(dataDir).filter((name) => name.includes('.replaced-'));

  it('into an empty folder brings the keys, the fingerprint key, and a server that starts', async () => {
    const key = readFileSync(serverKey(), 'utf8');
    rmSync(dataDir, { recursive: true });
    const { code, out, err } = await run('restore', backup);
    expect(code).toBe(0);
    expect(out).toBe(
      `restored ${database()} from ${backup} (schema ${SCHEMA_VERSION}, API keys: 2)\nwith its fingerprint key, as ${serverKey()}\n`,
    );
    expect(err).toMatch(/^warning: this is the state of \d{4}-.*Z: codes that were accepted since pass again .*\n$/);
    expect(readFileSync(serverKey(), 'utf8')).toBe(key);
    expect([modeOf(dataDir), modeOf(database()), modeOf(serverKey())]).toEqual([0o700, 0o600, 0o600]);
    expect(readdirSync(dataDir).toSorted()).toEqual(['fingerprint.key', 'otpd.db']);
    await makeStore();
    expect(await names()).toEqual(['test', 'before', 'test']);
  });

  it('replaces a database only with --force, and keeps it', async () => {
    await expectRefusal(['restore', backup], `${database()} exists already`, '--force');
    expect(await names()).toEqual(['test', 'before', 'after']);
    const { code, out } = await run('restore', backup, '--force', '--json');
    expect(code).toBe(0);
    expect(await names()).toEqual(['test', 'before']);
    const [name = ''] = kept();
    expect(JSON.parse(out)).toEqual({
      database: database(),
      backupTime: expect.stringMatching(/Z$/),
      schema: SCHEMA_VERSION,
      apiKeys: 2,
      replaced: join(dataDir, name),
      fingerprintKeyFile: serverKey(),
      sealingKeysFile: null,
    });
    expect((await run('restore', join(dataDir, name), '--force')).code).toBe(0);
    expect(await names()).toEqual(['test', 'before', 'after']);
  });

  it('is refused while a server runs', async () => {
    await using _ = await startReal({ dataDir });
    await expectRefusal(['restore', backup, '--force'], `${database()} is in use: stop the server`);
    expect(kept()).toEqual([]);
    expect(readdirSync(dataDir).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('replaces a database that is damaged, and what lies beside it', async () => {
    writeFileSync(database(), 'rubbish'.repeat(1000));
    writeFileSync(`${database()}-wal`, 'rubbish');
    expect((await run('restore', backup, '--force')).code).toBe(0);
    expect(await names()).toEqual(['test', 'before']);
    expect(kept().map((name) => name.replace(/-\d.*Z/, ''))).toEqual(['otpd.db.replaced', 'otpd.db.replaced-wal']);
  });

  it('is refused without the fingerprint key of the backup', async () => {
    rmSync(includedKey());
    expect((await run('restore', backup, '--force')).out).toContain(`its fingerprint key is there: ${serverKey()}`);
    writeFileSync(serverKey(), OTHER_KEY);
    await expectRefusal(
      ['restore', backup, '--force'],
      `${serverKey()} is not the fingerprint key of ${backup}`,
      '--fingerprint-key-file',
    );
    rmSync(serverKey());
    await expectRefusal(['restore', backup, '--force'], `there is no fingerprint key ${serverKey()}`);
    writeFileSync(includedKey(), OTHER_KEY);
    await expectRefusal(['restore', backup, '--force'], `${includedKey()} is not the fingerprint key of ${backup}`);
    expect(kept()).toHaveLength(1);
  });

  it('replaces another fingerprint key only with --force, and keeps it', async () => {
    rmSync(database());
    writeFileSync(serverKey(), OTHER_KEY);
    await expectRefusal(['restore', backup], `${serverKey()} is another fingerprint key`, '--force');
    expect(existsSync(database())).toBe(false);
    expect((await run('restore', backup, '--force')).code).toBe(0);
    expect(readFileSync(serverKey(), 'utf8')).toBe(readFileSync(includedKey(), 'utf8'));
    expect(kept()).toEqual([expect.stringMatching(/^fingerprint\.key\.replaced-/)]);
    expect(readFileSync(join(dataDir, kept()[0] ?? ''), 'utf8')).toBe(OTHER_KEY);
  });

  it.each([
    ['that is not there', () => rmSync(backup), 'there is no '],
    ['that is empty', () => writeFileSync(backup, ''), 'is empty: choose another file'],
    ['of rubbish', () => writeFileSync(backup, 'rubbish'.repeat(1000)), 'is damaged or no SQLite database'],
    ['of others', () => change(`PRAGMA application_id = 1`), 'is not a database of otpd'],
    ['of a later version', () => change(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`), 'was written by a newer otpd'],
    ['with a -wal beside it', () => writeFileSync(`${backup}-wal`, ''), 'not a backup: make one with `otpd backup`'],
    ['that is the database', linkToDatabase, 'is the database itself'],
  ])('of a file %s is refused, and leaves everything as it was', async (_, spoil, complaint) => {
    spoil();
    await expectRefusal(['restore', backup, '--force'], backup, complaint);
    expect(await names()).toEqual(['test', 'before', 'after']);
    expect(readdirSync(dataDir).filter((name) => /part|replaced/.test(name))).toEqual([]);
  });

  function change(pragma: string): void {
    const opened = new DatabaseSync(backup);
    opened.exec(pragma);
    opened.close();
  }

  function linkToDatabase(): void {
    rmSync(backup);
    symlinkSync(database(), backup);
  }

  it('is refused with Redis', async () => {
    await expectRefusal(['restore', backup, '--redis-url', 'redis://127.0.0.1'], 'the store is a Redis');
  });

  it('leaves the backup unchanged, with any mode', async () => {
    chmodSync(backup, 0o444);
    const before = readFileSync(backup);
    expect((await run('restore', backup, '--force')).code).toBe(0);
    expect(readFileSync(backup).equals(before)).toBe(true);
    expect(modeOf(database())).toBe(0o600);
  });

  it('is written to the audit trail', async () => {
    env = { ...env, OTPD_AUDIT_LOG: join(folder, 'audit.jsonl') };
    await run('restore', backup, '--force');
    const line = readFileSync(join(folder, 'audit.jsonl'), 'utf8');
    expect(JSON.parse(line)).toMatchObject({ event: 'store.restored', backupTime: expect.stringMatching(/Z$/) });
  });

  it('makes the owner of the folder the owner of the files', async () => {
    rmSync(database());
    rmSync(serverKey());
    // Only root can have files of other owners.
    if (process.getuid?.() === 0) chownSync(dataDir, 65_534, 65_534);
    const { uid, gid } = statSync(dataDir);
    expect((await run('restore', backup)).code).toBe(0);
    for (const path of [database(), serverKey()]) expect(statSync(path)).toMatchObject({ uid, gid });
  });
});
