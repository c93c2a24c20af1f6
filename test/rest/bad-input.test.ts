/** Bad input to every call of the REST APIs: a clear error in the form of the API, no fault of the server, and no secret in the log. */
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RawConnection } from '../http/raw.ts';
import { type Ask, postForm, postJson, type RestServer, SECRET, startRestServer } from './rest-server.ts';

/** A call that succeeds, and the errors of its API. */
interface Door {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query: string;
  readonly body: string | undefined;
  readonly shapeOf: (status: number) => unknown;
}

const text = expect.stringMatching(/^[ -~]+$/);
const DOORS: Readonly<Record<string, Door>> = {
  'Gentlent generate': {
    method: 'POST',
    path: '/tools/v1/otp',
    query: '',
    body: JSON.stringify({ type: 'time_based', action: 'generate' }),
    shapeOf: () => ({ error: text }),
  },
  'Gentlent verify': {
    method: 'POST',
    path: '/tools/v1/otp',
    query: '',
    body: JSON.stringify({ type: 'time_based', action: 'verify', secret: SECRET }),
    shapeOf: () => ({ error: text }),
  },
  ToolkitAPI: {
    method: 'GET',
    path: '/v1/auth/totp-generate',
    query: '?issuer=ACME&account_name=alice',
    body: undefined,
    shapeOf: () => ({ detail: text }),
  },
  '2faotp.live POST': {
    method: 'POST',
    path: '/api/2fa/generate',
    query: '',
    body: JSON.stringify({ secret: SECRET }),
    shapeOf: (code) => ({ code, message: text, data: null }),
  },
  '2faotp.live GET': {
    method: 'GET',
    path: '/api/2fa/generate',
    query: `?secret=${SECRET}`,
    body: undefined,
    shapeOf: (code) => ({ code, message: text, data: null }),
  },
  APIVerve: {
    method: 'POST',
    path: '/v1/totpgenerator',
    query: '',
    body: JSON.stringify({ secret: SECRET }),
    shapeOf: () => ({ status: 'error', error: text, data: null }),
  },
  'APIVerve GraphQL': {
    method: 'POST',
    path: '/v1/graphql',
    query: '',
    body: JSON.stringify({ query: `{ totpgenerator(input: { secret: "${SECRET}" }) { token } }` }),
    shapeOf: (code) => ({ errors: [{ message: text, extensions: { code } }] }),
  },
};

let server: RestServer;
const sockets: Socket[] = [];

beforeAll(async () => {
  server = await startRestServer();
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  const lines = server.log.map((line) => JSON.parse(line));
  expect(lines.filter(({ level }) => level >= 40)).toEqual([]);
  for (const secret of [SECRET, server.apiKey, server.apiKey.slice(-20)]) expect(server.log.join('')).not.toContain(secret);
});
afterAll(() => server.close());

/** Sends bytes unchanged; resolves to the status and the body of the answer when the connection is closed. */
async function askRaw(
  lines: readonly string[],
  body: Buffer | string = '',
): Promise<{ status: number; head: string; body: string }> {
  const socket = connect(Number(new URL(server.origin).port), '127.0.0.1');
  sockets.push(socket);
  socket.write(`${[...lines, 'connection: close', '', ''].join('\r\n')}`);
  socket.write(body);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  const [head = '', ...rest] = Buffer.concat(chunks).toString().split('\r\n\r\n');
  return { status: Number(head.slice(9, 12)), head, body: rest.join('\r\n\r\n') };
}

/** Sends 9 kB of headers over HTTP/2, which Node's server itself allows. */
async function askWithLongHead(method: string, path: string): Promise<[status: number, json: unknown]> {
  const session = connectHttp2(server.origin);
  const stream = session.request({ ':method': method, ':path': path, 'x-more': 'x'.repeat(9000) }, { endStream: true });
  const [{ ':status': status }] = await once(stream, 'response');
  const body = (await stream.toArray()).join('');
  session.destroy();
  return [status, JSON.parse(body)];
}

