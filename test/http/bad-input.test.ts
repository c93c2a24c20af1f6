/**
 * Bad input, over HTTP/1.1 byte by byte and over HTTP/2. Each request gets a clear error in the form of Connect within 5 s, no fault of the server,
 * and no answer or log line contains a secret.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';
import { type Answer, http1, http2, openHttp2, RawConnection, send } from './raw.ts';

const TOKEN = '/otp.v1.OtpService/Token';
/** A value that must not be in any answer or log line. */
const SECRET = 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U';
const GOOD = JSON.stringify({ key: { secret: SECRET } });
/** The deepest JSON that fits into a body. */
const DEEP = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;

let server: TestServer;
let port: number;

beforeAll(async () => {
  server = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
  port = Number(new URL(server.httpUrl).port);
});
afterAll(async () => {
  const lines = server.log.map((line) => JSON.parse(line));
  expect(server.log.join('\n')).not.toContain(SECRET);
  expect(server.log.join('\n')).not.toContain(server.apiKey);
  expect(lines.filter(({ level }) => level > 40)).toEqual([]);
  await server.close();
});

function expectRefusal(answer: Answer, status: number, code: string, words: RegExp | string): void {
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toBe('application/json');
  const { code: given, message } = JSON.parse(answer.body) as { code: string; message: string };
  expect([given, message]).toEqual([code, expect.stringMatching(words)]);
  expect(answer.body).not.toContain(SECRET);
  expect(answer.tookMs).toBeLessThan(5000);
}

