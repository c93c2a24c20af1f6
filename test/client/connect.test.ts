/** Behaviour of the TypeScript client only. test/clients has the scenario that it shares with the other languages. */
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { Client } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type BatchVerifyRequest, connect, type OtpClient, OtpError } from '../../clients/typescript/src/index.ts';
import { startServer, type TestServer } from '../support/server.ts';

const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
let server: TestServer;
let client: OtpClient;

beforeAll(async () => {
  server = await startServer();
  client = connect(server.address, server.apiKey, { plaintext: true });
});
afterAll(async () => {
  client.close();
  await server.close();
});

/** Returns the error of a call. */
async function errorOf(call: Promise<unknown>): Promise<OtpError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OtpError)) throw new Error('no OtpError');
  return error;
}

test('without the option plaintext the API key is not sent in the clear', async () => {
  const heard: Buffer[] = [];
  const listener = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => heard.push(bytes));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  using secure = connect(`127.0.0.1:${address.port}`, server.apiKey);
  await errorOf(secure.token({ key }, { deadlineMs: 500 }));
  listener.close();
  const bytes = Buffer.concat(heard);
  // A TLS handshake record (RFC 8446 section 5.1).
  expect(bytes[0]).toBe(22);
  expect(bytes.includes(server.apiKey)).toBe(false);
});

describe('with a proxy in the environment', () => {
  const asked: (string | undefined)[] = [];
  const proxy = createHttpServer().on('connect', ({ url }, socket) => {
    asked.push(url);
    socket.destroy();
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('grpc_proxy', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    proxy.close();
  });

  test.each(['127.0.0.1', 'localhost', 'dns:///127.0.0.1'])('a server on this machine is called directly: %s', async (host) => {
    using direct = connect(server.address.replace('127.0.0.1', host), server.apiKey, { plaintext: true });
    expect((await direct.token({ key })).token?.digits).toBe(6);
    expect(asked).toEqual([]);
  });

  test('another is called through the proxy', async () => {
    using far = connect('otp.invalid:443', server.apiKey, { plaintext: true });
    await errorOf(far.token({ key }, { deadlineMs: 500 }));
    expect(asked).toContain('otp.invalid:443');
  });
});

describe('a batch', () => {
  const requests = [{ key, code: '000000' }, { key, code: '' }, { key }];

  test('has an outcome for each item', async () => {
    const told = await client.batchToken({ requests: [{ key }, {}] });
    expect(told.results.map(({ result }) => result.case)).toEqual(['response', 'error']);
    const { results } = await client.batchVerify({ requests });
    expect(results.map(({ result }) => result.case)).toEqual(['response', 'error', 'error']);
  });

  test('has an id for each check, so that a retry is known for one', async () => {
    const spy = vi.spyOn(Client.prototype, 'makeUnaryRequest');
    const own = '01234567-89ab-4cde-8f01-23456789abcd';
    await client.batchVerify({ requests: [...requests, { key, code: '000000', requestId: own }] });
    const sent = spy.mock.calls[0]?.[3] as object as BatchVerifyRequest;
    spy.mockRestore();
    const ids = sent.requests.map(({ requestId }) => requestId);
    expect(ids[3]).toBe(own);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('a signal cancels', () => {
  test('a call before it is made', async () => {
    expect((await errorOf(client.token({ key }, { signal: AbortSignal.abort() }))).code).toBe('CANCELLED');
  });

  test('a stream under way', async () => {
    const leaving = new AbortController();
    const stream = client.watchToken({ key }, { signal: leaving.signal });
    expect((await stream.next()).value?.token?.digits).toBe(6);
    leaving.abort();
    expect((await errorOf(stream.next())).code).toBe('CANCELLED');
  });
});

test('a stream that is left ends at the server too', async () => {
  const apiKey = await server.createKey();
  using own = connect(server.address, apiKey, { plaintext: true });
  for await (const _ of own.watchToken({ key })) break;
  await expect.poll(() => server.log.some((line) => line.includes(`"keyId":"${apiKey.split('_')[1]}"`))).toBe(true);
});

test('an error says everything that the server says', async () => {
  const error = await errorOf(client.token({ key: { ...key, digits: 9 }, pastSteps: 11 }));
  expect(error).toMatchObject({
    name: 'OtpError',
    code: 'INVALID_ARGUMENT',
    reason: 'ERROR_REASON_INVALID_FIELDS',
    fieldViolations: [
      { field: 'key.digits', description: expect.stringContaining('6 to 8') },
      { field: 'past_steps', description: expect.stringContaining('0 to 10') },
    ],
    retryDelayMs: undefined,
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(error.message).toMatch(/^the request has invalid fields: key\.digits: .*6 to 8; past_steps: .*0 to 10$/);
});

test('an error names all fields that are wrong, each once', async () => {
  const wrong = { source: { case: 'secret', value: 'JBSW!' }, digits: 9, periodSeconds: 100_000 } as const;
  const error = await errorOf(client.token({ key: wrong, pastSteps: 11, futureSteps: 11 }));
  expect(error.message.split('; ').map((part) => part.replace(/^the request has invalid fields: /, '').split(': ')[0])).toEqual([
    'key.secret',
    'key.digits',
    'key.period_seconds',
    'past_steps',
    'future_steps',
  ]);
});

test('the request object is not changed, and its request id stays unset', async () => {
  const request = { key, code: '000000', allowReuse: true };
  await client.verify(request);
  expect(request).toEqual({ key, code: '000000', allowReuse: true });
});
