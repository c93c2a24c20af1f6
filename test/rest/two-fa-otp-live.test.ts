/** 2faotp.live, by its documentation. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, CODE, postForm, postJson, type RestServer, SECRET, startRestServer } from './rest-server.ts';

const PATH = '/api/2fa/generate';
const GENERATED = {
  code: 200,
  message: 'Code generated successfully',
  data: { code: CODE.slice(2), remaining_time: 1, timestamp: 1_111_111_109, valid_until: 1_111_111_110 },
};

let server: RestServer;

beforeAll(async () => {
  server = await startRestServer();
});
afterAll(() => server.close());

describe('a code', () => {
  const asks: readonly [string, string, Ask][] = [
    ['a form', PATH, postForm(`secret=${SECRET}`)],
    ['JSON', PATH, postJson({ secret: SECRET })],
    ['JSON with more than the API knows', PATH, postJson({ secret: SECRET, digits: 8, nested: { a: [1] } })],
    ['the query of a POST', `${PATH}?secret=${SECRET}`, { method: 'POST' }],
    ['the query of a GET', `${PATH}?secret=${SECRET}`, {}],
    ['a secret as people paste it', `${PATH}?secret=gezd%20gnbv-gy3t%20qojq%20gezd%20gnbv%20gy3t%20qojq`, {}],
  ];

  it.each(asks)('comes for %s', async (_, path, init) => {
    const { status, headers, json } = await server.askWithKey(path, init);
    expect([status, json]).toEqual([200, GENERATED]);
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ['x-api-key', (key: string) => ({ path: `${PATH}?secret=${SECRET}`, headers: { 'x-api-key': key } })],
    [
      'authorization: Bearer',
      (key: string) => ({ path: `${PATH}?secret=${SECRET}`, headers: { authorization: `Bearer ${key}` } }),
    ],
    ['the query', (key: string) => ({ path: `${PATH}?secret=${SECRET}&api_key=${key}`, headers: {} })],
  ])('comes with the API key in %s', async (_, askWith) => {
    const { path, headers } = askWith(server.apiKey);
    expect((await server.ask(path, { headers })).json).toEqual(GENERATED);
    expect((await server.ask(path, { ...postForm(''), headers })).json).toEqual(GENERATED);
  });
});

describe('errors', () => {
  const unauthorized = { code: 401, message: 'Invalid or missing API key', data: null };

  it.each([
    ['none', PATH, {}],
    ['a wrong one', PATH, { headers: { 'x-api-key': 'otpd_wrong' } }],
    ['a wrong one in the query', `${PATH}?api_key=otpd_wrong&secret=${SECRET}`, {}],
    ['an empty one', `${PATH}?api_key=`, {}],
  ] satisfies [string, string, Ask][])('401 for the API key: %s', async (_, path, init) => {
    const { status, json } = await server.ask(path, init);
    expect([status, json]).toEqual([401, unauthorized]);
  });

  it('401 for an API key in the body, or in a cookie', async () => {
    const { apiKey } = server;
    for (const init of [postJson({ secret: SECRET, api_key: apiKey }), postForm(`secret=${SECRET}&api_key=${apiKey}`)])
      expect((await server.ask(PATH, init)).json).toEqual(unauthorized);
    expect((await server.ask(PATH, { headers: { cookie: `api_key=${apiKey}` } })).json).toEqual(unauthorized);
  });

  const base32 = 'must be base32: the letters A to Z and the digits 2 to 7';
  const required = 'is required: send the base32 text of the key';
  it.each([
    ['no secret', PATH, { method: 'POST' }, required],
    ['an empty secret', `${PATH}?secret=`, {}, required],
    ['null', PATH, postJson({ secret: null }), required],
    ['no base32', PATH, postForm('secret=JBSWY3DPEHPK3PX1'), base32],
    ['an array', PATH, postJson({ secret: [SECRET] }), 'must be text'],
    ['a number', PATH, postJson({ secret: 234567 }), 'must be text'],
    ['two in the query', `${PATH}?secret=${SECRET}&secret=${SECRET}`, {}, 'is given more than once'],
    ['one in the query, one in the body', `${PATH}?secret=${SECRET}`, postJson({ secret: SECRET }), 'is given more than once'],
    ["PHP's form of an array", `${PATH}?secret[]=${SECRET}`, {}, required],
    ['bytes that are not UTF-8, in percent-encoding', `${PATH}?secret=JBSW%FF`, {}, 'must be text in UTF-8'],
    ['bad JSON', PATH, postJson('{"secret": '), 'the body is not valid JSON, or has a member twice'],
    ['JSON that is no object', PATH, postJson([SECRET]), 'the body must be a JSON object'],
    [
      'bytes that are not UTF-8',
      PATH,
      { ...postForm(''), body: Buffer.from('secret=\xff', 'latin1') },
      'the body must be text in UTF-8',
    ],
  ] satisfies [string, string, Ask, string][])('400 for %s', async (_, path, init, message) => {
    const { status, json } = await server.askWithKey(path, init);
    expect([status, json]).toEqual([400, { code: 400, message: `Invalid or missing secret: ${message}`, data: null }]);
  });

  it.each([
    ['Free', 'free', 5],
    ['Pro', 'pro', 30],
    ['Ultra', 'ultra', 100],
  ])('429 for more calls a minute than the plan %s has, and when to try again', async (_, plan, limit) => {
    const headers = { 'x-api-key': await server.createKey({ plan }) };
    const replies = await Promise.all(Array.from({ length: limit }, () => server.ask(`${PATH}?secret=${SECRET}`, { headers })));
    expect(replies.map(({ status }) => status)).toEqual(new Array(limit).fill(200));
    const refused = await server.ask(`${PATH}?secret=${SECRET}`, { headers });
    expect([refused.status, refused.json]).toEqual([
      429,
      { code: 429, message: 'Rate limit exceeded', data: { retry_after: 60 } },
    ]);
    expect(refused.headers.get('retry-after')).toBe('60');
  });
});
