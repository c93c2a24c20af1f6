/** ToolkitAPI, by its documentation. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scan, toPixels } from '../otp/pixels.ts';
import { type Ask, codeOf, type RestServer, startRestServer } from './rest-server.ts';

const PATH = '/v1/auth/totp-generate';
const DOCUMENTED = `${PATH}?issuer=MyApp&account_name=user@example.com&digits=6&period=30`;

type Generated = Readonly<Record<'secret' | 'uri' | 'qr_code' | 'current_code', string>>;

let server: RestServer;

beforeAll(async () => {
  server = await startRestServer();
});
afterAll(() => server.close());

describe('a new secret', () => {
  it.each([
    [DOCUMENTED, 'SHA1', 6, 30, 32],
    [`${PATH}?issuer=MyApp&account_name=user%40example.com`, 'SHA1', 6, 30, 32],
    [`${PATH}?issuer=MyApp&account_name=user%40example.com&digits=8&period=10&algorithm=SHA256`, 'SHA256', 8, 10, 52],
    [`${PATH}?issuer=MyApp&account_name=user%40example.com&digits=&period=120&algorithm=SHA512&v=2`, 'SHA512', 6, 120, 103],
  ] as const)('comes for %s', async (path, algorithm, digits, period, length) => {
    const { status, headers, json } = await server.ask(path, { headers: { authorization: `Bearer ${server.apiKey}` } });
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(Object.keys(json as Generated)).toEqual(['secret', 'uri', 'qr_code', 'current_code']);
    const { secret, uri, qr_code: picture, current_code: code } = json as Generated;
    expect(secret).toMatch(/^[A-Z2-7]+$/);
    expect(secret).toHaveLength(length);
    const parameters = `secret=${secret}&issuer=MyApp&algorithm=${algorithm}&digits=${digits}&period=${period}`;
    expect(uri).toBe(`otpauth://totp/MyApp:user%40example.com?${parameters}`);
    expect(code).toBe(codeOf(secret, { algorithm, digits, period }));
    const [, data = ''] = /^data:image\/png;base64,(.+)$/.exec(picture) ?? [];
    expect(scan(toPixels({ mediaType: 'image/png', data: Buffer.from(data, 'base64'), width: 0 }))).toBe(uri);
  });

  it('works without an issuer, and with the API key in x-api-key', async () => {
    const { status, json } = await server.askWithKey(`${PATH}?account_name=alice`);
    expect([status, (json as Generated).uri]).toEqual([200, expect.stringMatching(/^otpauth:\/\/totp\/alice\?secret=/)]);
  });
});

describe('errors', () => {
  const valid = 'issuer=MyApp&account_name=alice';

  it.each([
    ['', "account_name: is required: send the user's e-mail address or name"],
    [`${valid}&digits=7`, 'digits: must be 6 or 8'],
    [`${valid}&digits=6.0`, 'digits: must be 6 or 8'],
    [`${valid}&period=9`, 'period: must be a whole number from 10 to 120'],
    [`${valid}&period=121`, 'period: must be a whole number from 10 to 120'],
    [`${valid}&period=30s`, 'period: must be a whole number from 10 to 120'],
    [`${valid}&period=1e2`, 'period: must be a whole number from 10 to 120'],
    [`${valid}&period=-30`, 'period: must be a whole number from 10 to 120'],
    [`${valid}&algorithm=MD5`, 'algorithm: must be SHA1 or SHA256 or SHA512'],
    [`${valid}&issuer=Other`, 'issuer: is given more than once'],
    ['issuer=My:App&account_name=alice', 'issuer: must not contain a colon, which separates issuer and account name'],
    ['issuer=MyApp&account_name=a%0d%0aSet-Cookie', 'account_name: must not contain control characters'],
    [`issuer=MyApp&account_name=${'a'.repeat(257)}`, 'account_name: must be at most 256 bytes in UTF-8'],
    ['issuer=%FF&account_name=alice', 'issuer: must be text in UTF-8'],
    [
      'digits=7&period=5&algorithm=x',
      "account_name: is required: send the user's e-mail address or name; digits: must be 6 or 8; " +
        'period: must be a whole number from 10 to 120; algorithm: must be SHA1 or SHA256 or SHA512',
    ],
  ])('400 for %s', async (query, detail) => {
    const { status, json } = await server.askWithKey(`${PATH}?${query}`);
    expect([status, json]).toEqual([400, { detail }]);
  });

  it.each([
    ['no API key', {}, 401, /^no API key: /],
    ['a wrong API key', { headers: { authorization: 'Bearer otpd_wrong' } }, 401, /^the API key is not valid: /],
    ['a key by Basic', { headers: { authorization: 'Basic b3RwZDpvdHBk' } }, 401, /^no API key: /],
  ] satisfies [string, Ask, number, RegExp][])('%s', async (_, init, status, detail) => {
    const reply = await server.ask(DOCUMENTED, init);
    expect([reply.status, reply.json]).toEqual([status, { detail: expect.stringMatching(detail) }]);
  });

  it('401 for an API key in the query', async () => {
    expect((await server.ask(`${DOCUMENTED}&api_key=${server.apiKey}`)).status).toBe(401);
  });

  it('403 for an API key without the scope, 429 for one whose plan is used up', async () => {
    const { status, json } = await server.ask(DOCUMENTED, {
      headers: { 'x-api-key': await server.createKey({ scopes: ['token'] }) },
    });
    expect([status, json]).toEqual([403, { detail: expect.stringContaining('scope') }]);
    const headers = { 'x-api-key': await server.createKey({ plan: 'free' }) };
    for (let call = 0; call < 5; call += 1) expect((await server.ask(DOCUMENTED, { headers })).status).toBe(200);
    const refused = await server.ask(DOCUMENTED, { headers });
    expect([refused.status, refused.json]).toEqual([429, { detail: expect.stringContaining('limit') }]);
    expect(refused.headers.get('retry-after')).toBe('60');
  });
});
