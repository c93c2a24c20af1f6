/** Batching in the TypeScript client: concurrent calls are sent as one, and each has the same result as a separate call. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBatcher } from '../../clients/typescript/src/batching.ts';
import type { CallOptions, Calls } from '../../clients/typescript/src/calls.ts';
import { connect, type OtpClient, OtpError, OtpService, secretKey, VerifyStatus } from '../../clients/typescript/src/index.ts';
import { formatSecret } from '../../src/otp/secret.ts';
import { createTestClient, methods } from '../support/client.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let client: OtpClient;
beforeAll(async () => {
  server = await startServer();
  client = connect(server.address, server.apiKey, { plaintext: true, batching: true });
});
afterAll(async () => {
  client?.close();
  await server?.close();
});

const newSecret = () => formatSecret(crypto.getRandomValues(new Uint8Array(20)));
/** Counts the calls that the server has logged since `from`, by method. */
const calls = (from: number) =>
  Object.fromEntries(
    Object.entries(
      Object.groupBy(
        server.log
          .slice(from)
          .map((line) => JSON.parse(line))
          .filter(({ method }) => method !== undefined),
        ({ method }) => method.split('/').at(-1),
      ),
    ).map(([name, lines]) => [name, lines?.length]),
  );

test('256 calls at once: each code is accepted once, in a few batches', async () => {
  const secrets = Array.from({ length: 256 }, newSecret);
  const from = server.log.length;
  const tokens = await Promise.all(secrets.map((secret) => client.token({ key: secretKey(secret) })));
  const codes = tokens.map(({ token }) => token?.code ?? '');
  const verified = await Promise.all(
    secrets.map((secret, place) => client.verify({ key: secretKey(secret), code: codes[place] ?? '' })),
  );
  expect(verified.every(({ status }) => status === VerifyStatus.ACCEPTED)).toBe(true);
  const again = await Promise.all(
    secrets.map((secret, place) => client.verify({ key: secretKey(secret), code: codes[place] ?? '' })),
  );
  expect(again.every(({ status }) => status === VerifyStatus.REPLAYED)).toBe(true);
  await expect.poll(() => calls(from).BatchVerify ?? 0).toBeGreaterThanOrEqual(6);
  const { BatchVerify = 0, BatchToken = 0, Verify = 0, Token = 0 } = calls(from);
  expect([Verify, Token].every((alone) => alone <= 3)).toBe(true);
  expect(BatchToken).toBeGreaterThanOrEqual(3);
  expect(BatchVerify + BatchToken).toBeLessThan(40);
});

test('an item that fails has the error of a call', async () => {
  const alone = await client.verify({ key: secretKey('!'), code: '' }, { onHeaders: () => undefined }).catch((error) => error);
  const [wrong, right] = await Promise.allSettled([
    client.verify({ key: secretKey('!'), code: '' }),
    client.token({ key: secretKey(newSecret()) }),
    client.verify({ key: secretKey(newSecret()), code: '123456' }),
  ]);
  expect(right.status).toBe('fulfilled');
  const error = (wrong as PromiseRejectedResult).reason;
  expect(error).toBeInstanceOf(OtpError);
  const parts = ({ code, reason, fieldViolations, message }: OtpError) => ({ code, reason, fieldViolations, message });
  expect(parts(error)).toEqual(parts(alone));
  expect(error.requestId).toMatch(/^[\da-f-]{36}$/);
});

describe('a caller that leaves', () => {
  test('by its signal has CANCELLED with the reason, and the others continue', async () => {
    const leaving = new AbortController();
    const gone = client.token({ key: secretKey(newSecret()) }, { signal: leaving.signal });
    const others = [1, 2, 3].map(() => client.token({ key: secretKey(newSecret()) }));
    leaving.abort('tired');
    await expect(gone).rejects.toMatchObject({ code: 'CANCELLED', cause: 'tired' });
    expect(await Promise.all(others)).toHaveLength(3);
  });

  test('ends the batch once it is the last', async () => {
    const sent = Promise.withResolvers<AbortSignal | undefined>();
    const send = (_requests: unknown, { signal }: CallOptions) => {
      sent.resolve(signal);
      return new Promise<never>(() => undefined);
    };
    const token = createBatcher(OtpService.method.token, send, {} as Calls);
    const leaving = [new AbortController(), new AbortController()];
    const gone = leaving.map(({ signal }) => token({}, { signal }));
    const batch = await sent.promise;
    leaving[0]?.abort();
    await expect(gone[0]).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(batch?.aborted).toBe(false);
    leaving[1]?.abort();
    await expect(gone[1]).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(batch?.aborted).toBe(true);
  });

  test('before it called is refused at once', async () => {
    await expect(client.token({}, { signal: AbortSignal.abort('early') })).rejects.toMatchObject({ cause: 'early' });
  });
});

test('what a batch alone is too much for is asked one by one', async () => {
  const other = createTestClient(server.address);
  const apiKey = await server.createKey({ plan: 'free' });
  await using few = connectFew(apiKey);
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => few.client.token({ key: secretKey(newSecret()) })));
  const limit = outcomes.filter(({ status }) => status === 'fulfilled').length;
  expect(limit).toBe(5);
  const refused = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
  expect(refused.reason).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'ERROR_REASON_RATE_LIMITED' });
  expect(refused.reason.message).toMatch(/try again in \d+(\.\d+)? s/);
  expect((await other.call(methods.token, {}, { apiKey })).code).toBe('RESOURCE_EXHAUSTED');
  other.close();
});

test('with a confirmation or alternatives a call goes alone', async () => {
  const from = server.log.length;
  const call = () => client.verify({ key: secretKey(newSecret()), alternatives: [secretKey(newSecret())], code: '123456' });
  await Promise.all([call(), call(), call()]);
  await expect.poll(() => calls(from)).toEqual({ Verify: 3 });
});

test('after the end of the client nothing is sent', async () => {
  const closed = connect(server.address, server.apiKey, { plaintext: true, batching: true });
  closed.close();
  await expect(closed.token({})).rejects.toMatchObject({ code: 'CANCELLED', message: 'the client is closed: make another' });
});

function connectFew(apiKey: string) {
  const few = connect(server.address, apiKey, { plaintext: true, batching: true });
  return { client: few, [Symbol.asyncDispose]: async () => few.close() };
}
