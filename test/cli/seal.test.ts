/** `otpd seal` and `otpd rewrap` against the real service, and sealed keys as the input of `token`, `verify` and `watch`. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hotpCode } from '../../src/otp/hotp.ts';
import { parseSecret } from '../../src/otp/secret.ts';
import { stepAt } from '../../src/otp/totp.ts';
import { deviceOf } from '../support/enrolment.ts';
import { type Outcome, otpd } from './harness.ts';
import { type Real, startReal } from './real.ts';

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const BLOB = /^otpk1_[A-Za-z0-9_-]{48,}$/;
const CONTEXT = 'user-1/totp/1';

let server: Real;

beforeAll(async () => {
  server = await startReal();
});
afterAll(() => server[Symbol.asyncDispose]());

const run = (args: readonly string[], stdin?: string): Promise<Outcome> =>
  otpd(args, { env: server.env, ...(stdin !== undefined && { stdin }) });
const lines = (out: string): string[] => out.split('\n').slice(0, -1);
const codeAt = (ms: number): string => hotpCode(parseSecret(SECRET), stepAt(ms, 30), { algorithm: 'SHA1', digits: 6 });

async function seal(context = CONTEXT): Promise<string> {
  return (await run(['seal', '--context', context], SECRET)).out.trim();
}

describe('seal', () => {
  it('prints the sealed key alone, from standard input, the environment or the argument', async () => {
    const asked = [run(['seal'], SECRET), run(['seal', '-'], SECRET), run(['seal', SECRET])];
    asked.push(otpd(['seal'], { env: { ...server.env, OTPD_SECRET: SECRET } }));
    for (const { code, out, err } of await Promise.all(asked)) {
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out.trim()).toMatch(BLOB);
    }
  });

  it('prints a line for each key, with the context after its tab, and names the failed ones', async () => {
    const input = `${SECRET}\tuser-1\n\nnot base32!\tuser-2\r\notpauth://totp/ACME:a?secret=${SECRET}\n`;
    const { code, out, err } = await run(['seal', '--context', 'all'], input);
    expect(code).toBe(2);
    expect(lines(out)).toEqual([expect.stringMatching(BLOB), '', expect.stringMatching(BLOB)]);
    expect(err).toBe('error: item 2: key.secret: must be base32: the letters A to Z and the digits 2 to 7 (INVALID_FIELDS)\n');
    const [first = '', , third = ''] = lines(out);
    expect((await run(['token', '--sealed', first, '--context', 'user-1'])).code).toBe(0);
    expect((await run(['token', '--sealed', third, '--context', 'all'])).code).toBe(0);
  });

  it('takes more keys than fit into a request, and more bytes', async () => {
    const many = Array.from({ length: 205 }, (_, index) => `${SECRET}\tuser-${index}`);
    const result = await run(['seal'], many.join('\n'));
    expect([result.code, lines(result.out).filter((line) => BLOB.test(line)).length]).toEqual([0, 205]);
    const long = Array.from({ length: 40 }, () => `otpauth://totp/ACME:a?secret=${SECRET}&image=${'x'.repeat(3500)}`);
    const large = await run(['seal'], long.join('\n'));
    expect([large.code, lines(large.out).filter((line) => BLOB.test(line)).length]).toEqual([0, 40]);
  });

  it('moves a sealed key to another context', async () => {
    const blob = await seal('old');
    const { out } = await run(['seal', '--context', 'new', '--from-context', 'old', blob]);
    expect((await run(['token', '--sealed', out.trim(), '--context', 'new'])).code).toBe(0);
    const wrong = await run(['seal', '--context', 'new', '--from-context', 'other', blob]);
    expect(wrong).toMatchObject({ code: 2, out: '\n', err: expect.stringContaining('(SEALED_KEY_INVALID)') });
  });

  it('is JSON with --json, errors too', async () => {
    const { code, out, err } = await run(['seal', '--json'], `${SECRET}\n1\n`);
    expect([code, err]).toEqual([2, '']);
    expect(lines(out).map((line) => JSON.parse(line))).toMatchObject([
      { sealed: { blob: expect.stringMatching(BLOB) }, parameters: { secretSize: 20 } },
      { error: { reason: 'ERROR_REASON_INVALID_FIELDS', violations: [{ field: 'key.secret' }] } },
    ]);
  });

  it.each(['seal', 'rewrap'])('%s says so if there is nothing to read', async (name) => {
    const { code, err } = await run([name]);
    expect([code, err]).toEqual([2, 'error: nothing to read: give it as an argument, or pipe lines in\n']);
    expect(await run([name], '\n\n')).toEqual({ code: 0, out: '', err: '' });
  });
});

describe('rewrap', () => {
  it('prints an equivalent key, and accepts contexts as seal does', async () => {
    const [first, second] = [await seal('user-1'), await seal('user-2')];
    const { code, out, err } = await run(['rewrap', '--context', 'user-2'], `${first}\tuser-1\n${second}\n${first}\n`);
    expect([code, lines(out)]).toEqual([2, [expect.stringMatching(BLOB), expect.stringMatching(BLOB), '']]);
    expect(err).toMatch(/^error: item 3: the sealed key .* \(SEALED_KEY_INVALID\)\n$/);
    const [again = ''] = lines(out);
    expect(again).not.toBe(first);
    expect((await run(['token', '--sealed', again, '--context', 'user-1'])).code).toBe(0);
    expect((await run(['rewrap', '--context', 'user-1', again])).out).toMatch(/^otpk1_/);
  });

  it('sends a set of recovery codes as one, and anything else as a key', async () => {
    const { code, out, err } = await run(['rewrap', '--json'], 'otpr1_x\nx\n');
    expect([code, err]).toEqual([2, '']);
    expect(lines(out).map((line) => JSON.parse(line).error.reason)).toEqual(Array(2).fill('ERROR_REASON_SEALED_KEY_INVALID'));
  });
});

describe('--sealed', () => {
  it('stands instead of SECRET in token, watch and verify', async () => {
    const blob = await seal();
    const key = ['--sealed', blob, '--context', CONTEXT];
    const at = '2027-01-31T12:00:00Z';
    expect((await run(['token', ...key, '--at', at])).out).toBe(`${codeAt(Date.parse(at))}\n`);
    const stop = new AbortController();
    const watching = await otpd(['watch', ...key], { env: server.env, signal: stop.signal, onOutput: () => stop.abort() });
    expect(watching).toMatchObject({ code: 0, out: expect.stringMatching(/^\d{6} {2}until /) });
    const code = codeAt(Date.now());
    expect(await run(['verify', ...key, code])).toEqual({ code: 0, out: 'accepted\n', err: '' });
    expect(await run(['verify', ...key, code])).toEqual({ code: 1, out: 'already used: wait for the next code\n', err: '' });
    expect(await run(['verify', ...key, '1'])).toEqual({
      code: 1,
      out: 'not a code: another number of digits expected\n',
      err: '',
    });
    expect((await run(['token', '--sealed', blob])).err).toContain('(SEALED_KEY_INVALID, request ');
  });

  it.each([
    [['token', SECRET, '--sealed', 'x'], 'error: SECRET and --sealed exclude each other: give one of them\n'],
    [['verify', SECRET, '123456', '--sealed', 'x'], 'error: SECRET and --sealed exclude each other: give one of them\n'],
    [['watch', SECRET, '--context', 'x'], 'error: --context is that of a sealed key: give --sealed too\n'],
  ])('is refused beside what it excludes: %j', async (args, err) => {
    expect(await run(args)).toEqual({ code: 2, out: '', err });
  });

  it('verify --confirm confirms a pending key, and prints what to store', async () => {
    const enrolling = ['enrol', '--account', 'alice', '--json'];
    const made = JSON.parse((await run(enrolling, '')).out);
    const key = ['verify', '--sealed', made.sealed.blob];
    const right = deviceOf(made.uri).code(Date.now());
    expect(await run([...key, right])).toMatchObject({ code: 2, err: expect.stringContaining('(ENROLMENT_PENDING, request ') });
    const { code, out, err } = await run([...key, '--confirm', right]);
    expect([code, err, lines(out)]).toEqual([0, '', ['accepted', expect.stringMatching(/^store instead: otpk1_/)]]);
    const plain = await run(['verify', SECRET, '000000', '--confirm']);
    expect(plain).toMatchObject({ code: 2, err: expect.stringContaining('confirm: only with a sealed key') });
  });
});

it('the commands of docs/sealed-keys.md do what it says', async () => {
  const [, block = ''] = /## On the command line.*?```sh\n(.*?)```/s.exec(readFileSync('docs/sealed-keys.md', 'utf8')) ?? [];
  const [enrol, verify, rewrap, sealing, ...rest] = block
    .trim()
    .split('\n')
    .map((line) => line.replace(/ *#.*/, '').replace('otpd ', '').split(' '));
  expect(rest).toEqual([]);
  const { sealed, uri } = JSON.parse((await run([...(enrol ?? []), '--json'], '')).out);
  const device = deviceOf(uri);
  const confirmed = await run(['verify', '--sealed', sealed.blob, '--context', CONTEXT, '--confirm', device.code(Date.now())]);
  const blob = /otpk1_\S+/.exec(confirmed.out)?.[0] ?? '';
  const filled = (args: readonly string[] = []) =>
    args.map((arg) => (arg === '"$SEALED"' ? blob : arg === '123456' ? device.code(Date.now() + 30_000) : arg));
  expect(await run(filled(verify))).toEqual({ code: 0, out: 'accepted\n', err: '' });
  expect((await run(filled(rewrap))).out.trim()).toMatch(BLOB);
  expect(sealing?.slice(-2)).toEqual(['<', 'secret.txt']);
  expect((await run(sealing?.slice(0, -2) ?? [], SECRET)).out.trim()).toMatch(BLOB);
});