describe.each(Object.entries(DOORS))('%s', (_, { method, path, query, body, shapeOf }) => {
  const init = (headers: Readonly<Record<string, string>> = {}): Ask => ({
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const head = (...lines: string[]): string[] => [`${method} ${path}${query} HTTP/1.1`, 'host: a', ...lines];
  const withKey = (): string => `x-api-key: ${server.apiKey}`;

  it('is answered when nothing is wrong', async () => {
    expect((await server.askWithKey(path + query, init())).status).toBe(200);
  });

  it.each([
    ['none', {}],
    ['an empty one', { 'x-api-key': '' }],
    ['one that cannot be one', { 'x-api-key': 'x'.repeat(1000) }],
    ['one with a wrong checksum', { 'x-api-key': 'otpd_aaaaaaaaaaaa_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb' }],
    ['one by Basic', { authorization: 'Basic b3RwZDpvdHBk' }],
    ['one in a header of another name', { 'api-key': 'otpd_x', 'x-auth-token': 'otpd_x' }],
  ])('401 for the API key: %s', async (_name, headers) => {
    const { status, json } = await server.ask(path + query, init(headers));
    expect([status, json]).toEqual([401, shapeOf(401)]);
  });

  it('401 for two API keys, even if both are right', async () => {
    const reply = await askRaw(head(withKey(), withKey(), 'content-length: 0'));
    expect([reply.status, JSON.parse(reply.body)]).toEqual([401, shapeOf(401)]);
  });

  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])('405 for %s', async (other) => {
    const { status, headers, json } = await server.askWithKey(path + query, { method: other });
    expect([status, json]).toEqual([405, shapeOf(405)]);
    expect(headers.get('allow')?.split(', ')).toContain(method);
  });

  it('405 without a body for HEAD', async () => {
    const { status, text: none } = await server.askWithKey(path + query, { method: 'HEAD' });
    expect([status, none]).toEqual([405, '']);
  });

  it('431 for more than 8 KiB of headers', async () => {
    const reply = await askRaw(head(withKey(), `x-more: ${'x'.repeat(9000)}`));
    expect([reply.status, JSON.parse(reply.body)]).toEqual([431, shapeOf(431)]);
    expect(await askWithLongHead(method, path + query)).toEqual([431, shapeOf(431)]);
    const long = await askRaw([`${method} ${path}?secret=${'x'.repeat(9000)} HTTP/1.1`, 'host: a', withKey()]);
    expect([long.status, JSON.parse(long.body)]).toEqual([431, shapeOf(431)]);
  });

  it('an invalid request id is replaced, and cannot inject a header', async () => {
    const { headers } = await server.askWithKey(path + query, init({ 'x-request-id': 'a b;<script>' }));
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const reply = await askRaw(head(withKey(), 'x-request-id: a\nset-cookie: b', 'content-length: 0'));
    expect([reply.status < 500, /^set-cookie/im.test(reply.head)]).toEqual([true, false]);
  });

  it('417 for another expectation than 100-continue', async () => {
    const reply = await askRaw(head(withKey(), 'expect: 202-accepted', 'content-length: 0'));
    expect([reply.status, JSON.parse(reply.body)]).toEqual([417, shapeOf(417)]);
  });

  it.each([
    ['two lengths', ['content-length: 5', 'transfer-encoding: chunked'], '0\r\n\r\n'],
    ['no length that is one', ['content-length: +5'], ''],
    ['two hosts', ['host: b', 'content-length: 0'], ''],
    ['a chunk whose size is none', ['transfer-encoding: chunked'], 'zz\r\n'],
    ['a NUL in a header', ['x-a: b\0c', 'content-length: 0'], ''],
  ])('400 in its own shape for a request with %s, and the end of the connection', async (_name, lines, rest) => {
    const reply = await askRaw(head(withKey(), 'content-type: application/json', ...lines), rest);
    expect([reply.status, JSON.parse(reply.body)]).toEqual([400, shapeOf(400)]);
    expect(reply.head).toMatch(/^connection: close$/im);
  });

  it.each([
    ['the first', false],
    ['a further', true],
  ])(
    '400 in its own shape for a head in several packets that cannot be read, of %s request on a connection',
    async (_name, isFurther) => {
      const connection = new RawConnection(Number(new URL(server.origin).port));
      sockets.push(connection.socket);
      if (isFurther) {
        connection.write(`${[...head(withKey(), 'content-length: 0'), '', ''].join('\r\n')}`);
        await connection.answer();
      }
      const [line = '', ...lines] = head();
      for (const packet of [line.slice(0, 8), line.slice(8), `\r\n${lines.join('\r\n')}\r\n`, 'x-a: b\0c\r\n\r\n']) {
        connection.write(packet);
        // The packet has arrived when a later request is answered.
        await server.ask('/openapi.json');
      }
      const answer = await connection.answer();
      expect([answer.status, JSON.parse(answer.body)]).toEqual([400, shapeOf(400)]);
    },
  );

  it('403 in its own shape for the preflight of an origin that is not allowed', async () => {
    const preflight = { origin: 'https://app.example.com', 'access-control-request-method': method };
    const { status, json } = await server.ask(path, { method: 'OPTIONS', headers: preflight });
    expect([status, json]).toEqual([403, shapeOf(403)]);
  });

  if (method === 'GET') return;

  it.each([
    ['gzip', gzipSync],
    ['X-GZip', gzipSync],
    ['br', brotliCompressSync],
    ['identity', Buffer.from],
  ] as const)('takes a body in the coding %s', async (coding, encode) => {
    const init = {
      ...postJson(''),
      body: encode(body as never),
      headers: { 'content-type': 'application/json', 'content-encoding': coding },
    };
    expect((await server.askWithKey(path + query, init)).status).toBe(200);
  });

  it.each([
    ['an unknown coding', 'zstd', Buffer.from('{}'), 415],
    ['two codings', 'gzip, br', gzipSync('{}'), 415],
    ['bytes of no coding', 'gzip', Buffer.from('{}'), 400],
    ['half of a coding', 'br', brotliCompressSync('{"a":"bcdefghijklmnopq"}').subarray(0, 12), 400],
    ['60 MB in a few kilobytes', 'gzip', gzipSync(Buffer.alloc(60_000_000, ' ')), 413],
    ['a byte too much', 'br', brotliCompressSync(' '.repeat(65_537)), 413],
    ['a member that is given twice', 'gzip', gzipSync('{"secret": "JBSWY3DPEHPK3PXP", "secret": "JBSWY3DPEHPK3PXP"}'), 400],
  ])('a compressed body: %s', async (_name, coding, bad, code) => {
    const headers = { 'content-type': 'application/json', 'content-encoding': coding };
    const { status, json } = await server.askWithKey(path + query, { ...postJson(''), headers, body: bad });
    expect([status, json]).toEqual([code, shapeOf(code)]);
  });

  it.each([
    ['no JSON', '{"secret"', 400],
    ['JSON cut off within a character', Buffer.from('{"a":"\xe2\x82', 'latin1'), 400],
    ['an array', '[]', 400],
    ['a text', '"{}"', 400],
    ['null', 'null', 400],
    ['nothing', '', 400],
    ['members that reach into a prototype', '{"__proto__": {"secret": "JBSWY3DPEHPK3PXP"}, "constructor": 1}', 400],
    ['brackets without end', '['.repeat(60_000), 400],
    ['an object that is deep', `{"secret":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, 400],
    ['a zero byte', '{"secret": "\0"}', 400],
    ['a member that is given twice', '{"secret": "JBSWY3DPEHPK3PXP", "type": "time_based", "secret": "JBSWY3DPEHPK3PXP"}', 400],
    ['a member that is given twice, in two spellings', '{"a": {"b": [1, {"c": ":"}], "\\u0062": 1}}', 400],
    ['more than 64 KiB', `{"secret": "${'A'.repeat(65_536)}"}`, 413],
  ] satisfies [string, string | Buffer, number][])('%s', async (_name, bad, code) => {
    const { status, json } = await server.askWithKey(path + query, { ...postJson(''), body: bad });
    expect([status, json]).toEqual([code, shapeOf(code)]);
  });

  it.each([
    'text/plain',
    'application/xml',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    'application/octet-stream',
    'json',
    ',',
  ])('415 for the content type %s', async (type) => {
    const { status, json } = await server.askWithKey(path + query, init({ 'content-type': type }));
    expect([status, json]).toEqual([415, shapeOf(415)]);
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])('takes the content type %s', async (type) => {
    expect((await server.askWithKey(path + query, init({ 'content-type': type }))).status).toBe(200);
  });

  it('takes a body in chunks, and 413 for too many of them', async () => {
    const chunked = (part: string, times: number): string =>
      `${`${part.length.toString(16)}\r\n${part}\r\n`.repeat(times)}0\r\n\r\n`;
    const lines = head(withKey(), 'content-type: application/json', 'transfer-encoding: chunked');
    expect((await askRaw(lines, chunked(body ?? '', 1))).status).toBe(200);
    const reply = await askRaw(lines, chunked(' '.repeat(1024), 80));
    expect([reply.status, JSON.parse(reply.body)]).toEqual([413, shapeOf(413)]);
  });
});

it('the pictures of Gentlent, which need no API key, have the same bounds', async () => {
  const { status, headers, json } = await server.ask('/tools/v1/barcodes?type=qr_code', { method: 'POST' });
  expect([status, headers.get('allow'), json]).toEqual([405, 'GET', { error: text }]);
  expect(await askWithLongHead('GET', '/tools/v1/barcodes?type=qr_code')).toEqual([431, { error: text }]);
});

describe('a form', () => {
  it.each([
    ['/tools/v1/otp', 'type=time_based&action=generate&type=time_based', 'type'],
    ['/api/2fa/generate', `secret=${SECRET}&secret=${SECRET}`, 'secret'],
  ])('%s: 400 for a parameter that is given twice', async (path, form, name) => {
    const { status, text: reply } = await server.askWithKey(path, postForm(form));
    expect([status, reply]).toEqual([
      400,
      expect.stringContaining(`${name === 'secret' ? '' : 'type: '}is given more than once`),
    ]);
  });

  it.each([
    ['without end', 'a&'.repeat(30_000)],
    ['of percent signs', '%'.repeat(60_000)],
    ['of zero bytes', '%00'.repeat(20_000)],
  ])('%s: 400', async (_, form) => {
    for (const path of ['/tools/v1/otp', '/api/2fa/generate'])
      expect((await server.askWithKey(path, postForm(form))).status).toBe(400);
  });
});

it('a path that is nearly right is nothing of ours', async () => {
  const paths = [
    '/api/2fa/generate/',
    '/api//2fa/generate',
    '/API/2fa/generate',
    '/api/2fa%2Fgenerate',
    '/tools/v1/otp;x',
    '/v1/../v1/graphql',
  ];
  for (const path of paths) {
    const reply = await askRaw([
      `POST ${path}?secret=${SECRET} HTTP/1.1`,
      'host: a',
      `x-api-key: ${server.apiKey}`,
      'content-length: 0',
    ]);
    expect([path, reply.status]).toEqual([path, 404]);
  }
});
