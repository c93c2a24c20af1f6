/** Gentlent's OTP API, by its documentation, and the pictures to which its answers link. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scan, toPixels } from '../otp/pixels.ts';
import {
  type Ask,
  CODE,
  codeOf,
  NEXT_CODE,
  NOW,
  postForm,
  postJson,
  type RestServer,
  SECRET,
  startRestServer,
} from './rest-server.ts';

const PATH = '/tools/v1/otp';
const GENERATE = { type: 'time_based', action: 'generate' };
const VERIFY = { type: 'time_based', action: 'verify', secret: SECRET };

interface Generated {
  readonly otp_url: string;
  readonly qrcode_url: string;
  readonly secret: string;
  readonly label: string;
  readonly issuer: string;
}

let now = NOW;
let server: RestServer;

beforeAll(async () => {
  server = await startRestServer({ clock: () => now });
});
afterAll(() => server.close());

async function generate(parameters: object = {}): Promise<Generated> {
  const { status, json } = await server.askWithKey(PATH, postJson({ ...GENERATE, ...parameters }));
  expect(status).toBe(200);
  return json as Generated;
}

describe('generate', () => {
  it('has all fields of the documentation, with an empty label and issuer', async () => {
    const { status, headers, json } = await server.askWithKey(PATH, postJson(GENERATE));
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
    const { secret } = json as Generated;
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(Object.entries(json as Generated)).toEqual([
      ['algorithm', 'SHA1'],
      ['digits', 6],
      ['issuer', ''],
      ['label', ''],
      ['otp_url', `otpauth://totp/?secret=${secret}&issuer=&algorithm=SHA1&digits=6&period=30`],
      ['period', 30],
      ['qrcode_url', expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/tools\/v1\/barcodes\?type=qr_code&scale=6&data=[\w-]+$/)],
      ['secret', secret],
      ['type', 'totp'],
    ]);
  });

  const named = 'type=time_based&action=generate&label=alice%40example.com&issuer=ACME+Co&digits=8';
  it.each([
    ['JSON', PATH, postJson({ ...GENERATE, label: 'alice@example.com', issuer: 'ACME Co', digits: 8 })],
    ['JSON with numbers as text', PATH, postJson({ ...GENERATE, label: 'alice@example.com', issuer: 'ACME Co', digits: '8' })],
    ['a form', PATH, postForm(named)],
    ['the query', `${PATH}?${named}`, { method: 'POST' }],
    [
      'the query and JSON',
      `${PATH}?type=time_based&digits=8&label=alice%40example.com`,
      postJson({ action: 'generate', issuer: 'ACME Co' }),
    ],
  ] satisfies [string, string, Ask][])('takes its parameters from %s', async (_, path, init) => {
    const { status, json } = await server.askWithKey(path, init);
    const { secret, otp_url: url } = json as Generated;
    expect([status, json]).toEqual([200, expect.objectContaining({ label: 'alice@example.com', issuer: 'ACME Co', digits: 8 })]);
    const parameters = `secret=${secret}&issuer=ACME%20Co&algorithm=SHA1&digits=8&period=30`;
    expect(url).toBe(`otpauth://totp/ACME%20Co:alice%40example.com?${parameters}`);
  });

  it.each([
    [{ label: 'alice' }, 'alice', ''],
    [{ issuer: 'ACME' }, '', 'ACME'],
    [{ label: 'ACME:alice' }, 'ACME:alice', 'ACME'],
    [{ label: 'ACME:alice', issuer: 'ACME' }, 'ACME:alice', 'ACME'],
    [{ label: ' zoé ', issuer: ' Zoë & Co ' }, 'Zo%C3%AB%20%26%20Co:zo%C3%A9', 'Zo%C3%AB%20%26%20Co'],
  ])('names %j', async (names, label, issuer) => {
    const { otp_url: url } = await generate(names);
    expect(url).toMatch(/^otpauth:\/\/totp\//);
    expect(url.slice('otpauth://totp/'.length).replace(/secret=\w+/, '')).toBe(
      `${label}?&issuer=${issuer}&algorithm=SHA1&digits=6&period=30`,
    );
  });
});

describe('verify', () => {
  it.each([
    [6, CODE.slice(2), NEXT_CODE.slice(2)],
    [8, CODE, NEXT_CODE],
  ])('gives the codes of %i digits at the four offsets', async (digits, current, next) => {
    const { status, json } = await server.askWithKey(PATH, postJson({ ...VERIFY, digits }));
    expect([status, Object.entries(json as object)]).toEqual([
      200,
      [
        ['algorithm', 'SHA1'],
        ['digits', digits],
        ['otp_codes', expect.anything()],
        ['period', 30],
        ['secret', SECRET],
        ['type', 'totp'],
      ],
    ]);
    expect(Object.entries((json as { otp_codes: object }).otp_codes)).toEqual([
      ['+30s', next],
      ['current', current],
      ['-30s', codeOf(SECRET, { digits, offset: -30 })],
      ['-60s', codeOf(SECRET, { digits, offset: -60 })],
    ]);
  });

  it('takes a form and the query', async () => {
    const query = `type=time_based&action=verify&secret=${SECRET}`;
    const replies = [
      await server.askWithKey(PATH, postForm(query)),
      await server.askWithKey(`${PATH}?${query}`, { method: 'POST' }),
    ];
    for (const { json } of replies) expect(json).toMatchObject({ otp_codes: { current: CODE.slice(2) } });
  });

  it('returns the codes of a generated secret', async () => {
    const { secret } = await generate();
    const { json } = await server.askWithKey(PATH, postJson({ ...VERIFY, secret }));
    expect(json).toMatchObject({ secret, otp_codes: { current: codeOf(secret) } });
  });
});

describe('the picture behind qrcode_url', () => {
  const pathOf = ({ qrcode_url: url }: Generated) => url.slice(server.origin.length);

  it('shows the URL of its answer, to callers without an API key, for ten minutes', async () => {
    const made = await generate({ label: 'zoé', issuer: 'ACME' });
    for (const ms of [0, 599_999]) {
      now = NOW + ms;
      const { status, headers, bytes } = await server.ask(pathOf(made));
      expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([200, 'image/png', 'no-store']);
      expect(scan(toPixels({ mediaType: 'image/png', data: bytes, width: 0 }))).toBe(made.otp_url);
    }
    now = NOW + 600_001;
    const { status, json } = await server.ask(pathOf(made));
    now = NOW;
    expect([status, json]).toEqual([404, { error: 'data: is not from a qrcode_url of the last 10 minutes: generate again' }]);
  });

  it('has no secret in its URL', async () => {
    const made = await generate();
    expect(made.qrcode_url).not.toContain(made.secret);
    expect(Buffer.from(new URL(made.qrcode_url).searchParams.get('data') ?? '', 'base64url').toString('latin1')).not.toContain(
      made.secret,
    );
  });

  it.each([
    ['scale=1', 1],
    ['', 2],
    ['scale=10', 10],
  ])('is drawn as large as asked for: %s', async (query, scale) => {
    const made = await generate();
    const data = new URL(made.qrcode_url).searchParams.get('data');
    const { bytes } = await server.ask(`/tools/v1/barcodes?type=qr_code&data=${data}&${query}`);
    const modules = toPixels({ mediaType: 'image/png', data: bytes, width: 0 }).width / scale;
    expect([modules % 4, modules > 40 && modules < 80]).toEqual([1, true]);
  });

  it.each([
    ['', 'type: is required: qr_code; data: is required: call the qrcode_url of an answer'],
    ['type=aztec_code&data=abcd', 'type: must be qr_code'],
    ['type=qr_code&data=x&scale=11', 'scale: must be a whole number from 1 to 10'],
    ['type=qr_code&data=x&data=x', 'data: is given more than once'],
  ])('400 for %s', async (query, error) => {
    const { status, json } = await server.ask(`/tools/v1/barcodes?${query}`);
    expect([status, json]).toEqual([400, { error }]);
  });

  it('draws nothing that was not sealed here', async () => {
    const { status } = await server.ask('/tools/v1/barcodes?type=qr_code&data=https://example.com');
    expect(status).toBe(404);
  });

  it('is at the host that the caller called, if that can be one', async () => {
    const { qrcode_url: url } = await generate();
    expect(new URL(url).origin).toBe(server.origin);
  });
});

describe('errors', () => {
  it.each([
    ['{}', 'type: is required: time_based; action: is required: generate or verify'],
    [{ type: 'counter_based', action: 'generate' }, 'type: must be time_based'],
    [{ type: 'time_based', action: 'delete' }, 'action: must be generate or verify'],
    [{ ...GENERATE, digits: 7 }, 'digits: must be 6 or 8'],
    [{ ...GENERATE, digits: [6] }, 'digits: must be 6 or 8'],
    [{ ...GENERATE, label: 5 }, 'label: must be text'],
    [{ ...GENERATE, label: 'a:b:c' }, 'label: must not contain a colon, which separates issuer and account name'],
    [{ ...GENERATE, label: 'Other:alice', issuer: 'ACME' }, 'label: must not begin with another issuer'],
    [{ ...GENERATE, label: 'a\r\nb' }, 'label: must not contain control characters'],
    [{ ...GENERATE, label: '\ud800' }, 'label: must be well-formed Unicode, without lone surrogates'],
    [{ ...GENERATE, issuer: 'a'.repeat(129) }, 'issuer: must be at most 128 bytes in UTF-8'],
    [{ type: 'time_based', action: 'verify' }, 'secret: is required: send the generated secret'],
    [{ ...VERIFY, secret: 'JBSWY3DPEHPK3PX1' }, 'secret: must be base32: the letters A to Z and the digits 2 to 7'],
    ['{', 'the body is not valid JSON, or has a member twice'],
    ['"text"', 'the body must be a JSON object'],
  ])('400 for %j', async (body, error) => {
    const { status, json } = await server.askWithKey(PATH, postJson(body));
    expect([status, json]).toEqual([400, { error }]);
  });

  it('401 without an API key, 403 without the scope of the action', async () => {
    expect(await server.ask(PATH, postJson(GENERATE))).toMatchObject({
      status: 401,
      json: { error: expect.stringMatching(/^no API key/) },
    });
    const apiKey = await server.createKey({ scopes: ['generate'] });
    expect((await server.ask(PATH, postJson(GENERATE, { 'x-api-key': apiKey }))).status).toBe(200);
    const refused = await server.ask(PATH, postJson(VERIFY, { 'x-api-key': apiKey }));
    expect([refused.status, refused.json]).toEqual([403, { error: expect.stringContaining('scope') }]);
  });
});
