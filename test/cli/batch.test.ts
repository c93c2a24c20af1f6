/** `otpd batch`: JSON lines and CSV, calls of a hundred items, outcomes in order, and exit codes. */
import { randomBytes, randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hotpCode } from '../../src/otp/hotp.ts';
import { formatSecret } from '../../src/otp/secret.ts';
import { otpd } from './harness.ts';
import { makeFolder, type Real, startReal } from './real.ts';

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

let server: Real;
let folder: string;
beforeAll(async () => {
  folder = makeFolder();
  server = await startReal();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const batch = (args: string[], stdin?: string, env: Record<string, string> = server.env) =>
  otpd(['batch', ...args], { env, ...(stdin !== undefined && { stdin }) });

/** The counters from 0 on that a check searches by default. */
const SEARCHED = 11;

/** Makes a new HOTP for each item, with its code at counter 0. No counter that is searched after it has the same code, which would rightly be accepted too. */
function newKey(): { secret: string; code: string } {
  for (;;) {
    const bytes = randomBytes(20);
    const codes = Array.from({ length: SEARCHED }, (_, counter) => hotpCode(bytes, counter, { algorithm: 'SHA1', digits: 6 }));
    if (new Set(codes).size === SEARCHED) return { secret: formatSecret(bytes), code: codes[0] ?? '' };
  }
}
const rowOf = ({ secret, code }: ReturnType<typeof newKey>) => `${secret},hotp,0,${code}`;
const HEADER = 'key,type,counter,code';

describe('verify', () => {
  it('prints each outcome on a separate line, in order, and exits with the worst', async () => {
    const [one, other] = [newKey(), newKey()];
    const wrong = { ...other, code: other.code === '000000' ? '000001' : '000000' };
    const all = await batch(['verify'], [HEADER, rowOf(one), rowOf(other)].join('\n'));
    expect(all).toEqual({ code: 0, out: 'accepted (next counter 1)\naccepted (next counter 1)\n', err: '' });
    const some = await batch(
      ['verify', '-'],
      `${HEADER}\r\n${rowOf(one)}\r\n${rowOf({ ...wrong, code: '12' })}\r\n${rowOf(wrong)}\r\n`,
    );
    expect(some).toEqual({
      code: 1,
      out: expect.stringMatching(/^already used: .*\nnot a code: 6 digits expected\nwrong code \(4 attempts left\)\n$/),
      err: '',
    });
    const bad = await batch(['verify'], `${HEADER}\n!,hotp,0,123456\n${rowOf(wrong)}\n`);
    expect(bad.code).toBe(2);
    expect(bad.out).toBe('error\nwrong code (3 attempts left)\n');
    expect(bad.err).toMatch(/^error: item 1: key\.secret: .*\(INVALID_FIELDS\)\n$/);
  });

  it('reads requests of the API as JSON, and prints results as JSON, each on a line', async () => {
    const { secret, code } = newKey();
    const request = { key: { secret, type: 'OTP_TYPE_HOTP', counter: '0' }, code, requestId: randomUUID() };
    const lines = [request, request, { ...request, request_id: undefined, requestId: '', code: 'x' }];
    const { out, err, code: exit } = await batch(['verify', '--json'], lines.map((line) => JSON.stringify(line)).join('\n\n'));
    expect([exit, err]).toEqual([1, '']);
    const results = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(results.map(({ response }) => response.status)).toEqual([
      'VERIFY_STATUS_ACCEPTED',
      'VERIFY_STATUS_ACCEPTED',
      'VERIFY_STATUS_MALFORMED',
    ]);
  });

  it('of more than a hundred items makes as many calls as they need, from a file', async () => {
    const keys = Array.from({ length: 250 }, newKey);
    const file = join(folder, 'codes.csv');
    writeFileSync(file, [HEADER, ...keys.map(rowOf)].join('\n'));
    const { code, out } = await batch(['verify', file]);
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n')).toEqual(Array(250).fill('accepted (next counter 1)'));
    expect((await batch(['verify', file])).out).toBe('already used: take the next code\n'.repeat(250));
  });

  it('takes items that are long, a call of 64 KiB after the other', async () => {
    const { secret } = newKey();
    const uri = `otpauth://totp/a?secret=${secret}&x=${'y'.repeat(3900)}`;
    const rows = Array.from({ length: 60 }, () => `"${uri}",abc`);
    const { code, out } = await batch(['verify'], ['key,code', ...rows].join('\n'));
    expect([code, out]).toEqual([1, 'not a code: 6 digits expected\n'.repeat(60)]);
  });

  it('accepts sealed keys, and prints the one to store instead after a tab', async () => {
    const sealed = await otpd(['seal', '--context', 'user-1', '--type', 'hotp', '--counter', '0', SECRET], { env: server.env });
    const rows = `key,context,code\n${sealed.out.trim()},user-1,755224\n${sealed.out.trim()},user-2,287082\n`;
    const { code, out, err } = await batch(['verify'], rows);
    expect([code, out]).toEqual([2, 'accepted (next counter 1)\nerror\n']);
    expect(err).toMatch(/^error: item 2: .*\(SEALED_KEY_INVALID\)\n$/);
  });

  it('says which items have no outcome after a later call has failed, and how', async () => {
    const rows = Array.from({ length: 150 }, newKey).map(rowOf);
    const plans = join(folder, 'plans.json');
    writeFileSync(plans, '{"tight": {"hour": 120}, "unlimited": {}}');
    await using other = await startReal({ plans });
    const made = await otpd(['keys', 'create', '--name', 'tight', '--plan', 'tight', '--plans', plans], {
      env: { OTPD_DATA_DIR: other.dataDir },
    });
    const env = { OTPD_ADDRESS: other.env.OTPD_ADDRESS, OTPD_API_KEY: made.out.trim() };
    const { code, out, err } = await batch(['verify'], [HEADER, ...rows].join('\n'), env);
    expect(code).toBe(2);
    expect(out).toBe('accepted (next counter 1)\n'.repeat(100));
    expect(err).toMatch(/^error: items 101 to 150 have no outcome: .*RATE_LIMITED/);
  });
});

describe('token', () => {
  it('prints each code, and an empty line for a failed item', async () => {
    const { code, out, err } = await batch(['token'], `key,type,counter\n${SECRET},hotp,0\n!,hotp,0\n${SECRET},hotp,1\n`);
    expect([code, out]).toEqual([2, '755224\n\n287082\n']);
    expect(err).toMatch(/^error: item 2: key\.secret: /);
    const json = await batch(['token', '--json'], `{"key":{"secret":"${SECRET}","type":"OTP_TYPE_HOTP","counter":"1"}}`);
    expect(JSON.parse(json.out)).toMatchObject({ response: { token: { code: '287082' } } });
  });
});

describe('an input that cannot be read is refused before anything is sent', () => {
  it.each([
    ['nothing', ' \n', 'the input is empty'],
    ['a header alone', 'key,code\n', 'the input has no items'],
    ['no header', `${SECRET},123456\n`, 'the first line must name the columns, and has no key'],
    ['no codes', `key\n${SECRET}\n`, 'and has no code'],
    ['a column that is unknown', `key,code,${SECRET}\n`, 'column 3 has a name that is not known'],
    ['a column twice', 'key,code,code\n', 'two columns have one name'],
    ['a row that is short', `${HEADER}\n${SECRET},hotp\n`, 'row 1 has 2 columns, and the first line 4'],
    ['a type that is none', `${HEADER}\n${SECRET},x,0,1\n`, 'row 1, type: It must be totp or hotp.'],
    ['a quote that is not closed', `key,code\n"${SECRET},1\n`, 'the input is not CSV'],
    ['a line that is no JSON', `{"code":"1"}\n${SECRET}\n`, 'line 2 is not JSON'],
    ['a field that is unknown', `{"secret":"${SECRET}"}\n`, 'line 1 is no VerifyRequest in JSON: it may have key, code,'],
  ])('%s', async (_, stdin, complaint) => {
    const { code, out, err } = await batch(['verify'], stdin);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(complaint);
    expect(err).not.toContain(SECRET);
  });

  it('and the code of a line before the wrong one is not used up', async () => {
    const row = rowOf(newKey());
    expect(
      (
        await batch(
          ['verify'],
          `${HEADER}
${row}
${SECRET},hotp
`,
        )
      ).err,
    ).toContain('row 2 has 2 columns');
    expect(
      (
        await batch(
          ['verify'],
          `${HEADER}
${row}
`,
        )
      ).code,
    ).toBe(0);
  });

  it('a file that is not there, and a terminal', async () => {
    expect((await batch(['verify', join(folder, 'none')])).err).toContain('the file cannot be read: there is no such file');
    expect((await batch(['token'])).err).toContain('nothing to read: name a file, or pipe the items in');
  });
});
