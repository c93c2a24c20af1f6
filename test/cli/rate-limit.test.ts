/** The error for a reached limit names its plan, and a command that helps. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDouble } from '../support/double.ts';
import { otpd } from './harness.ts';
import { type Real, startReal } from './real.ts';

const SECRET = 'JBSWY3DPEHPK3PXP';
let server: Real;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await startReal();
  const made = await otpd(['keys', 'create', '--name', 'app', '--plan', 'free'], { env: { OTPD_DATA_DIR: server.dataDir } });
  env = { ...server.env, OTPD_API_KEY: made.out.trim() };
  for (let call = 0; call < 5; call += 1) await otpd(['token', SECRET], { env });
});
afterAll(() => server[Symbol.asyncDispose]());

it('in words, on two lines', async () => {
  const { code, out, err } = await otpd(['token', SECRET], { env });
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(
    /^error: rate limit reached: 5 calls per minute \(plan free\); try again in \d+ (s|min) \(RATE_LIMITED, request \S+\)\n {7}a larger plan is given to a new API key: otpd keys create --name NAME --plan pro\n$/,
  );
});

it('in JSON, each part by its name', async () => {
  const { err } = await otpd(['token', SECRET, '--json'], { env });
  expect(JSON.parse(err).error).toMatchObject({
    reason: 'ERROR_REASON_RATE_LIMITED',
    plan: 'free',
    window: 'minute',
    limit: 5,
    retryAfterSeconds: expect.any(Number),
  });
});

describe('of a server with custom plans', () => {
  it('the command leaves the plan open', async () => {
    const info = { plan: 'basic', window: 'hour', limit: '1' };
    const error = { code: 8, message: 'too many', reason: 'ERROR_REASON_RATE_LIMITED', info } as const;
    await using double = await startDouble({ verify: [error] });
    const { err } = await otpd(['verify', SECRET, '123456'], { env: { OTPD_ADDRESS: double.address, OTPD_API_KEY: 'any' } });
    expect(err).toMatch(/^error: rate limit reached: 1 call per hour \(plan basic\).*\n.*--plan PLAN\n$/);
  });

  it('a limit without a plan in the error keeps the text of the server', async () => {
    const error = { code: 8, message: 'too many calls', reason: 'ERROR_REASON_RATE_LIMITED' } as const;
    await using double = await startDouble({ verify: [error] });
    const { err } = await otpd(['verify', SECRET, '123456'], { env: { OTPD_ADDRESS: double.address, OTPD_API_KEY: 'any' } });
    expect(err).toBe('error: too many calls (RATE_LIMITED)\n');
  });
});

it.each([
  [['generate', '--account', 'a:b'], /^error: --account: /],
  [['generate', '--account', 'alice', '--issuer', 'a:b'], /^error: --issuer: /],
  [['token', SECRET, '--period', '86401'], /^error: --period: /],
  [['verify', SECRET, '123456', '--past', '11'], /^error: --past: /],
  [['resync', SECRET, '338314', '254676', '--counter', '0', '--window', '1001'], /^error: --window: /],
])('a field that is wrong is told of by its flag: %j', async (args, told) => {
  expect((await otpd(args, { env: server.env })).err).toMatch(told);
});
