/** `otpd recovery-codes` against a real server: the exit code of verify is the answer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { type SentError, startDouble } from '../support/double.ts';
import { otpd } from './harness.ts';
import { type Real, startReal } from './real.ts';

let server: Real;
beforeAll(async () => {
  server = await startReal();
});
afterAll(() => server[Symbol.asyncDispose]());

const run = (...args: string[]) => otpd(['recovery-codes', ...args], { env: server.env });

async function generate(...args: string[]): Promise<{ codes: string[]; blob: string }> {
  const { code, out } = await run('generate', '--json', ...args);
  expect(code).toBe(0);
  const { codes, set } = JSON.parse(out);
  return { codes, blob: set.blob };
}

describe('generate', () => {
  it('prints the codes, and the set, with what they are for beside', async () => {
    const { code, out, err } = await run('generate', '--count', '3', '--length', '24');
    expect(code).toBe(0);
    expect(out).toMatch(/^(([0-9A-Z]{4}-){5}[0-9A-Z]{4}\n){3}otpr1_[\w-]+\n$/);
    expect(err).toBe('For the user to keep; they are shown only once:\nFor you to store:\n');
  });

  it.each([
    ['too many', ['--count', '21'], 'count: must be 1 to 20, or 0 for 10'],
    ['none', ['--count', '0'], "option '--count <n>' argument '0' is invalid. It must be at least 1."],
    ['a length between', ['--length', '20'], '--length: must be 16 or 24, or 0 for 16'],
    ['a long context', ['--context', 'x'.repeat(257)], '--context: must be at most 256 bytes'],
  ])('refuses %s', async (_, args, complaint) => {
    const { code, out, err } = await run('generate', ...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(complaint);
  });
});

describe('verify', () => {
  it('accepts a code once, and says how many are left', async () => {
    const { codes, blob } = await generate('--context', 'user-1', '--count', '2');
    const verify = (code = '') => run('verify', blob, code, '--context', 'user-1');
    expect(await verify(codes[0])).toEqual({ code: 0, out: 'accepted (1 code left)\n', err: '' });
    expect(await verify(codes[0])).toEqual({ code: 1, out: 'already used\n', err: '' });
    expect(await verify('0000000000000000')).toEqual({ code: 1, out: 'wrong code (4 attempts left)\n', err: '' });
    expect(await verify('123456')).toEqual({
      code: 1,
      out: 'not a code: it has another length, or a character that no code has\n',
      err: '',
    });
    expect(await verify(codes[1])).toEqual({ code: 0, out: 'accepted (0 codes left)\n', err: '' });
    for (let sent = 0; sent < 5; sent += 1) await verify('0000000000000000');
    expect(await verify(codes[1])).toEqual({
      code: 1,
      out: expect.stringMatching(/^locked for 1 min( \(until [\d:]{8} UTC\))?: too many wrong codes\n$/),
      err: '',
    });
  });

  it('prints the answer as JSON, with what is false too', async () => {
    const { blob } = await generate();
    const { code, out } = await run('verify', blob, '0000000000000000', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      valid: false,
      status: 'VERIFY_STATUS_MISMATCH',
      remainingCount: 10,
      attemptsRemaining: 4,
    });
  });

  it('prints the answer of an earlier try again', async () => {
    const { codes, blob } = await generate();
    const again = ['--request-id', '01234567-89ab-4cde-8f01-23456789abcd'];
    for (let sent = 0; sent < 2; sent += 1) expect((await run('verify', blob, codes[0] ?? '', ...again)).code).toBe(0);
  });

  it('fails with another context, and repeats neither set nor code', async () => {
    const { codes, blob } = await generate('--context', 'user-1');
    const { code, out, err } = await run('verify', blob, codes[0] ?? '', '--context', 'user-2');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('SEALED_KEY_INVALID');
    for (const text of [blob, codes[0] ?? '']) expect(err).not.toContain(text);
  });
});

it('verify says how to ask again if the answer was lost', async () => {
  const away: SentError = { code: 14, message: 'the store is away', reason: 'ERROR_REASON_STORE_UNAVAILABLE' };
  await using double = await startDouble({ recovery: [away] });
  const env = { OTPD_ADDRESS: double.address, OTPD_API_KEY: 'any' };
  const { code, out, err } = await otpd(['recovery-codes', 'verify', 'otpr1_abc', '0000000000000000'], { env });
  expect({ code, out, tries: double.recovered.length }).toEqual({ code: 2, out: '', tries: 4 });
  const [{ requestId } = { requestId: '' }] = double.recovered;
  expect(err).toContain(`the code may be used up: the same command with --request-id ${requestId} tells`);
});

it('verify hands over a set under the current sealing key', async () => {
  const resealed = { blob: 'otpr1_new' };
  const answer = { valid: true, status: VerifyStatus.ACCEPTED, remainingCount: 3, attemptsRemaining: 5, resealed };
  await using double = await startDouble({ recovery: [answer] });
  const env = { OTPD_ADDRESS: double.address, OTPD_API_KEY: 'any' };
  expect(await otpd(['recovery-codes', 'verify', 'otpr1_abc', '0000000000000000'], { env })).toEqual({
    code: 0,
    out: 'accepted (3 codes left)\notpr1_new\n',
    err: 'Store this set instead, unless the stored set has changed since:\n',
  });
});

it('revoke ends a set, once and again', async () => {
  const { codes, blob } = await generate();
  for (let sent = 0; sent < 2; sent += 1) expect(await run('revoke', blob)).toEqual({ code: 0, out: 'revoked\n', err: '' });
  const { code, out } = await run('verify', blob, codes[0] ?? '');
  expect({ code, out }).toEqual({ code: 1, out: 'already used, as all codes of the set, or revoked\n' });
  expect(await run('revoke', blob, '--json')).toMatchObject({ code: 0, out: '{}\n' });
});

it('has help with examples', async () => {
  expect((await run('--help')).out).toMatch(/Examples:\n.*\$ otpd recovery-codes generate/s);
});
