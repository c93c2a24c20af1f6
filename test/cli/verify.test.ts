/** `otpd verify`: the exit code is the answer, and the command asks again for a lost answer. */
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it, vi } from 'vitest';
import { VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { type SentError, startDouble, type VerifyAnswer } from '../support/double.ts';
import { otpd } from './harness.ts';
import { startReal } from './real.ts';

const SECRET = 'JBSWY3DPEHPK3PXP';
const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
const AWAY: SentError = { code: 14, message: 'the store is away', reason: 'ERROR_REASON_STORE_UNAVAILABLE', requestId: 'r-1' };
const ACCEPTED = { valid: true, status: VerifyStatus.ACCEPTED } as const;

/** A time of the server's clock, 14 s before the next step. */
const NOW_MS = Date.UTC(2027, 0, 31, 10, 42, 16);
const AT = { serverTime: timestampFromMs(NOW_MS) } as const;
/** Returns a used step, this many steps from the current step. */
const usedStep = (drift: number) => ({ matchedStep: BigInt(Math.floor(NOW_MS / 30_000) + drift), driftSteps: drift });

async function verify(answers: readonly VerifyAnswer[], args: readonly string[] = [], signal?: AbortSignal) {
  await using server = await startDouble({ verify: answers });
  const env = { OTPD_ADDRESS: server.address, OTPD_API_KEY: 'any' };
  const outcome = await otpd(['verify', SECRET, '123 456', ...args], { env, ...(signal && { signal }) });
  return { ...outcome, requests: server.verified };
}

describe.concurrent('an unknown outcome', () => {
  it('is said after four tries under one request id, with the way to ask again', async () => {
    const { code, out, err, requests } = await verify([AWAY]);
    const ids = new Set(requests.map(({ requestId }) => requestId));
    expect({ code, out, tries: requests.length, ids: ids.size }).toEqual({ code: 2, out: '', tries: 4, ids: 1 });
    expect(err).toMatch(
      /^error: the store is away; the code may be used up: the same command with --request-id \S+ tells \(STORE_UNAVAILABLE, request r-1\)\n$/,
    );
    expect(err).toContain([...ids][0]);
  });

  it('is said at once if the server asks to wait beyond the deadline', async () => {
    const { code, requests, err } = await verify([{ ...AWAY, retryAfterMs: 60_000 }], ['--timeout', '30']);
    expect({ code, tries: requests.length }).toEqual({ code: 2, tries: 1 });
    expect(err).toContain('try again in 1 min');
  });

  it('is said with the way to ask again even if later tries do not reach the server', async () => {
    await using server = await startDouble({ verify: [AWAY] });
    const env = { OTPD_ADDRESS: server.address, OTPD_API_KEY: 'any' };
    const outcome = otpd(['verify', SECRET, '123456'], { env });
    await vi.waitFor(() => expect(server.verified).toHaveLength(1), { interval: 5, timeout: 20_000 });
    await server[Symbol.asyncDispose]();
    expect((await outcome).err).toMatch(/(cannot reach otpd|the connection to otpd).*; the code may be used up: .* --request-id/);
  });

  it('is printed without an answer', async () => {
    const { code, err, requests } = await verify([undefined], ['--timeout', '1.5']);
    expect({ code, tries: requests.length }).toEqual({ code: 2, tries: 1 });
    expect(err).toMatch(/did not answer in time: .*the code may be used up: the same command with --request-id/);
  });

  it('is said if the user does not wait', async () => {
    const { code, err } = await verify([undefined], [], AbortSignal.timeout(200));
    expect(code).toBe(2);
    expect(err).toMatch(/^error: interrupted; the code may be used up: /);
  });

  it('is said if the user does not wait between two tries', async () => {
    const { code, err, requests } = await verify([{ ...AWAY, retryAfterMs: 3000 }], [], AbortSignal.timeout(1500));
    expect({ code, tries: requests.length }).toEqual({ code: 2, tries: 1 });
    expect(err).toMatch(/^error: the store is away; the code may be used up: /);
  });

  it.each<[string, SentError, RegExp]>([
    [
      'limits',
      { code: 8, message: 'too many calls', reason: 'ERROR_REASON_RATE_LIMITED', retryAfterMs: 12_000, requestId: 'r-2' },
      /^error: too many calls; try again in 12 s \(RATE_LIMITED, request r-2\)\n$/,
    ],
    ['a scope', { code: 7, message: 'no scope', reason: 'ERROR_REASON_SCOPE_MISSING' }, /^error: no scope \(SCOPE_MISSING\)\n$/],
    [
      'fields',
      {
        code: 3,
        message: 'fields',
        reason: 'ERROR_REASON_INVALID_FIELDS',
        violations: [{ field: 'code', description: 'is empty' }],
      },
      /^error: CODE: is empty \(INVALID_FIELDS\)\n$/,
    ],
    ['something else that answers', { code: 12, message: 'no such method' }, /^error: no such method\n$/],
    ['details that are none', { code: 12, message: 'no such method', rubbish: true }, /^error: no such method\n$/],
    ['a text that would steer the terminal', { code: 12, message: 'a\x1b]0;b\x07c' }, /^error: a.+\]0;b.+c\n$/],
  ])('is not tried again for %s', async (_, answer, err) => {
    const outcome = await verify([answer]);
    expect({ code: outcome.code, out: outcome.out, tries: outcome.requests.length }).toEqual({ code: 2, out: '', tries: 1 });
    expect(outcome.err).toMatch(err);
    expect(outcome.err.includes('\x1b') || outcome.err.includes('\x07')).toBe(false);
  });

  it.each([
    ['valid without being accepted', { valid: true, status: VerifyStatus.MISMATCH }],
    ['accepted without being valid', { valid: false, status: VerifyStatus.ACCEPTED }],
    ['empty', {}],
    ['of a later version', { valid: false, status: 99 as VerifyStatus }],
  ])('is an answer that is %s', async (_, answer) => {
    const { code, out, err } = await verify([answer]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('the answer makes no sense to this version');
  });
});

describe.concurrent('an answer', () => {
  it.each<[string, number, Exclude<VerifyAnswer, SentError | undefined>, readonly string[]]>([
    ['accepted', 0, ACCEPTED, []],
    ['accepted (next counter 43)', 0, { ...ACCEPTED, nextCounter: 43n }, []],
    ['wrong code (4 attempts left)', 1, { status: VerifyStatus.MISMATCH, attemptsRemaining: 4 }, []],
    ['wrong code (1 attempt left)', 1, { status: VerifyStatus.MISMATCH, attemptsRemaining: 1 }, []],
    ['wrong code', 1, { status: VerifyStatus.MISMATCH }, []],
    ['already used: wait for the next code', 1, { status: VerifyStatus.REPLAYED }, []],
    ['already used: the next code comes in 14 s', 1, { status: VerifyStatus.REPLAYED, ...usedStep(0), ...AT }, []],
    ['already used: the next code comes in 44 s', 1, { status: VerifyStatus.REPLAYED, ...usedStep(1), ...AT }, []],
    ['already used: take the code that the app shows now', 1, { status: VerifyStatus.REPLAYED, ...usedStep(-1), ...AT }, []],
    ['already used: take the next code', 1, { status: VerifyStatus.REPLAYED, ...usedStep(0), ...AT }, ['--type', 'hotp']],
    [
      'wrong code: locked for at least 1 min (until 10:43:16 UTC or later)',
      1,
      { status: VerifyStatus.MISMATCH, attemptsRemaining: 0, ...AT },
      [],
    ],
    ['not a code: 6 digits expected', 1, { status: VerifyStatus.MALFORMED }, []],
    ['not a code: 8 digits expected', 1, { status: VerifyStatus.MALFORMED }, ['--digits', '8']],
    ['not a code: another number of digits expected', 1, { status: VerifyStatus.MALFORMED }, ['--digits', '10']],
    ['locked for 1 min: too many wrong codes', 1, { status: VerifyStatus.THROTTLED, retryAfter: { seconds: 60n } }, []],
    [
      'locked for 42 s (until 10:42:58 UTC): too many wrong codes',
      1,
      { status: VerifyStatus.THROTTLED, retryAfter: { seconds: 42n }, ...AT },
      [],
    ],
    [
      'locked: too many wrong codes; only an operator can unlock the secret (`otpd attempts unlock`)',
      1,
      { status: VerifyStatus.THROTTLED },
      [],
    ],
  ])('reads "%s" and exits %i', async (text, code, answer, args) => {
    expect(await verify([answer], args)).toMatchObject({ code, out: `${text}\n`, err: '' });
  });

  it('is JSON with --json, with valid in it even when it is false', async () => {
    const { code, out } = await verify([{ status: VerifyStatus.MISMATCH, attemptsRemaining: 4 }], ['--json']);
    expect({ code, answer: JSON.parse(out) }).toEqual({
      code: 1,
      answer: { valid: false, status: 'VERIFY_STATUS_MISMATCH', attemptsRemaining: 4 },
    });
  });

  it('is sent again after the server was unreachable', async () => {
    const { code, requests } = await verify([AWAY, ACCEPTED]);
    expect({ code, same: requests[0]?.requestId === requests[1]?.requestId }).toEqual({ code: 0, same: true });
    expect(requests).toHaveLength(2);
  });
});

describe('a request', () => {
  it('has a random id and leaves the windows to the server', async () => {
    const [request] = (await verify([ACCEPTED])).requests;
    expect(request?.requestId).toMatch(UUID);
    expect(request).toMatchObject({ code: '123 456', allowReuse: false, key: { source: { case: 'secret', value: SECRET } } });
    expect([request?.pastSteps, request?.futureSteps, request?.lookAhead, request?.afterStep]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('says what the flags say, zero included', async () => {
    const flags = [
      '--past',
      '0',
      '--future',
      '2',
      '--look-ahead',
      '0',
      '--after-step',
      '0',
      '--allow-reuse',
      '--request-id',
      'mine',
    ];
    const [request] = (await verify([ACCEPTED], [...flags, '--type', 'hotp', '--counter', '9007199254740993'])).requests;
    expect(request).toMatchObject({
      pastSteps: 0,
      futureSteps: 2,
      lookAhead: 0,
      afterStep: 0n,
      allowReuse: true,
      requestId: 'mine',
    });
    expect(request?.key).toMatchObject({ type: 2, counter: 9007199254740993n });
  });
});

describe('with the real service', () => {
  it('a lone argument is the code, and the code of now is accepted', async () => {
    await using server = await startReal();
    const env = { ...server.env, OTPD_SECRET: SECRET };
    const current = (await otpd(['token'], { env })).out.trim();
    expect(await otpd(['verify', current], { env })).toEqual({ code: 0, out: 'accepted\n', err: '' });
    expect(await otpd(['verify', '-', '12345'], { env: server.env, stdin: SECRET })).toMatchObject({ code: 1 });
    const uri = `otpauth://totp/a?secret=${SECRET}&digits=7`;
    expect((await otpd(['verify', uri, '12345'], { env })).out).toBe('not a code: 7 digits expected\n');
  });

  it('the URI is read as the server reads it', async () => {
    await using server = await startReal();
    const shorter = async (...args: string[]) => (await otpd(['verify', ...args], { env: server.env })).out;
    const expected = (digits: number) => `not a code: ${digits} digits expected\n`;
    expect(await shorter(`OTPAUTH://TOTP/X:y?SECRET=${SECRET}&DIGITS=8`, '123456')).toBe(expected(8));
    expect(await shorter(`otpauth://totp/C#:%zz?issuer=%E9&%64igits=7&secret=JBSW+Y3DP`, '123456')).toBe(expected(7));
    expect(await shorter(`\u202aotpauth://totp/a?secret=${SECRET}&digits=8\u202c`, '123456')).toBe(expected(8));
    expect(await shorter(`otpauth://totp/a?secret=${SECRET}`, '12345678')).toBe(expected(6));
    expect(await shorter(`otpauth://totp/a?secret=${SECRET}`, '123456', '--digits', '8')).toBe('');
    expect(await shorter(`otpauth://hotp/a?secret=${SECRET}&digits=8`, '123456', '--counter', '5')).toBe(expected(8));
    expect(await shorter(`otpauth://hotp/a?secret=${SECRET}&digits=8&counter=5`, '123456')).toBe(expected(8));
  });

  it('a code is read as it was pasted', async () => {
    await using server = await startReal();
    const code = (await otpd(['token', '\u202ajbsw y3dp ehpk 3pxp\u202c'], { env: server.env })).out.trim();
    const full = code.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));
    expect((await otpd(['verify', SECRET, `\u200e${full}`], { env: server.env })).out).toBe('accepted\n');
    expect((await otpd(['verify', SECRET, code], { env: server.env })).out).toMatch(
      /^already used: (the next code comes in|take the code)/,
    );
  });
});