interface Bad {
  readonly method?: string;
  readonly path?: string;
  /** Replaces the headers of a good call; undefined omits a header. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Buffer;
  readonly answer: readonly [status: number, code: string, words: RegExp | string];
}

const bad: Readonly<Record<string, Bad>> = {
  'no key': { headers: { 'x-api-key': undefined }, answer: [401, 'unauthenticated', 'no API key'] },
  'an empty key': { headers: { 'x-api-key': '' }, answer: [401, 'unauthenticated', 'no API key'] },
  'a wrong key': { headers: { 'x-api-key': 'otpd_nonsense' }, answer: [401, 'unauthenticated', 'is not valid'] },
  'a key in the query': {
    path: `${TOKEN}?api_key=KEY`,
    headers: { 'x-api-key': undefined },
    answer: [401, 'unauthenticated', 'no API key'],
  },
  'a key in the body': {
    headers: { 'x-api-key': undefined },
    body: '{"x-api-key":"KEY"}',
    answer: [401, 'unauthenticated', 'no API key'],
  },
  'a key in a cookie': {
    headers: { 'x-api-key': undefined, cookie: 'x-api-key=KEY' },
    answer: [401, 'unauthenticated', 'no API key'],
  },
  'a key by basic authentication': {
    headers: { 'x-api-key': undefined, authorization: 'Basic KEY' },
    answer: [401, 'unauthenticated', 'no API key'],
  },
  GET: { method: 'GET', answer: [405, 'unknown', 'does not take this HTTP method'] },
  PUT: { method: 'PUT', answer: [405, 'unknown', 'does not take this HTTP method'] },
  'an invented method': { method: 'PURGE', answer: [405, 'unknown', 'does not take this HTTP method'] },
  'OPTIONS that are no preflight': { method: 'OPTIONS', answer: [405, 'unknown', 'does not take this HTTP method'] },
  'no content type': { headers: { 'content-type': undefined }, answer: [415, 'unknown', 'application/json'] },
  'a name of every object for a type': {
    headers: { 'content-type': 'constructor' },
    answer: [415, 'unknown', 'application/json'],
  },
  'a form': { headers: { 'content-type': 'application/x-www-form-urlencoded' }, answer: [415, 'unknown', 'application/json'] },
  'another charset': {
    headers: { 'content-type': 'application/json; charset=latin1' },
    answer: [415, 'unknown', 'application/json'],
  },
  gRPC: { headers: { 'content-type': 'application/grpc' }, answer: [415, 'unknown', '--listen'] },
  'a stream for a unary method': {
    headers: { 'content-type': 'application/connect+json' },
    answer: [415, 'unknown', 'application/json'],
  },
  'a unary call of a stream': { path: '/otp.v1.OtpService/WatchToken', answer: [415, 'unknown', 'application/connect\\+json'] },
  'an unknown compression': { headers: { 'content-encoding': 'lzma' }, answer: [501, 'unimplemented', 'plain or compressed'] },
  'a body that is not compressed as it says': {
    headers: { 'content-encoding': 'gzip' },
    answer: [400, 'invalid_argument', 'cannot be decoded'],
  },
  'an unknown method': { path: '/otp.v1.OtpService/Nothing', answer: [404, 'unimplemented', 'nothing at this path'] },
  'an unknown path': { path: '/', answer: [404, 'unimplemented', 'nothing at this path'] },
  'a path with dots': {
    path: '/otp.v1.OtpService/../otp.v1.OtpService/Token',
    answer: [404, 'unimplemented', 'nothing at this path'],
  },
  'dots out of the root': { path: '/../../etc/passwd', answer: [404, 'unimplemented', 'nothing at this path'] },
  'an encoded slash': { path: '/otp.v1.OtpService%2FToken', answer: [404, 'unimplemented', 'nothing at this path'] },
  'encoded dots': { path: '/%2e%2e/%2e%2e/etc/passwd', answer: [404, 'unimplemented', 'nothing at this path'] },
  'an encoded letter': { path: '/otp.v1.OtpService/T%6fken', answer: [404, 'unimplemented', 'nothing at this path'] },
  'a slash too many': { path: `/${TOKEN}`, answer: [404, 'unimplemented', 'nothing at this path'] },
  'a name of every object': { path: '/constructor', answer: [404, 'unimplemented', 'nothing at this path'] },
  'no JSON': { body: '{"key":', answer: [400, 'invalid_argument', 'cannot be decoded'] },
  'an empty body': { body: '', answer: [400, 'invalid_argument', 'cannot be decoded'] },
  'JSON that is no object': { body: `"${SECRET}"`, answer: [400, 'invalid_argument', 'does not fit otp.v1.TokenRequest'] },
  'JSON in UTF-16': { body: Buffer.from(GOOD, 'utf16le'), answer: [400, 'invalid_argument', 'cannot be decoded'] },
  'bytes that are no UTF-8': {
    body: Buffer.from('{"key":{"secret":"\xff\xfe"}}', 'latin1'),
    answer: [400, 'invalid_argument', 'cannot be decoded'],
  },
  'half a character': { body: '{"key":{"secret":"\\ud800"}}', answer: [400, 'invalid_argument', 'key.secret|otp.v1.Key.secret'] },
  'an array for a text': {
    body: JSON.stringify({ key: { secret: [SECRET] } }),
    answer: [400, 'invalid_argument', 'does not fit otp.v1.Key.secret'],
  },
  'an object for a text': {
    body: JSON.stringify({ key: { secret: { a: SECRET } } }),
    answer: [400, 'invalid_argument', 'does not fit otp.v1.Key.secret'],
  },
  'a number for a text': {
    body: '{"key":{"secret":12345678}}',
    answer: [400, 'invalid_argument', 'does not fit otp.v1.Key.secret, which takes a string'],
  },
  'a text for a message': { body: JSON.stringify({ key: SECRET }), answer: [400, 'invalid_argument', 'does not fit otp.v1.Key'] },
  'a text that is no number': {
    body: JSON.stringify({ key: { secret: SECRET }, pastSteps: 'two' }),
    answer: [400, 'invalid_argument', 'does not fit otp.v1.TokenRequest.past_steps'],
  },
  'a fraction': {
    body: JSON.stringify({ key: { secret: SECRET }, pastSteps: 1.5 }),
    answer: [400, 'invalid_argument', 'does not fit otp.v1.TokenRequest.past_steps, which takes a whole number'],
  },
  'a number beyond its type': {
    body: JSON.stringify({ key: { secret: SECRET }, pastSteps: 2 ** 40 }),
    answer: [400, 'invalid_argument', 'does not fit otp.v1.TokenRequest.past_steps'],
  },
  'a number beyond its bounds': {
    body: JSON.stringify({ key: { secret: SECRET }, pastSteps: 1000 }),
    answer: [400, 'invalid_argument', 'past_steps: '],
  },
  'an unknown field': {
    body: JSON.stringify({ key: { secret: SECRET, perriod: 60 } }),
    answer: [
      400,
      'invalid_argument',
      'does not fit otp.v1.Key, which takes an object with no other fields than secret, .*periodSeconds',
    ],
  },
  'an unknown name of a value': {
    body: JSON.stringify({ key: { secret: SECRET, type: 'HOTP' } }),
    answer: [400, 'invalid_argument', 'otp.v1.OtpType, which takes one of OTP_TYPE_TOTP, OTP_TYPE_HOTP$'],
  },
  'a time without a zone': {
    body: JSON.stringify({ key: { secret: SECRET }, at: '2026-01-31T12:00:00' }),
    answer: [400, 'invalid_argument', 'google.protobuf.Timestamp, which takes a time such as "2026-01-31T12:00:00Z"'],
  },
  'an object for an array': {
    path: '/otp.v1.OtpService/Verify',
    body: JSON.stringify({ key: { secret: SECRET }, code: '123456', alternatives: {} }),
    answer: [400, 'invalid_argument', 'VerifyRequest.alternatives, which takes an array'],
  },
  'a text for a truth': {
    path: '/otp.v1.OtpService/Verify',
    body: JSON.stringify({ key: { secret: SECRET }, code: '123456', allowReuse: 'yes' }),
    answer: [400, 'invalid_argument', 'VerifyRequest.allow_reuse, which takes true or false'],
  },
  'a field of every object': {
    body: `{"__proto__":{"secret":"${SECRET}"}}`,
    answer: [400, 'invalid_argument', 'does not fit otp.v1.TokenRequest'],
  },
  'a field that is given twice': {
    body: `{"key":{"secret":"${SECRET}","secret":"${SECRET}"}}`,
    answer: [400, 'invalid_argument', 'cannot be decoded'],
  },
  'two sources of a key': {
    body: JSON.stringify({ key: { secret: SECRET, uri: 'otpauth://totp/a' } }),
    answer: [400, 'invalid_argument', 'otp.v1.Key.source, which takes one field alone, of secret, uri, sealed'],
  },
  'bytes that are no base64': {
    path: '/otp.v1.OtpService/Generate',
    body: JSON.stringify({ accountName: 'a', sealedContext: '!' }),
    answer: [400, 'invalid_argument', 'sealed_context, which takes bytes in base64'],
  },
  'a secret that is none': {
    body: JSON.stringify({ key: { secret: 'MFRGG8' } }),
    answer: [400, 'invalid_argument', 'key.secret: must be base32'],
  },
  'arrays in arrays': { body: DEEP, answer: [400, 'invalid_argument', 'does not fit otp.v1.TokenRequest'] },
  'protobuf that is none': {
    headers: { 'content-type': 'application/proto' },
    body: Buffer.alloc(50, 0xff),
    answer: [400, 'invalid_argument', 'cannot be decoded'],
  },
  'a body that is too large': { body: `${GOOD}${' '.repeat(70_000)}`, answer: [429, 'resource_exhausted', 'at most 64 KiB'] },
  'a timeout that is none': { headers: { 'connect-timeout-ms': 'soon' }, answer: [400, 'invalid_argument', 'cannot be decoded'] },
  'a negative timeout': { headers: { 'connect-timeout-ms': '-1' }, answer: [400, 'invalid_argument', 'cannot be decoded'] },
};

/** Makes a request that is good except for the given parts. */
function request({ method = 'POST', path = TOKEN, headers = {}, body = GOOD }: Omit<Bad, 'answer'>) {
  const given = { 'content-type': 'application/json', 'x-api-key': server.apiKey, ...headers };
  const fill = (text: string): string => text.replace('KEY', server.apiKey);
  const sent = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, fill(value)]]));
  return {
    method,
    path: fill(path),
    headers: Object.fromEntries(sent) as Record<string, string>,
    body: typeof body === 'string' ? fill(body) : body,
  };
}

