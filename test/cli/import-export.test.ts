/** `otpd import` and `otpd export` against the real service: sources, outputs, files, and exit codes. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readQrCodes } from '../../src/cli/input/qr-pictures.ts';
import { isMigrationUri, readMigration } from '../../src/otp/migration.ts';
import { writeMigration } from '../../src/otp/migration-write.ts';
import { completeParameters } from '../../src/otp/params.ts';
import { type Outcome, otpd, type Surroundings } from './harness.ts';
import { makeFolder, type Real, startReal } from './real.ts';

const VECTORS = join(import.meta.dirname, '../vectors');
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const URI = `otpauth://totp/ACME:alice?secret=${SECRET}&issuer=ACME&algorithm=SHA1&digits=6&period=30`;
let server: Real;
let folder: string;
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  server = await startReal();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  folder = makeFolder();
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (args: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> =>
  otpd(args, { env: server.env, ...surroundings });
const backup = (name: string) => join(VECTORS, 'backups', name);
const picture = (name: string) => join(VECTORS, 'pictures', name);

describe('an import that is not done', () => {
  it.each<[string, () => string[], Surroundings, string]>([
    ['a file that is not there', () => [path('no.txt')], {}, 'there is no such file or folder'],
    ['a folder', () => [folder], {}, 'it is a folder'],
    ['a bare secret', () => [SECRET], {}, 'a secret is taken as an otpauth URI only'],
    ['an empty file', () => ['-'], { stdin: ' \n\n' }, 'standard input is empty'],
    ['a terminal', () => ['-'], {}, 'standard input is a terminal'],
    ['standard input twice', () => ['-', '-'], { stdin: URI }, 'can be read once'],
    [
      'too large an input',
      () => ['-'],
      { stdin: Readable.from(Array(20).fill(Buffer.alloc(1024 * 1024))) },
      'larger than 16 MiB',
    ],
    ['JSON of no app', () => ['-'], { stdin: '{"keys": []}' }, 'no backup of Aegis or 2FAS'],
    ['damaged JSON', () => ['-'], { stdin: `{"secret": "${SECRET}"` }, 'no valid JSON'],
    ['an encrypted vault of Aegis', () => [backup('aegis-encrypted.json')], {}, 'without encryption'],
    ['an encrypted backup of 2FAS', () => [backup('2fas-encrypted.json')], {}, 'without a password'],
    ['a picture without a code', () => [picture('none.png')], {}, 'no QR code is found'],
    ['a context without a seal', () => ['-', '--context', 'x'], { stdin: URI }, 'add --delivery sealed'],
    ['an unknown delivery', () => ['-', '--delivery', 'open'], { stdin: URI }, 'plain, sealed, both'],
    ['no source', () => [], {}, 'SOURCE'],
  ])('says why: %s', async (_, args, surroundings, says) => {
    const { code, out, err } = await run(['import', ...args()], surroundings);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('error: ');
    expect(err).toContain(says);
    expect(err).not.toContain(SECRET);
  });

  it('leaves no new file, and an existing file unchanged', async () => {
    writeFileSync(path('old.txt'), 'old');
    const refused = { ...server.env, OTPD_API_KEY: 'otpd_wrong' };
    expect((await run(['import', '-', '--out', path('new.txt')], { stdin: URI, env: refused })).code).toBe(2);
    expect((await run(['import', '-', '--out', path('old.txt'), '--force'], { stdin: URI, env: refused })).code).toBe(2);
    const { code, err } = await run(['import', '-', '--out', path('old.txt')], { stdin: URI });
    expect([code, err]).toEqual([2, expect.stringContaining('it exists already; --force replaces it')]);
    expect(readdirSync(folder)).toEqual(['old.txt']);
    expect(readFileSync(path('old.txt'), 'utf8')).toBe('old');
  });
});

describe('a key that is refused', () => {
  it('is named with its place and the reason, and the others are printed', async () => {
    writeFileSync(path('uris.txt'), `${URI}\r\nnothing ${SECRET}\n\notpauth://totp/x?secret=A\n`);
    const { code, out, err } = await run(['import', path('uris.txt')]);
    expect([code, out]).toEqual([2, `${URI}\n`]);
    expect(err).toContain(`error: ${path('uris.txt')}, line 2: is neither an otpauth nor an otpauth-migration URI`);
    expect(err).toContain(`error: ${path('uris.txt')}, line 4: the parameter secret is incomplete`);
    expect(err).not.toContain(SECRET);
  });

  it('is too long to be sent', async () => {
    const stdin = `${URI}\notpauth-migration://offline?data=${'CgA'.repeat(3_000_000)}\n`;
    for (const command of ['import', 'export']) {
      const { code, out, err } = await run([command, '-'], { stdin });
      expect([code, out]).toEqual([2, `${URI}\n`]);
      expect(err).toBe('error: standard input, line 2: is longer than the 4096 bytes of a URI\n');
    }
  });

  it('is one of a backup', async () => {
    const { code, out, err } = await run(['import', backup('aegis.json')]);
    expect(code).toBe(2);
    expect(out.split('\n')).toHaveLength(6);
    expect(err.match(/aegis\.json, key \d: type: is (steam|motp|yandex)/g)).toHaveLength(3);
  });

  it('is in the JSON too', async () => {
    const { code, out, err } = await run(['import', backup('2fas.json'), '--json']);
    const { keys, errors, missingParts } = JSON.parse(out);
    expect([code, err, keys.length, errors.length, missingParts]).toEqual([2, '', 4, 3, []]);
    expect(keys[0]).toMatchObject({
      place: expect.stringMatching(/2fas\.json, key 1$/),
      uri: expect.stringMatching(/^otpauth:/),
    });
    expect(keys[0].parameters).toMatchObject({ issuer: 'ACME', accountName: 'alice@example.com', secretSize: 20 });
    expect(errors[0]).toEqual({ place: expect.stringMatching(/key 5$/), error: expect.stringContaining('type: is steam') });
  });
});

describe('an import', () => {
  it('takes the codes of several pictures, those of a migration among them', async () => {
    const { code, out, err } = await run(['import', picture('several.jpg'), picture('dark.png')]);
    expect([code, err]).toEqual([0, '']);
    const labels = out.split('\n').map((line) => /otpauth:\/\/(.*)\?/.exec(line)?.[1]);
    expect(labels.sort()).toEqual(
      ['hotp/Bank:bob', 'totp/ACME:alice%40example.com', 'totp/ACME:carol', 'totp/ACME:carol', undefined].sort(),
    );
  });

  it('names the QR code that is missing', async () => {
    const { code, err } = await run(['import', picture('one.png')]);
    expect([code, err]).toEqual([2, 'error: QR code 2 of 2 of a migration is missing: import all of them at once\n']);
  });

  it('names what is no key in a picture', async () => {
    const { code, out, err } = await run(['import', picture('other-text.png')]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('QR code 1: is neither an otpauth nor an otpauth-migration URI');
    expect(err).not.toContain('example.com');
  });

  it('reads more keys than one call takes', async () => {
    const keys = Array.from({ length: 250 }, (_, i) => ({
      secret: new Uint8Array(20).fill(i),
      parameters: completeParameters({}),
      counter: undefined,
      issuer: 'ACME',
      accountName: `user${i}`,
    }));
    const { code, out, err } = await run(['import', '-'], { stdin: writeMigration(keys, 7).uris.join('\n') });
    expect([code, err]).toEqual([0, '']);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => /user\d+/.exec(line)?.[0]),
    ).toEqual(keys.map(({ accountName }) => accountName));
  });

  it('writes a file for its owner alone', async () => {
    const { code, out, err } = await run(['import', '-', '--out', path('keys.txt')], { stdin: URI });
    expect([code, out, err]).toEqual([0, '', `saved 1 key to ${path('keys.txt')}\n`]);
    expect(readFileSync(path('keys.txt'), 'utf8')).toBe(`${URI}\n`);
    expect(statSync(path('keys.txt')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['keys.txt']);
  });
});

describe('sealed keys', () => {
  const CONTEXT = ['--context', 'user-1/totp/1'];

  it('are printed with their names, and exported with their context alone', async () => {
    const imported = await run(['import', '-', '--delivery', 'sealed', ...CONTEXT], { stdin: URI });
    expect([imported.code, imported.out]).toEqual([0, expect.stringMatching(/^otpk1_[\w-]+ {2}ACME:alice\n$/)]);
    expect(await run(['export', '-', ...CONTEXT], { stdin: imported.out })).toEqual({ code: 0, out: `${URI}\n`, err: '' });
    const elsewhere = await run(['export', '-', '--context', 'user-2'], { stdin: imported.out });
    expect([elsewhere.code, elsewhere.out]).toEqual([2, '']);
    expect(elsewhere.err).toContain('error: standard input, line 1: the sealed key or recovery code set cannot be opened');
  });

  it('may have a context each', async () => {
    const seal = async (context: string) =>
      (await run(['import', '-', '--delivery', 'sealed', '--context', context], { stdin: URI })).out.split(' ')[0];
    const stdin = `${await seal('user-1')}\tuser-1\n${await seal('user-2')}\tuser-2\n${await seal('user-3')}\tuser-1\n`;
    const { code, out, err } = await run(['export', '-'], { stdin });
    expect([code, out]).toEqual([2, `${URI}\n${URI}\n`]);
    expect(err).toMatch(/^error: standard input, line 3: .* \(SEALED_KEY_INVALID\)\n$/);
  });

  it('are printed with their URIs if both are requested', async () => {
    const { out } = await run(['import', '-', '--delivery', 'both'], { stdin: URI });
    expect(out).toMatch(/^otpk1_[\w-]+ {2}otpauth:\/\/totp\//);
  });
});

describe('an export that is not done', () => {
  it.each<[string, () => string[], Surroundings, string]>([
    ['a file that is not there', () => [path('no.txt')], {}, 'there is no such file or folder'],
    ['a bare secret', () => [SECRET], {}, 'a secret is taken as an otpauth URI only'],
    ['an empty file', () => ['-'], { stdin: '\n' }, 'standard input is empty'],
    ['an unknown format', () => ['-', '--format', 'csv'], { stdin: URI }, 'otpauth, migration'],
    [
      'a folder of pictures that is a file',
      () => ['-', '--png', path('file')],
      { stdin: URI },
      'cannot be made: it exists already',
    ],
  ])('says why: %s', async (_, args, surroundings, says) => {
    writeFileSync(path('file'), '');
    const { code, out, err } = await run(['export', ...args()], surroundings);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(says);
    expect(err).not.toContain(SECRET);
  });

  it('takes all names of pictures before it saves one', async () => {
    writeFileSync(path('otpauth-2.png'), 'old');
    const { code, err } = await run(['export', '-', '--png', folder], { stdin: `${URI}\n${URI}\n` });
    expect([code, err]).toEqual([2, expect.stringContaining('otpauth-2.png cannot be written: it exists already; --force')]);
    expect(readdirSync(folder)).toEqual(['otpauth-2.png']);
    expect(readFileSync(path('otpauth-2.png'), 'utf8')).toBe('old');
  });
});

describe('an export', () => {
  const KEYS = Array.from({ length: 12 }, (_, i) => URI.replace('alice', `user${i}`));

  it('names the keys that the format cannot hold', async () => {
    const stdin = `${URI}\n${URI.replace('digits=6', 'digits=7')}\nword\n`;
    const { code, out, err } = await run(['export', '-', '--format', 'migration'], { stdin });
    expect(code).toBe(2);
    expect(readMigration(out.trim()).entries).toHaveLength(1);
    expect(err).toContain(
      'error: standard input, line 2: key.digits: an otpauth-migration URI holds only codes of 6 or 8 digits',
    );
    expect(err).toContain('error: standard input, line 3: is neither an otpauth URI nor a sealed key');
  });

  it('saves pictures for their owner only, from which the keys can be read', async () => {
    writeFileSync(path('keys.txt'), KEYS.join('\n'));
    const { code, out } = await run(['export', path('keys.txt'), '--format', 'migration', '--png', path('pictures')]);
    expect([code, out]).toEqual([0, '']);
    expect(readdirSync(path('pictures'))).toEqual(['migration-1.png', 'migration-2.png']);
    expect(statSync(path('pictures')).mode & 0o777).toBe(0o700);
    const files = readdirSync(path('pictures')).map((name) => path(`pictures/${name}`));
    expect(files.map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
    for (const file of files) expect((await readQrCodes(readFileSync(file))).every(isMigrationUri)).toBe(true);
    const back = await run(['import', ...files]);
    expect([back.code, back.out]).toEqual([0, `${KEYS.join('\n')}\n`]);
  });

  it('draws QR codes on a terminal, or says that they are too wide', async () => {
    const wide = await run(['export', '-', '--qr'], { stdin: URI, tty: true, columns: 200 });
    expect(wide.out).toMatch(/^QR code 1 of 1\n\S+ {40,}\S+\n/);
    expect(wide.out).not.toContain('otpauth:');
    const narrow = await run(['export', '-', '--qr'], { stdin: URI, tty: true, columns: 30 });
    expect(narrow.err).toContain(
      'columns and 20 lines, this terminal has 30 and any number: enlarge it, or save pictures with --png',
    );
  });

  it('has the names of flags', async () => {
    const { out } = await run(['export', URI, '--issuer', 'Bank', '--account', 'bob']);
    expect(out).toContain('otpauth://totp/Bank:bob?');
  });

  it('writes a file, and JSON', async () => {
    const saved = await run(['export', URI, '--out', path('keys.txt')]);
    expect([saved.code, saved.out, readFileSync(path('keys.txt'), 'utf8')]).toEqual([0, '', `${URI}\n`]);
    expect(statSync(path('keys.txt')).mode & 0o777).toBe(0o600);
    const { out } = await run(['export', '-', '--json'], { stdin: `${URI}\nx\n` });
    expect(JSON.parse(out)).toEqual({ uris: [URI], errors: [{ place: 'standard input, line 2', error: expect.any(String) }] });
  });

  it('needs its scope', async () => {
    const keys = await run(['keys', 'create', '--name', 'caller', '--data-dir', server.dataDir]);
    const apiKey =
      keys.out
        .trim()
        .split(/\s/)
        .find((word) => word.startsWith('otpd_')) ?? '';
    const { code, err } = await run(['export', URI], { env: { ...server.env, OTPD_API_KEY: apiKey } });
    expect([code, err]).toEqual([2, expect.stringContaining('SCOPE_MISSING')]);
    expect(existsSync(path('keys.txt'))).toBe(false);
  });
});
