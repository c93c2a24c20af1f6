/** APIVerve's TOTP generator, by its documentation. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, CODE, codeOf, NOW, postForm, postJson, type RestServer, SECRET, startRestServer } from './rest-server.ts';

const PATH = '/v1/totpgenerator';
const DATA = { token: CODE.slice(2), digits: 6, period: 30, timeRemaining: 1, expiresAt: '2005-03-18T01:58:30Z' };

const JSON_TEXT = JSON.stringify({ status: 'ok', error: null, data: DATA });
const XML = `<?xml version="1.0" encoding="UTF-8"?>
<response>
  <status>ok</status>
  <error xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>
  <data>
    <token>081804</token>
    <digits>6</digits>
    <period>30</period>
    <timeRemaining>1</timeRemaining>
    <expiresAt>2005-03-18T01:58:30Z</expiresAt>
  </data>
</response>
`;
const YAML = `status: ok
error: null
data:
  token: '081804'
  digits: 6
  period: 30
  timeRemaining: 1
  expiresAt: '2005-03-18T01:58:30Z'
`;
const CSV = `key,value
token,081804
digits,6
period,30
timeRemaining,1
expiresAt,2005-03-18T01:58:30Z
`;

let server: RestServer;

beforeAll(async () => {
  server = await startRestServer();
});
afterAll(() => server.close());

describe('a code', () => {
  it.each([
    [{ secret: SECRET }, 6, 30],
    [{ secret: SECRET, digits: 8, period: 30 }, 8, 30],
    [{ secret: SECRET, digits: '7', period: '300' }, 7, 300],
    [{ secret: SECRET, digits: null, period: '' }, 6, 30],
    [{ secret: SECRET, digits: 6.0, period: 1, extra: { nested: [] } }, 6, 1],
    [{ secret: SECRET.toLowerCase().replace(/.{4}/g, '$& ') }, 6, 30],
  ])('comes for %j', async (body, digits, period) => {
    const { status, json } = await server.askWithKey(PATH, postJson(body));
    expect(status).toBe(200);
    const end = Math.ceil(1_111_111_109.25 / period) * period;
    expect(json).toEqual({
      status: 'ok',
      error: null,
      data: {
        token: codeOf(SECRET, { digits, period }),
        digits,
        period,
        timeRemaining: end - 1_111_111_109,
        expiresAt: new Date(end * 1000).toISOString().replace('.000', ''),
      },
    });
  });

  it.each([
    ['', undefined, 'application/json', JSON_TEXT],
    ['', '*/*', 'application/json', JSON_TEXT],
    ['', 'text/html', 'application/json', JSON_TEXT],
    ['', 'application/xml', 'application/xml', XML],
    ['', 'text/xml;q=0.9, application/json;q=0.8', 'application/xml', XML],
    ['', 'application/yaml', 'application/yaml', YAML],
    ['', 'text/yaml', 'application/yaml', YAML],
    ['', 'text/csv', 'text/csv', CSV],
    ['', 'text/csv;q=0.1, application/*', 'application/json', JSON_TEXT],
    ['', 'application/json;q=0, text/csv', 'text/csv', CSV],
    ['', ';;,,=q=', 'application/json', JSON_TEXT],
    ['?format=json', 'text/csv', 'application/json', JSON_TEXT],
    ['?format=xml', undefined, 'application/xml', XML],
    ['?format=YAML', undefined, 'application/yaml', YAML],
    ['?format=csv', undefined, 'text/csv', CSV],
  ])('for %s and accept: %s is sent as %s', async (query, accept, type, text) => {
    const init = postJson({ secret: SECRET, digits: '6', period: '30' }, accept === undefined ? {} : { accept });
    const reply = await server.askWithKey(PATH + query, init);
    expect([reply.status, reply.headers.get('content-type'), reply.text]).toEqual([200, `${type}; charset=utf-8`, text]);
  });

  it('has the headers of limits and the request id', async () => {
    const apiKey = await server.createKey({ plan: 'free' });
    const { headers } = await server.ask(PATH, postJson({ secret: SECRET }, { 'x-api-key': apiKey, 'x-request-id': 'trace-1' }));
    const names = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'x-request-id'];
    expect(names.map((name) => headers.get(name))).toEqual(['5', '4', '60', 'trace-1']);
  });
});

