/** Pages of other origins: which may call, the answer to a preflight, and that a preflight costs nothing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';
import { type Answer, http1, send } from './raw.ts';

const TOKEN = '/otp.v1.OtpService/Token';
const OURS = 'https://app.example.com';
const THEIRS = 'https://evil.example.com';

let server: TestServer;

async function start(corsOrigins?: string): Promise<void> {
  server = await startServer({ flags: { httpListen: '127.0.0.1:0', ...(corsOrigins && { corsOrigins }) } });
}

const ask = (line: string, headers: Record<string, string>, body = ''): Promise<Answer> =>
  send(Number(new URL(server.httpUrl).port), http1(`${line} HTTP/1.1`, headers, body));
const preflight = (origin: string) => ask(`OPTIONS ${TOKEN}`, { origin, 'access-control-request-method': 'POST' });
const call = (origin: string, apiKey = server.apiKey) =>
  ask(
    `POST ${TOKEN}`,
    { origin, 'content-type': 'application/json', 'x-api-key': apiKey },
    '{"key":{"secret":"JBSWY3DPEHPK3PXP"}}',
  );
const list = (answer: Answer, name: string): string[] => answer.headers[name]?.split(', ') ?? [];

describe('origins that are named', () => {
  beforeAll(() => start(`https://example.org, ${OURS}`));
  afterAll(() => server.close());

  test('the answer to a preflight lists what the page may send, for two hours', async () => {
    const answer = await preflight(OURS);
    expect([answer.status, answer.body]).toEqual([204, '']);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': OURS,
      'access-control-max-age': '7200',
      vary: 'origin',
    });
    expect(list(answer, 'access-control-allow-methods')).toEqual(['GET', 'POST']);
    const names = [
      'x-api-key',
      'authorization',
      'x-request-id',
      'content-type',
      'connect-protocol-version',
      'grpc-timeout',
      'x-grpc-web',
    ];
    expect(list(answer, 'access-control-allow-headers')).toEqual(expect.arrayContaining(names));
    expect(Object.keys(answer.headers)).not.toContain('access-control-allow-credentials');
  });

  test('a call of one may be read, with the headers that matter', async () => {
    const answer = await call(OURS);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': OURS, vary: 'origin' });
    const names = [
      'x-request-id',
      'x-ratelimit-limit',
      'x-ratelimit-remaining',
      'x-ratelimit-reset',
      'retry-after',
      'grpc-status',
    ];
    expect(list(answer, 'access-control-expose-headers')).toEqual(expect.arrayContaining(names));
  });

  test('so may its errors', async () => {
    const answer = await call(OURS, 'wrong');
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([401, OURS]);
  });

  test.each([THEIRS, `${OURS}.evil.com`, OURS.toUpperCase(), `${OURS}/`, `${OURS}:444`, 'null', ''])(
    'a preflight of "%s" is refused, and its call cannot be read',
    async (origin) => {
      const [first, second] = [await preflight(origin), await call(origin)];
      expect([first.status, JSON.parse(first.body).code]).toEqual([403, 'permission_denied']);
      expect(second.status).toBe(200);
      for (const { headers } of [first, second]) expect(headers).not.toHaveProperty('access-control-allow-origin');
    },
  );

  test('a preflight needs no key, is not charged, and is not in the log', async () => {
    const lines = server.log.length;
    for (let n = 0; n < 50; n += 1) expect((await preflight(OURS)).status).toBe(204);
    expect(server.log).toHaveLength(lines);
  });
});

test('by default no origin may call', async () => {
  await start();
  expect((await preflight(OURS)).status).toBe(403);
  expect((await call(OURS)).headers).not.toHaveProperty('access-control-allow-origin');
  await server.close();
});

test('with * any may, and none with its cookies', async () => {
  await start('*');
  for (const answer of [await preflight(THEIRS), await call('null')]) {
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
  }
  await server.close();
});
