/** REST APIs over the lifecycle, with an API for the test: the order of the steps of a request, its cost, and the form of its errors. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Code } from '../../gen/ts/google/rpc/code_pb.ts';
import { OtpService } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { UnreadableRequest } from '../../src/http/rest/failure.ts';
import type { RestApi, RestRequest } from '../../src/http/rest/rest-api.ts';
import { createHttpServer, type HttpServer } from '../../src/http/server.ts';
import { invalid } from '../../src/otp/error.ts';
import type { Principal, Scope } from '../../src/ports/principal.ts';
import { Rejection } from '../../src/ports/rejection.ts';
import type { Call } from '../../src/rpc/call.ts';
import { otpMethods } from '../../src/service/methods.ts';
import { openLifecycle } from '../support/open-server.ts';
import { http1, RawConnection, send } from './raw.ts';

let server: HttpServer;
let port: number;
let ended: { call: Call; code: number }[];
/** The errors that belong to no call. */
let faults: unknown[];
let loads = 0;
let scopes: readonly Scope[] = ['token'];

const api: RestApi = {
  routes: [
    { method: 'POST', path: '/v1/code' },
    { method: 'GET', path: '/v1/code' },
  ],
  async answer(request, call) {
    const what = request.query.get('what');
    if (what === 'bad') throw invalid('what', 'must be good');
    if (what === 'fault') throw new Error(`not for anybody: ${request.body.toString()}`);
    if (what === 'refused') return { status: 422, headers: { 'content-type': 'text/plain' }, body: 'own words' };
    const { token } = await call(OtpService.method.token, {
      key: { source: { case: 'secret', value: request.body.toString() } },
    });
    if (what === 'twice')
      await call(OtpService.method.token, { key: { source: { case: 'secret', value: request.body.toString() } } });
    return { status: 200, headers: { 'content-type': 'text/plain', 'x-own': 'yes' }, body: token?.code ?? '' };
  },
  refuse: ({ status, error }, { path }) => ({
    status: error instanceof UnreadableRequest ? error.status : 400 + status.code,
    headers: { 'content-type': 'text/plain' },
    body: `${path}: ${status.message}`,
  }),
  apiKeyOf: (request: RestRequest) => request.query.get('key') ?? (/^key=(\w+)/.exec(request.body.toString())?.[1] || undefined),
};

/** There is a single key. */
function authenticate(apiKey: string | undefined): Principal {
  if (apiKey !== 'k') throw new Rejection('api_key_invalid');
  return { keyId: 'anybody', plan: 'unlimited', scopes: new Set(scopes), tenant: 'default' };
}

async function load(): Promise<RestApi> {
  loads += 1;
  return api;
}