it('may be called by pages of other origins, if the operator allows it', async () => {
  const open = await startRestServer({ flags: { corsOrigins: '*' } });
  const page = { origin: 'https://app.example.com' };
  const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key, content-type' };
  const preflight = await open.ask(PATH, { method: 'OPTIONS', headers: { ...page, ...asked } });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-headers')?.split(', ')).toEqual(
    expect.arrayContaining(['x-api-key', 'content-type']),
  );
  const replies = [
    await open.askWithKey(PATH, postJson({ secret: SECRET }, page)),
    await open.ask(PATH, postJson({ secret: SECRET }, page)),
    await server.askWithKey(PATH, postJson({ secret: SECRET }, page)),
  ];
  await open.close();
  const given = replies.map(({ status, headers }) => [status, headers.get('access-control-allow-origin')]);
  expect(given).toEqual([
    [200, '*'],
    [401, '*'],
    [200, null],
  ]);
  expect(replies[0]?.headers.get('access-control-expose-headers')).toContain('x-ratelimit-remaining');
});

describe('errors', () => {
  it.each([
    ['{}', 'secret: is required: send the base32 text of the key'],
    [{ secret: 'JBSWY3DPEHPK3PX1' }, 'secret: must be base32: the letters A to Z and the digits 2 to 7'],
    [{ secret: ['x'] }, 'secret: must be text'],
    [{ secret: 234567 }, 'secret: must be text'],
    [{ secret: SECRET, digits: 5 }, 'digits: must be a whole number from 6 to 8'],
    [{ secret: SECRET, digits: '9' }, 'digits: must be a whole number from 6 to 8'],
    [{ secret: SECRET, digits: 6.5 }, 'digits: must be a whole number from 6 to 8'],
    [{ secret: SECRET, digits: true }, 'digits: must be a whole number from 6 to 8'],
    [{ secret: SECRET, period: 0 }, 'period: must be a whole number from 1 to 300'],
    [{ secret: SECRET, period: '301' }, 'period: must be a whole number from 1 to 300'],
    [{ secret: SECRET, period: '0x1e' }, 'period: must be a whole number from 1 to 300'],
    [
      { period: -1, digits: 'x' },
      'secret: is required: send the base32 text of the key; digits: must be a whole number from 6 to 8; period: must be a whole number from 1 to 300',
    ],
    ['{"secret": "a', 'the body is not valid JSON, or has a member twice'],
    ['[]', 'the body must be a JSON object'],
  ])('400 for %j', async (body, error) => {
    const { status, headers, json } = await server.askWithKey(PATH, postJson(body));
    expect([status, json]).toEqual([400, { status: 'error', error, data: null }]);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('400 for an unknown format, in JSON', async () => {
    for (const [query, error] of [
      ['format=pdf', 'format: must be json, xml, yaml, csv'],
      ['format=__proto__', 'format: must be json, xml, yaml, csv'],
      ['format=xml&format=csv', 'format: is given more than once'],
    ]) {
      const { status, json } = await server.askWithKey(`${PATH}?${query}`, postJson({ secret: SECRET }));
      expect([status, json]).toEqual([400, { status: 'error', error, data: null }]);
    }
  });

  const nil = 'xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
  const message = 'period: must be a whole number from 1 to 300';
  it.each([
    [
      'xml',
      `<?xml version="1.0" encoding="UTF-8"?>\n<response>\n  <status>error</status>\n  <error>${message}</error>\n  <data ${nil}/>\n</response>\n`,
    ],
    ['yaml', `status: error\nerror: '${message}'\ndata: null\n`],
    ['csv', `key,value\nstatus,error\nerror,${message}\n`],
  ])('are told in %s too', async (format, text) => {
    const reply = await server.askWithKey(`${PATH}?format=${format}`, postJson({ secret: SECRET, period: 301 }));
    expect([reply.status, reply.text]).toEqual([400, text]);
  });

  it('415 for a body of another type', async () => {
    for (const init of [postForm(`secret=${SECRET}`), postJson('{}', { 'content-type': 'text/plain' })]) {
      const { status, json } = await server.askWithKey(PATH, init);
      expect([status, json]).toEqual([415, { status: 'error', error: 'the body must be application/json', data: null }]);
    }
  });

  it('401 without an API key, and for one in the query, in every format', async () => {
    for (const init of [
      postJson({ secret: SECRET }),
      postJson({ secret: SECRET }, { 'x-api-key': 'otpd_wrong' }),
    ] satisfies Ask[]) {
      const { status, headers, json } = await server.ask(`${PATH}?api_key=${server.apiKey}`, init);
      expect([status, json]).toEqual([401, { status: 'error', error: expect.stringContaining('API key'), data: null }]);
      expect(headers.get('x-request-id')).not.toBeNull();
    }
    expect((await server.ask(PATH, postJson({}, { accept: 'text/csv' }))).text).toMatch(
      /^key,value\nstatus,error\nerror,"no API key: /,
    );
  });

  it.each([
    ['', 'application/json', '{"status":"error","error":"the credits of the API key\'s plan are used up'],
    ['?format=csv', 'text/csv', 'key,value\nstatus,error\nerror,"the credits of the API key\'s plan are used up'],
  ])('403 when the credits of the month are used up, in the format of %j', async (query, type, text) => {
    const folder = mkdtempSync(join(tmpdir(), 'otpd-credits-'));
    const plans = join(folder, 'plans.json');
    writeFileSync(plans, JSON.stringify({ paid: { minute: 100, month: 1 }, unlimited: {} }));
    const metered = await startRestServer({ flags: { plans } });
    const headers = { 'x-api-key': await metered.createKey({ plan: 'paid' }) };
    expect((await metered.ask(PATH, postJson({ secret: 'not base32: 0189' }, headers))).status).toBe(400);
    expect((await metered.ask(PATH, postJson({ secret: SECRET }, headers))).status).toBe(200);
    const refused = await metered.ask(PATH + query, postJson({ secret: SECRET }, headers));
    const graphql = await metered.ask('/v1/graphql', postJson({ query: '{ totpgenerator { token } }' }, headers));
    await metered.close();
    rmSync(folder, { recursive: true });
    expect([refused.status, refused.headers.get('content-type')]).toEqual([403, `${type}; charset=utf-8`]);
    expect(refused.text.startsWith(text)).toBe(true);
    expect(Number(refused.headers.get('retry-after'))).toBe(Math.ceil((Date.UTC(2005, 3) - NOW) / 1000));
    expect(refused.headers.get('x-otpd-usage')).toBe('month=95');
    expect([graphql.status, graphql.json]).toMatchObject([403, { errors: [{ extensions: { code: 403 } }] }]);
  });

  it('403 without the scope, 429 when the plan is exhausted, and a failed call is refunded to the hour', async () => {
    const noScope = await server.createKey({ scopes: ['verify'] });
    expect(await server.ask(PATH, postJson({ secret: SECRET }, { 'x-api-key': noScope }))).toMatchObject({
      status: 403,
      json: { status: 'error', error: expect.stringContaining('scope'), data: null },
    });
    const headers = { 'x-api-key': await server.createKey({ plan: 'free' }) };
    for (let call = 0; call < 5; call += 1) await server.ask(PATH, postJson({ secret: SECRET }, headers));
    const refused = await server.ask(PATH, postJson({ secret: SECRET }, headers));
    expect([refused.status, refused.json]).toEqual([
      429,
      { status: 'error', error: expect.stringContaining('limit'), data: null },
    ]);
    const names = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'retry-after'];
    expect(names.map((name) => refused.headers.get(name))).toEqual(['5', '0', '60', '60']);
  });
});
