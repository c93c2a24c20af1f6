/** `otpd token` against the real service. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { otpd } from './harness.ts';
import { type Real, startReal } from './real.ts';

/** The seed of RFC 6238 appendix B, in base32. */
const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
let server: Real;

beforeAll(async () => {
  server = await startReal();
});
afterAll(() => server[Symbol.asyncDispose]());

describe('errors of the server', () => {
  it('are one line with every field that is wrong, the reason and the request id', async () => {
    const { code, out, err } = await otpd(['token', 'not!base32', '--digits', '9', '--period', '90000'], { env: server.env });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^error: (?=.*SECRET: )(?=.*--digits: )(?=.*--period: ).* \(INVALID_FIELDS, request [\w-]+\)\n$/);
    expect(err).not.toContain('base32!');
  });

  it('are complete in JSON', async () => {
    const { code, err } = await otpd(['token', SEED, '--digits', '9', '--json'], { env: server.env });
    expect(code).toBe(2);
    expect(JSON.parse(err)).toEqual({
      error: {
        code: 'INVALID_ARGUMENT',
        reason: 'ERROR_REASON_INVALID_FIELDS',
        message: expect.any(String),
        violations: [{ field: 'key.digits', description: expect.any(String) }],
        requestId: expect.any(String),
      },
    });
  });

  it('say where the API key is, if it is wrong', async () => {
    const OTPD_API_KEY = `${server.env.OTPD_API_KEY.slice(0, -1)}!`;
    const { code, err } = await otpd(['token', SEED], { env: { ...server.env, OTPD_API_KEY } });
    expect(code).toBe(2);
    expect(err).toMatch(/it is in OTPD_API_KEY; `otpd keys list`.*\(API_KEY_INVALID, request /);
    expect(err).not.toContain(OTPD_API_KEY);
  });

  it('refuse a URI with a mistake', async () => {
    const { code, err } = await otpd(['token', 'otpauth://totp/ACME:alice?secret=JBSWY3DPEHPK3PXP&period=30s'], {
      env: server.env,
    });
    expect(code).toBe(2);
    expect(err).toMatch(/^error: SECRET: the parameter period /);
    expect(err).not.toContain('JBSWY3DPEHPK3PXP');
  });
});

describe('the code', () => {
  const at = ['--at', '1970-01-01T00:00:59Z', '--digits', '8'];

  it.each([
    ['an argument', [SEED], {}],
    ['standard input', ['-'], { stdin: `${SEED}\n` }],
    ['standard input without saying so', [], { stdin: ` ${SEED.toLowerCase()}\r\n` }],
    ['OTPD_SECRET', [], { env: { OTPD_SECRET: SEED } }],
    ['OTPD_SECRET, although something is piped in', [], { env: { OTPD_SECRET: SEED }, stdin: 'AAAA' }],
    ['standard input, although OTPD_SECRET is set', ['-'], { env: { OTPD_SECRET: 'AAAA' }, stdin: SEED }],
    ['a URI', [`otpauth://totp/ACME:alice?secret=${SEED}&digits=8`], {}],
  ])(
    'stands alone in a pipe, the secret from %s',
    async (_, args, surroundings: { env?: Record<string, string>; stdin?: string }) => {
      const env = { ...server.env, ...surroundings.env };
      expect(await otpd(['token', ...args, ...at], { ...surroundings, env })).toEqual({ code: 0, out: '94287082\n', err: '' });
    },
  );

  it('may be asked for in Unix seconds', async () => {
    expect((await otpd(['token', SEED, '--digits', '8', '--at', '1111111109'], { env: server.env })).out).toBe('07081804\n');
  });

  it('may be that of another hash function', async () => {
    const seed = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA'; // 32 bytes, as in RFC 6238 for SHA-256.
    expect((await otpd(['token', seed, ...at, '--algorithm', 'SHA-256'], { env: server.env })).out).toBe('46119246\n');
  });

  it('may be that of a HOTP', async () => {
    const { out } = await otpd(['token', SEED, '--type', 'hotp', '--counter', '0'], { env: server.env });
    expect(out).toBe('755224\n');
  });

  it('is grouped on a terminal, with a bar for the time that is left', async () => {
    const { out } = await otpd(['token', SEED], { env: { ...server.env, NO_COLOR: '1' }, tty: true });
    expect(out).toMatch(/^\d{3} \d{3} {2}█+░* ([1-5] s !|([6-9]|[12]\d|30) s)\n$/);
  });

  it('is coloured on a terminal only, and not against NO_COLOR', async () => {
    const coloured = async (env: Record<string, string>, tty: boolean) =>
      (await otpd(['token', SEED], { env: { ...server.env, ...env }, tty })).out.includes('\x1b[');
    expect(
      await Promise.all([
        coloured({}, true),
        coloured({ NO_COLOR: '1' }, true),
        coloured({ TERM: 'dumb' }, true),
        coloured({}, false),
      ]),
    ).toEqual([true, false, false, false]);
  });

  it('has its neighbours in order, each with its distance', async () => {
    const { out } = await otpd(['token', SEED, ...at, '--past', '1', '--future', '1'], { env: server.env });
    expect(out).toBe('84755224  -30 s\n94287082  0 s\n37359152  +30 s\n');
  });

  it('is the protobuf JSON of the answer with --json, defaults included', async () => {
    const { out } = await otpd(['token', SEED, ...at, '--json'], { env: server.env });
    expect(JSON.parse(out)).toMatchObject({
      token: { code: '94287082', step: '1', expireTime: '1970-01-01T00:01:00Z', type: 'OTP_TYPE_TOTP', offsetSeconds: 0 },
      neighbours: [],
    });
  });
});