describe.each(Object.entries(bad))('%s', (_, one) => {
  test('over HTTP/1.1', async () => {
    const { method, path, headers, body } = request(one);
    expectRefusal(await send(port, http1(`${method} ${path} HTTP/1.1`, headers, body)), ...one.answer);
  });

  test('over HTTP/2', async () => {
    const { method, path, headers, body } = request(one);
    const session = openHttp2(port);
    expectRefusal(await http2(session, { ':method': method, ':path': path, ...headers }, body), ...one.answer);
    session.destroy();
  });
});

describe('good input in another spelling', () => {
  const good: Readonly<Record<string, Omit<Bad, 'answer'>>> = {
    'a charset': { headers: { 'content-type': 'Application/JSON; charset="UTF-8"' } },
    'a number as a text (ProtoJSON)': { body: JSON.stringify({ key: { secret: SECRET }, pastSteps: '1' }) },
    'the names of the contract': { body: JSON.stringify({ key: { secret: SECRET }, past_steps: 1 }) },
    'null for an absent field': { body: JSON.stringify({ key: { secret: SECRET }, at: null }) },
    'a bearer key': { headers: { 'x-api-key': undefined, authorization: 'Bearer KEY' } },
    'the whole address as the target': { path: `http://localhost${TOKEN}` },
    'a query that nobody asked for': { path: `${TOKEN}?connect=v1` },
    'another version of Connect': { headers: { 'connect-protocol-version': '1' } },
  };
  test.each(Object.entries(good))('%s', async (_, one) => {
    const { method, path, headers, body } = request(one);
    const answer = await send(port, http1(`${method} ${path} HTTP/1.1`, headers, body));
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      200,
      { token: expect.anything(), ...(answer.body.includes('neigh') && { neighbours: expect.anything() }) },
    ]);
  });
});

