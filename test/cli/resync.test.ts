/** `otpd resync`: it distinguishes the codes from the secret, explains the answer, and asks again for a lost answer. */
import { describe, expect, it } from 'vitest';
import { VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { hotpCode } from '../../src/otp/hotp.ts';
import { formatSecret } from '../../src/otp/secret.ts';
import { type ResyncAnswer, type SentError, startDouble } from '../support/double.ts';
import { otpd } from './harness.ts';
import { startReal } from './real.ts';

const SECRET = 'JBSWY3DPEHPK3PXP';
const FOUND = { valid: true, status: VerifyStatus.ACCEPTED, matchedStep: 42n, nextCounter: 43n } as const;
const AWAY: SentError = { code: 14, message: 'the store is away', reason: 'ERROR_REASON_STORE_UNAVAILABLE' };

async function resync(answers: readonly ResyncAnswer[], args: readonly string[], given: { env?: object; stdin?: string } = {}) {
  await using server = await startDouble({ resync: answers });
  const env = { OTPD_ADDRESS: server.address, OTPD_API_KEY: 'any', ...given.env };
  const outcome = await otpd(['resync', ...args], { env, ...(given.stdin !== undefined && { stdin: given.stdin }) });
  return { ...outcome, requests: server.resynced };
}

describe.concurrent('the arguments', () => {
  it.each<[string, string[], { env?: object; stdin?: string }, string[]]>([
    ['a secret and two codes', [SECRET, '111 111', '222222'], {}, ['111 111', '222222']],
    ['a secret and three codes', [SECRET, '111111', '222222', '333333'], {}, ['111111', '222222', '333333']],
    ['two codes, the secret being piped in', ['111111', '222222'], { stdin: SECRET }, ['111111', '222222']],
    ['- for a secret that is piped in', ['-', '111111', '222222'], { stdin: SECRET }, ['111111', '222222']],
    ['two codes beside OTPD_SECRET', ['111111', '222222'], { env: { OTPD_SECRET: SECRET } }, ['111111', '222222']],
    [
      'three codes beside OTPD_SECRET',
      ['111111', '222222', '333333'],
      { env: { OTPD_SECRET: SECRET } },
      ['111111', '222222', '333333'],
    ],
    [
      'a secret and three codes beside OTPD_SECRET',
      [SECRET, '111111', '222222', '333333'],
      { env: { OTPD_SECRET: 'GEZDGNBV' } },
      ['111111', '222222', '333333'],
    ],
  ])('are %s', async (_, args, given, codes) => {
    const { code, requests } = await resync([FOUND], [...args, '--counter', '7'], given);
    expect(code).toBe(0);
    expect(requests).toMatchObject([
      { codes, window: 0, key: { source: { case: 'secret', value: SECRET }, type: 2, counter: 7n } },
    ]);
    expect(requests[0]?.requestId).toMatch(/^[\da-f]{8}-/);
  });

  it('are codes alone beside a sealed key', async () => {
    const args = ['--sealed', 'otpk1_x', '--context', 'user-1', '111111', '222222', '333333', '--window', '9'];
    const { requests } = await resync([FOUND], args);
    expect(requests).toMatchObject([
      {
        codes: ['111111', '222222', '333333'],
        window: 9,
        key: { source: { case: 'sealed', value: { blob: 'otpk1_x', context: Buffer.from('user-1') } }, type: 0 },
      },
    ]);
  });

  it('take the type from a URI', async () => {
    const uri = `otpauth://hotp/a?secret=${SECRET}&counter=1`;
    const { requests } = await resync([FOUND], [uri, '111111', '222222', '--request-id', 'mine']);
    expect(requests).toMatchObject([{ requestId: 'mine', key: { source: { case: 'uri', value: uri }, type: 0 } }]);
  });

  it.each([
    [[], 'error: two or three codes are needed: they are the last arguments\n'],
    [['111111'], 'error: two or three codes are needed: they are the last arguments\n'],
    [[SECRET, '1', '2', '3', '4'], 'error: two or three codes are needed: they are the last arguments\n'],
    [['--sealed', 'otpk1_x', SECRET, '1', '2', '3'], 'error: SECRET and --sealed exclude each other: give one of them\n'],
    [
      [SECRET, '111111', '222222', '--window', '0'],
      "error: option '--window <n>' argument '0' is invalid. It must be at least 1.\n",
    ],
  ])('that are wrong are explained: %j', async (args, err) => {
    expect(await resync([FOUND], args)).toEqual({ code: 2, out: '', err, requests: [] });
  });
});

describe.concurrent('an answer', () => {
  it.each<[string, number, Exclude<ResyncAnswer, SentError | undefined>]>([
    ['found: the next counter is 43', 0, FOUND],
    ['not found in a row (4 attempts left)', 1, { status: VerifyStatus.MISMATCH, attemptsRemaining: 4 }],
    ['already used: take the next code', 1, { status: VerifyStatus.REPLAYED }],
    ['not a code: 6 digits expected', 1, { status: VerifyStatus.MALFORMED }],
    ['locked for 1 min: too many wrong codes', 1, { status: VerifyStatus.THROTTLED, retryAfter: { seconds: 60n } }],
    ['found: the next counter is 43\nstore instead: otpk1_new', 0, { ...FOUND, resealed: { blob: 'otpk1_new' } }],
  ])('reads "%s" and exits %i', async (text, code, answer) => {
    expect(await resync([answer], [SECRET, '111111', '222222'])).toMatchObject({ code, out: `${text}\n`, err: '' });
  });

  it('is JSON with --json', async () => {
    const { code, out } = await resync([FOUND], [SECRET, '111111', '222222', '--json']);
    expect({ code, answer: JSON.parse(out) }).toEqual({
      code: 0,
      answer: { valid: true, status: 'VERIFY_STATUS_ACCEPTED', matchedStep: '42', nextCounter: '43' },
    });
  });

  it('that makes no sense is refused', async () => {
    const { code, err } = await resync([{ valid: true, status: VerifyStatus.MISMATCH }], [SECRET, '111111', '222222']);
    expect(code).toBe(2);
    expect(err).toContain('the answer makes no sense to this version');
  });

  it('that was lost is asked for under one request id, and then said how to ask for', async () => {
    const { code, err, requests } = await resync([AWAY], [SECRET, '111111', '222222']);
    const ids = new Set(requests.map(({ requestId }) => requestId));
    expect({ code, tries: requests.length, ids: ids.size }).toEqual({ code: 2, tries: 4, ids: 1 });
    expect(err).toContain(`the code may be used up: the same command with --request-id ${[...ids][0]} tells`);
  });
});

it('finds a device with the real service, by plain and by pasted codes, once', async () => {
  await using server = await startReal();
  const bytes = Buffer.from('a secret of the test');
  const codeOf = (counter: number) => hotpCode(bytes, counter, { algorithm: 'SHA1', digits: 6 });
  const codes = [codeOf(500), codeOf(501).replace(/(...)/, '$1 ')];
  const run = (...args: string[]) => otpd(['resync', '-', ...codes, ...args], { env: server.env, stdin: formatSecret(bytes) });
  expect(await run('--counter', '0', '--window', '500')).toMatchObject({
    code: 1,
    out: 'not found in a row (4 attempts left)\n',
  });
  expect(await run('--counter', '0')).toEqual({ code: 0, out: 'found: the next counter is 502\n', err: '' });
  expect(await run('--counter', '0')).toMatchObject({ code: 1, out: 'already used: take the next code\n' });
  const { code, err } = await run();
  expect(code).toBe(2);
  expect(err).toMatch(/^error: --counter: required for HOTP: set the counter of the key \(INVALID_FIELDS, request \S+\)\n$/);
});
