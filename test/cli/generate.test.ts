/** `otpd generate` against the real service: its output and its files. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { scan, toPixels } from '../otp/pixels.ts';
import { otpd } from './harness.ts';
import { makeFolder, type Real, startReal } from './real.ts';

const ALICE = ['generate', '--issuer', 'ACME', '--account', 'alice@example.com'];
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

describe('a picture that cannot be saved', () => {
  it.each([
    ['the folder is not there', () => path('no/such/alice.png'), [], 'there is no such file or folder'],
    ['a file is there', () => path('old.png'), [], 'it exists already; --force replaces it'],
    ['a part of the path is a file', () => path('old.png/alice.png'), [], 'a part of its path is not a folder'],
  ])('is refused before a key is made: %s', async (_, file, flags, complaint) => {
    writeFileSync(path('old.png'), 'old');
    const { code, out, err } = await otpd([...ALICE, '--png', file(), ...flags], { env: server.env });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`error: ${file()} cannot be written: ${complaint}`);
    expect(readFileSync(path('old.png'), 'utf8')).toBe('old');
  });

  it('leaves the key on the screen if only the saving fails', async () => {
    mkdirSync(path('folder'));
    const { code, out, err } = await otpd([...ALICE, '--svg', path('folder'), '--force'], { env: server.env });
    expect(code).toBe(2);
    expect(out).toContain('Secret   ');
    expect(err).toContain('it is a folder');
    expect(readdirSync(folder)).toEqual(['folder']);
  });

  it.each([[[]], [['--force']]])('leaves nothing behind if the call fails (%j)', async (flags) => {
    if (flags.length > 0) writeFileSync(path('alice.png'), 'old');
    const { code, err } = await otpd(
      [...ALICE, '--digits', '9', '--png', path('alice.png'), '--svg', path('alice.svg'), ...flags],
      {
        env: server.env,
      },
    );
    expect(code).toBe(2);
    expect(err).toContain('digits: ');
    expect(readdirSync(folder)).toEqual(flags.length > 0 ? ['alice.png'] : []);
    if (flags.length > 0) expect(readFileSync(path('alice.png'), 'utf8')).toBe('old');
  });
});

describe('a picture', () => {
  it('holds the URI, as the terminal does, for its owner alone', async () => {
    const args = [...ALICE, '--png', path('alice.png'), '--svg', path('alice.svg')];
    const { code, out, err } = await otpd(args, { env: server.env });
    expect(code).toBe(0);
    const uri = /^URI {6}(.*)$/m.exec(out)?.[1];
    const readBack = (mediaType: string, data: Uint8Array) => scan(toPixels({ mediaType, data, width: 0 }));
    expect(readBack('image/png', readFileSync(path('alice.png')))).toBe(uri);
    expect(readBack('image/svg+xml', readFileSync(path('alice.svg')))).toBe(uri);
    expect(readBack('text/plain', Buffer.from(/^[ █▀▄\n]+\n$/m.exec(out)?.[0].replace(/^\n/, '') ?? ''))).toBe(uri);
    expect(err).toBe(`saved ${path('alice.png')}\nsaved ${path('alice.svg')}\n`);
    for (const name of ['alice.png', 'alice.svg']) expect(statSync(path(name)).mode & 0o777).toBe(0o600);
  });

  it('takes the place of an old one with --force, with the mode of a new one', async () => {
    writeFileSync(path('alice.png'), 'old', { mode: 0o644 });
    const { code } = await otpd([...ALICE, '--png', path('alice.png'), '--force'], { env: server.env });
    expect(code).toBe(0);
    expect(PNG.sync.read(readFileSync(path('alice.png'))).width).toBeGreaterThan(100);
    expect(statSync(path('alice.png')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['alice.png']);
  });
});

describe('a new key', () => {
  it('is shown as a QR code, for typing, and as a URI', async () => {
    const { code, out, err } = await otpd(ALICE, { env: server.env });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^Account {2}ACME \(alice@example\.com\)\nSecret {3}([A-Z2-7]{4} ){7}[A-Z2-7]{4}\nCode {5}\d{3} \d{3}, \d+ s left; .*\nURI {6}otpauth:\/\/totp\/ACME:alice%40example\.com\?.*\n[ █▀▄\n]+$/,
    );
    expect(existsSync(path('alice.png'))).toBe(false);
  });

  it('prints the warnings for parameters that apps ignore', async () => {
    const { code, err } = await otpd([...ALICE, '--algorithm', 'sha256', '--digits', '8'], { env: server.env });
    expect(code).toBe(0);
    expect(err).toMatch(/^warning: algorithm: .*\nwarning: digits: .*\n$/);
  });

  it.each([
    [[], 20],
    [['--algorithm', 'sha256'], 32],
    [['--algorithm', 'sha512'], 64],
    [['--algorithm', 'sha512', '--size', '20'], 20],
  ])('has as many bytes as its hash unless it is told otherwise (%j)', async (flags, secretSize) => {
    const { out } = await otpd([...ALICE, ...flags, '--json'], { env: server.env });
    expect(JSON.parse(out).parameters.secretSize).toBe(secretSize);
  });

  it('is JSON with --json, the picture in it, and nothing else on standard output', async () => {
    const { out, err } = await otpd([...ALICE, '--json', '--png', path('alice.png'), '--size', '32'], { env: server.env });
    const answer = JSON.parse(out);
    expect(answer).toMatchObject({ qrCode: { mediaType: 'image/png' }, parameters: { secretSize: 32 } });
    expect(err).toBe(`saved ${path('alice.png')}\n`);
  });

  it('may be an old one, from standard input', async () => {
    const args = [...ALICE, '--secret', '--type', 'hotp', '--counter', '5'];
    const { out } = await otpd(args, { env: server.env, stdin: 'jbsw y3dp ehpk 3pxp\n' });
    expect(out).toMatch(/^URI {6}otpauth:\/\/hotp\/.*secret=JBSWY3DPEHPK3PXP.*counter=5/m);
  });

  it('cannot have both a secret and a size', async () => {
    const { code, err } = await otpd([...ALICE, '--secret', '-', '--size', '20'], { env: server.env, stdin: 'AAAA' });
    expect(code).toBe(2);
    expect(err).toContain('--size');
  });
});