describe('on the wire of HTTP/1.1', () => {
  const head = (): Record<string, string> => ({ 'content-type': 'application/json', 'x-api-key': server.apiKey });
  const chunked = (): Record<string, string> => ({ ...head(), 'transfer-encoding': 'chunked' });
  const post = `POST ${TOKEN} HTTP/1.1`;
  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

  test('a chunked body is read', async () => {
    const answer = await send(port, http1(post, chunked(), `${chunk(GOOD.slice(0, 9))}${chunk(GOOD.slice(9))}0\r\n\r\n`));
    expect(answer.status).toBe(200);
  });

  test('a chunked body that is too large is refused before it ends', async () => {
    const connection = new RawConnection(port);
    connection.write(http1(post, chunked(), chunk('x'.repeat(70_000))));
    expectRefusal(await connection.answer(), 429, 'resource_exhausted', 'at most 64 KiB');
    connection.socket.destroy();
  });

  test.each([
    ['both lengths', () => http1(post, { ...chunked(), 'content-length': '5' }, '0\r\n\r\n')],
    [
      'both lengths, the other way around',
      () => http1(post, { ...head(), 'content-length': '5', 'transfer-encoding': 'chunked' }, '0\r\n\r\n'),
    ],
    ['two lengths', () => http1(post, { ...head(), 'content-length': '5\r\ncontent-length: 6' }, GOOD)],
    ['a length that is none', () => http1(post, { ...head(), 'content-length': '+5' }, GOOD)],
    ['a coding that is not the last', () => http1(post, { ...head(), 'transfer-encoding': 'chunked, identity' }, '0\r\n\r\n')],
    ['an unknown coding', () => http1(post, { ...head(), 'transfer-encoding': 'xchunked' }, '0\r\n\r\n')],
    ['a chunk whose size is none', () => http1(post, chunked(), 'zz\r\n')],
    ['a bare line feed in a head', () => Buffer.from(`${post}\nhost: a\n\n`)],
    ['a space before the colon', () => http1(post, { ...head(), 'x-a ': 'b' }, GOOD)],
    ['a folded header', () => http1(post, { ...head(), 'x-a': 'b\r\n c' }, GOOD)],
    ['a NUL in a header', () => http1(post, { ...head(), 'x-a': 'b\0c' }, GOOD)],
    ['a return in a header', () => http1(post, { ...head(), 'x-request-id': 'a\rset-cookie: b' }, GOOD)],
    ['no host', () => Buffer.from(`${post}\r\ncontent-length: 0\r\n\r\n`)],
    ['two hosts', () => http1(post, { ...head(), host: 'a\r\nhost: b' }, GOOD)],
    ['another protocol', () => Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
    ['a handshake of TLS', () => Buffer.from('16030100f1010000ed0303', 'hex')],
    ['an unknown version', () => Buffer.from(`POST ${TOKEN} HTTP/3.0\r\nhost: a\r\n\r\n`)],
  ])('%s is no request, and ends the connection', async (_, bytes) => {
    const connection = new RawConnection(port);
    connection.write(bytes());
    const answer = await connection.answer();
    expect(answer.status === undefined ? 400 : answer.status).toBe(400);
    if (answer.body !== '') expect(JSON.parse(answer.body)).toMatchObject({ code: 'invalid_argument' });
    await expect.poll(() => connection.socket.destroyed, { timeout: 5000 }).toBe(true);
    expect(connection.rest).toBe('');
  });

  test('two keys are none', async () => {
    const answer = await send(
      port,
      http1(post, { ...head(), 'x-api-key': `${server.apiKey}\r\nx-api-key: ${server.apiKey}` }, GOOD),
    );
    expectRefusal(answer, 401, 'unauthenticated', 'is not valid');
  });

  test('a head above 8 KiB is refused', async () => {
    expectRefusal(
      await send(port, http1(post, { ...head(), 'x-a': 'b'.repeat(9000) }, GOOD)),
      431,
      'resource_exhausted',
      'at most 8 KiB',
    );
  });

  test('an expectation is met once the caller is known, and before the body is sent', async () => {
    const connection = new RawConnection(port);
    connection.write(http1(post, { ...head(), expect: '100-continue', 'content-length': String(GOOD.length) }));
    await expect.poll(() => connection.rest).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    connection.write(GOOD);
    expect((await connection.answer()).status).toBe(200);
    connection.socket.destroy();
  });

  test('a stranger is not asked for a body', async () => {
    const connection = new RawConnection(port);
    connection.write(http1(post, { 'content-type': 'application/json', expect: '100-continue', 'content-length': '60000' }));
    expectRefusal(await connection.answer(), 401, 'unauthenticated', 'no API key');
    expect(connection.rest).toBe('');
    connection.socket.destroy();
  });

  test.each([
    ['a stream of Connect', '/otp.v1.OtpService/WatchToken', 'application/connect+json', '"code":"unauthenticated"'],
    ['gRPC-Web', TOKEN, 'application/grpc-web+proto', 'grpc-status: 16'],
  ])('a stranger is refused before the body of %s has come', async (_, path, type, words) => {
    const headers = { 'content-type': type, 'content-length': '60000' };
    const { body, ...answer } = await send(port, http1(`POST ${path} HTTP/1.1`, headers, 'begun'));
    expect(answer.status).toBe(200);
    expect(`${JSON.stringify(answer.headers)} ${body}`.replace('"grpc-status":"16"', 'grpc-status: 16')).toContain(words);
  });

  test('another expectation is refused', async () => {
    expectRefusal(await send(port, http1(post, { ...head(), expect: 'cookies' }, GOOD)), 417, 'invalid_argument', '100-continue');
  });

  test('CONNECT is refused', async () => {
    expectRefusal(await send(port, http1('CONNECT example.com:443 HTTP/1.1', {})), 405, 'unknown', 'HTTP method');
  });

  test('a wish for another protocol is passed over', async () => {
    const answer = await send(port, http1(post, { ...head(), connection: 'upgrade', upgrade: 'h2c' }, GOOD));
    expect(answer.status).toBe(200);
  });

  test('requests that arrive together are answered in order', async () => {
    const connection = new RawConnection(port);
    const ids = ['a', 'b', 'c'];
    connection.write(Buffer.concat(ids.map((id) => http1(post, { ...head(), 'x-request-id': id }, GOOD))));
    for (const id of ids) expect((await connection.answer()).headers['x-request-id']).toBe(id);
    connection.socket.destroy();
  });

  test('a body that is no part of its request is not taken for the next one', async () => {
    const connection = new RawConnection(port);
    const next = http1(post, { ...head(), 'x-request-id': 'smuggled' }, GOOD);
    connection.write(http1(`GET ${TOKEN} HTTP/1.1`, { 'content-length': String(next.length) }, next));
    expect((await connection.answer()).status).toBe(405);
    connection.write(http1(post, { ...head(), 'x-request-id': 'real' }, GOOD));
    expect((await connection.answer()).headers['x-request-id']).toBe('real');
    connection.socket.destroy();
  });
});

test.each(['a\nb', 'a b', '<script>', 'otpd_key', 'x'.repeat(200)])('a request id like %s is replaced', async (id) => {
  const session = openHttp2(port);
  const headers = { ':method': 'POST', ':path': TOKEN, 'content-type': 'application/json', 'x-request-id': encodeURI(id) };
  const answer = await http2(session, headers, GOOD);
  session.destroy();
  expect(answer.headers['x-request-id']).toMatch(/^(?!a%0Ab)[\w-]{36}$/);
});
