/** `otpd enrol`: from the QR code to the sealed key to store, against the real service. */
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatSecret } from '../../src/otp/secret.ts';
import { startDouble } from '../support/double.ts';
import { deviceOf } from '../support/enrolment.ts';
import { otpd } from './harness.ts';
import { type Real, startReal } from './real.ts';

let server: Real;

beforeAll(async () => {
  server = await startReal();
});
afterAll(() => server[Symbol.asyncDispose]());

const ALICE = ['enrol', '--issuer', 'ACME', '--account', 'alice@example.com'];
const BLOB = /^otpk1_[A-Za-z0-9_-]{48,}$/m;

/** Enrols as a user does. `codesOf` returns the lines to type once the URI is shown; then the input ends. */
async function enrol(args: readonly string[], codesOf: (code: string) => readonly string[], signal?: AbortSignal) {
  const stdin = new PassThrough();
  let shown = '';
  let uri: string | undefined;
  const onOutput = (text: string) => {
    shown += text;
    const found = /(otpauth:\/\/[^\s"]+)/.exec(shown)?.[1];
    if (uri !== undefined || found === undefined || !shown.endsWith('\n')) return;
    uri = found;
    const device = deviceOf(found);
    stdin.end(codesOf(device.code(device.parameters.type === 'hotp' ? 0 : Date.now())).join('\n'));
  };
  const outcome = await otpd([...ALICE, ...args], { env: server.env, stdin, onOutput, ...(signal && { signal }) });
  return { ...outcome, device: deviceOf(uri ?? '') };
}

const other = (code: string) => (code === '000000' ? '000001' : '000000');

describe('an enrolment', () => {
  it('draws the QR code, takes the code, and says what to store', async () => {
    const { code, out, err, device } = await enrol(['--context', 'user-1/totp/1'], (right) => [
      '',
      `${right.slice(0, 3)} ${right.slice(3)}`,
    ]);
    expect({ code, err }).toEqual({ code: 0, err: 'Code that the app shows: Code that the app shows: ' });
    expect(out).toMatch(/[▀▄█]{10}/);
    expect(out).toContain('URI  otpauth://totp/ACME:alice%40example.com?secret=');
    expect(out).toContain('\nconfirmed: store this sealed key with the user\n\notpk1_');
    expect(out).toContain('do not store it there: user-1/totp/1\n');
    const [blob = ''] = BLOB.exec(out) ?? [];
    const next = device.code(Date.now() + 30_000);
    const login = await otpd(['verify', '--sealed', blob, '--context', 'user-1/totp/1', next], { env: server.env });
    expect(login).toEqual({ code: 0, out: 'accepted\n', err: '' });
  });

  it('asks again for each code that is wrong, used or none', async () => {
    const { code, out, err } = await enrol([], (right) => [other(right), '12345', right]);
    expect(code).toBe(0);
    expect(err).toBe(
      [
        'Code that the app shows: wrong code (4 attempts left)\n',
        'Code that the app shows: not a code: 6 digits expected\n',
        'Code that the app shows: warning: the sealed key has no context: anybody who can write to your table can move it to another user\n',
      ].join(''),
    );
    expect(out).toMatch(BLOB);
  });

  it('of a HOTP prints the counter to store', async () => {
    const { code, out } = await enrol(['--type', 'hotp'], (right) => [right]);
    expect(code).toBe(0);
    expect(out).toContain('\nStore the next counter beside it, and send it as key.counter: 1\n');
  });

  it('that ends without a right code has nothing to store, and exits 1', async () => {
    const { code, out, err } = await enrol([], (right) => [other(right)]);
    expect(code).toBe(1);
    expect(out).not.toMatch(BLOB);
    expect(err).toMatch(
      /\nCode that the app shows: not confirmed: store nothing, remove the account from the app, and enrol again\n$/,
    );
  });

  it('that ends without a code has nothing to store, and exits 2', async () => {
    const { code, out, err } = await enrol([], () => []);
    expect({ code, blob: BLOB.test(out) }).toEqual({ code: 2, blob: false });
    expect(err).toMatch(/error: no code came: the sealed key is not confirmed\. Do not store it; enrol again\n$/);
  });

  it('ends at Ctrl-C, with its message on a separate line', async () => {
    const stop = new AbortController();
    const onOutput = (text: string) => void (text.startsWith('URI') && setImmediate(() => stop.abort()));
    const outcome = await otpd(ALICE, { env: server.env, stdin: new PassThrough(), onOutput, signal: stop.signal });
    expect(outcome.code).toBe(2);
    expect(outcome.err).toBe('Code that the app shows: \nerror: interrupted\n');
    expect(outcome.out).not.toMatch(BLOB);
  });

  it('with --json prints each answer on a line, and nothing else', async () => {
    const { code, out, err, device } = await enrol(['--json'], (right) => [other(right), right]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [made, wrong, confirmed, ...rest] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rest).toEqual([]);
    expect(made).toMatchObject({ secret: '', qrCode: { mediaType: 'image/png' }, sealed: { blob: expect.stringMatching(BLOB) } });
    expect(made.token).toBeUndefined();
    expect(wrong).toMatchObject({ valid: false, status: 'VERIFY_STATUS_MISMATCH' });
    expect(confirmed).toMatchObject({ valid: true, resealed: { blob: expect.stringMatching(BLOB), context: '' } });
    expect(confirmed.resealed.blob).not.toBe(made.sealed.blob);
    expect(out.split(formatSecret(device.secret))).toHaveLength(2);
  });

  it('with a server that is too old to seal shows nothing, and says so', async () => {
    await using old = await startDouble({ generate: { uri: 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP' } });
    const outcome = await otpd(ALICE, { env: { OTPD_ADDRESS: old.address, OTPD_API_KEY: 'any' }, stdin: '123456' });
    expect(outcome).toMatchObject({ code: 2, out: '', err: expect.stringContaining('too old to seal keys') });
  });

  it('whose answer is lost says that nothing is confirmed', async () => {
    const generate = { uri: 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP', sealed: { blob: 'otpk1_x' } };
    await using away = await startDouble({ generate, verify: [{ code: 14, message: 'the store is away' }] });
    const outcome = await otpd(ALICE, { env: { OTPD_ADDRESS: away.address, OTPD_API_KEY: 'any' }, stdin: '123456' });
    expect(outcome.code).toBe(2);
    expect(outcome.err).toContain(
      '; the sealed key is not confirmed: store nothing, remove the account from the app, and enrol again',
    );
    expect(new Set(away.verified.map(({ requestId }) => requestId)).size).toBe(1);
    expect(away.verified.length).toBeGreaterThan(1);
  });

  it('that the service refuses shows nothing', async () => {
    const outcome = await otpd([...ALICE, '--digits', '9'], { env: server.env, stdin: '' });
    expect(outcome).toMatchObject({ code: 2, out: '', err: expect.stringContaining('error: --digits: must be a whole number') });
  });

  it.each([
    ['a context that is too long', ['--context', 'x'.repeat(257)], 'error: --context: must be at most 256 bytes'],
    ['a line that is too long', [], 'error: standard input has a line of more than 8192 bytes'],
  ])('is refused with %s', async (_, args, message) => {
    const { code, err } = await otpd([...ALICE, ...args], { env: server.env, stdin: '1'.repeat(9000) });
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