beforeAll(async () => {
  const methods = otpMethods({} as never);
  server = createHttpServer({
    methods,
    lifecycle: openLifecycle(methods, (call, code) => void ended.push({ call, code }), authenticate),
    restApis: [{ routes: api.routes, load }],
    files: (path) => {
      if (path === '/broken') throw new Error('not for anybody');
      return path === '/openapi.json' ? { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' } : undefined;
    },
    corsOrigins: [],
    onFault: (error) => void faults.push(error),
    tls: undefined,
    age: { maxAgeMs: 1_800_000, graceMs: 10_000 },
    bounds: { maxConnections: 100, maxConnectionsPerAddress: 100 },
    onRefused: () => undefined,
    onTlsProblem: () => undefined,
  });
  port = await server.listen('127.0.0.1', 0);
});
beforeEach(() => {
  ended = [];
  faults = [];
  scopes = ['token'];
});
afterEach(() => expect(faults.splice(0)).toEqual([]));
afterAll(() => server.close(0));

const ask = (line: string, headers: Record<string, string> = {}, body = '') =>
  send(port, http1(`${line} HTTP/1.1`, headers, body));
const SECRET = 'JBSWY3DPEHPK3PXP';

test('nothing is loaded until it is asked for', async () => {
  expect((await ask('GET /nothing')).status).toBe(404);
  expect(loads).toBe(0);
});

test('an answer has the headers of every answer and its own', async () => {
  const { status, headers, body } = await ask('POST /v1/code', { 'x-api-key': 'k', 'x-request-id': 'mine' }, SECRET);
  expect([status, body]).toEqual([200, expect.stringMatching(/^\d{6}$/)]);
  expect(headers).toMatchObject({ 'x-request-id': 'mine', 'x-own': 'yes', 'cache-control': 'no-store' });
  expect(ended).toMatchObject([
    { code: 0, call: { transport: 'rest', procedure: '/v1/code', requestId: 'mine', keyId: 'anybody' } },
  ]);
});

test('several RPCs are one call', async () => {
  expect((await ask('POST /v1/code?what=twice', { 'x-api-key': 'k' }, SECRET)).status).toBe(200);
  expect(ended).toHaveLength(1);
});

test.each([
  ['bad fields of the API', '?what=bad', SECRET, 403, 'must be good', 3],
  ['bad fields of the RPC', '', 'no secret!', 403, 'key.secret', 3],
  ['a fault', '?what=fault', 'hush', 413, 'an internal error: it is logged under the request id', 13],
])('%s are refused in the shape of the API', async (_, query, body, status, words, code) => {
  const answer = await ask(`POST /v1/code${query}`, { 'x-api-key': 'k' }, body);
  expect([answer.status, answer.body]).toEqual([status, expect.stringContaining(words)]);
  expect(answer.body).toMatch(/^\/v1\/code: /);
  expect(answer.body).not.toContain('hush');
  expect(ended.map((one) => one.code)).toEqual([code]);
});

test('a refusal in the own words of the API counts as one', async () => {
  const answer = await ask('POST /v1/code?what=refused', { 'x-api-key': 'k' });
  expect([answer.status, answer.body, ended.map(({ code }) => code)]).toEqual([422, 'own words', [3]]);
});

test('the scope is that of the RPC', async () => {
  scopes = ['verify'];
  const answer = await ask('POST /v1/code', { 'x-api-key': 'k' }, SECRET);
  expect([answer.status, answer.body]).toEqual([407, expect.stringContaining('lacks the scope')]);
});

test('another method of the path is refused', async () => {
  const answer = await ask('DELETE /v1/code', { 'x-api-key': 'k' });
  expect([answer.status, answer.headers['allow']]).toEqual([405, 'POST, GET']);
  expect(answer.body).toMatch(/^\/v1\/code: /);
});

describe('who is asked for a key', () => {
  test('a caller with a wrong key in a header is refused before its body is read', async () => {
    const connection = new RawConnection(port);
    connection.write(http1('POST /v1/code HTTP/1.1', { 'x-api-key': 'wrong', 'content-length': '100' }, 'a'));
    const answer = await connection.answer();
    expect([answer.status, answer.tookMs < 1000]).toEqual([416, true]);
    connection.socket.destroy();
  });

  test('a key in the query or the body is read where the API has one there', async () => {
    expect((await ask(`GET /v1/code?key=k`)).body).toContain('key');
    expect((await ask('GET /v1/code?key=wrong')).status).toBe(416);
    expect((await ask('POST /v1/code', {}, 'key=wrong')).status).toBe(416);
    expect((await ask('POST /v1/code?what=refused', {}, 'key=k')).status).toBe(422);
    expect((await ask('POST /v1/code', {}, SECRET)).status).toBe(416);
  });

  test('bodies without a key in the headers are few at a time', async () => {
    const waiting = Array.from({ length: 32 }, () => {
      const connection = new RawConnection(port);
      connection.write(http1('POST /v1/code HTTP/1.1', { 'content-length': '100' }, 'a'));
      return connection;
    });
    await expect.poll(async () => (await ask('POST /v1/code', {}, 'key=k')).status).toBe(408);
    for (const { socket } of waiting) socket.destroy();
    await expect.poll(async () => (await ask('POST /v1/code', {}, 'key=wrong')).status).toBe(416);
  });

  test('a body that is too large is refused in the shape of the API', async () => {
    const large = await ask('POST /v1/code', { 'x-api-key': 'k' }, 'x'.repeat(70_000));
    expect([large.status, large.body]).toEqual([408, expect.stringContaining('64 KiB')]);
  });
});

test('a document needs no key, and is there for GET and HEAD', async () => {
  expect(await ask('GET /openapi.json')).toMatchObject({
    status: 200,
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  const connection = new RawConnection(port);
  connection.write(http1('HEAD /openapi.json HTTP/1.1', {}));
  await expect.poll(() => connection.rest).toMatch(/^HTTP\/1\.1 200 OK\r\n.*content-length: 2\r\n.*\r\n\r\n$/s);
  connection.socket.destroy();
  expect((await ask('POST /openapi.json')).status).toBe(404);
  expect(ended).toEqual([]);
});

test('a fault that belongs to no call is reported, and its caller told nothing of it', async () => {
  const { status, body } = await ask('GET /broken');
  expect([status, body.includes('not for anybody')]).toEqual([500, false]);
  expect(faults.splice(0)).toEqual([new Error('not for anybody')]);
});

test('a look-up that fails says nothing about its caller: only calls with a wrong key close a connection', async () => {
  const connection = new RawConnection(port);
  connection.write(http1('GET /openapi.json HTTP/1.1', {}));
  expect((await connection.answer()).status).toBe(200);
  const call = { connection: `127.0.0.1:${connection.socket.localPort}`, keyId: undefined } as Call;
  for (let calls = 0; calls < 300; calls += 1) server.judge(call, Code.UNAVAILABLE);
  connection.write(http1('GET /openapi.json HTTP/1.1', {}));
  expect((await connection.answer()).status).toBe(200);
  for (let calls = 0; calls < 300; calls += 1) server.judge(call, Code.UNAUTHENTICATED);
  expect((await connection.answer()).status).toBeUndefined();
});
