/** The log: exactly one line per call, with the facts for an operator, and nothing of the content of the call. */
import { setTimeout as sleep } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test, vi } from 'vitest';
import { parseApiKey } from '../../src/auth/api-key.ts';
import { DEFAULTS } from '../../src/otp/params.ts';
import { parseSecret } from '../../src/otp/secret.ts';
import { formatUri } from '../../src/otp/uri.ts';
import { type Answer, createTestClient, methods } from '../support/client.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { frame, openConnection, openStream, rawCall } from '../support/raw.ts';
import { startServer } from '../support/server.ts';
import { openWatch } from '../support/watch.ts';
import { wireForEach } from '../support/wire.ts';

/** Made for this test. Anywhere except in an answer that must contain it, it is a leak. */
const SECRET = 'CANARY2CANARY2CANARY2CANARY22222';
const CODE = '731946';
const key = { source: { case: 'secret', value: SECRET } } as const;
const TOKEN = '/otp.v1.OtpService/Token';

const wire = wireForEach();

const calls = () => wire.server.log.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'call');

describe('one line a call', () => {
  test.each([
    ['a good one', { key }, {}, 'OK', true],
    ['bad fields', {}, {}, 'INVALID_ARGUMENT', true],
    ['no key', { key }, { apiKey: undefined }, 'UNAUTHENTICATED', false],
    ['a wrong key', { key }, { apiKey: 'otpd_wrong' }, 'UNAUTHENTICATED', false],
  ])('%s', async (_, request, options, code, known) => {
    await wire.client.call(methods.token, request, { ...options, metadata: { 'x-request-id': 'line-1' } });
    const lines = calls();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      method: TOKEN,
      code,
      requestId: 'line-1',
      peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    });
    expect(lines[0].durationMs).toBeGreaterThan(0);
    expect(lines[0].durationMs).toBeLessThan(5000);
    expect(lines[0].keyId).toBe(known ? parseApiKey(wire.server.apiKey)?.id : undefined);
  });

  test('a call over the limit and one without the scope name their key', async () => {
    const apiKey = await wire.server.createKey({ plan: 'free', scopes: ['generate'] });
    for (let call = 0; call < 6; call += 1) await wire.client.call(methods.token, { key }, { apiKey });
    expect(calls().map(({ code }) => code)).toEqual([...Array(5).fill('PERMISSION_DENIED'), 'RESOURCE_EXHAUSTED']);
    for (const { keyId } of calls()) expect(keyId).toBe(parseApiKey(apiKey)?.id);
  });

  test('a check of a code has its outcome, and several have how often there was each', async () => {
    const check = (code: string) => wire.client.call(methods.verify, { key, code });
    await check('12');
    for (let sent = 0; sent < 6; sent += 1) await check('000000');
    const requests = ['000000', '000000', '1'].map((code) => ({
      key: { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const,
      code,
    }));
    await wire.client.call(methods.batchVerify, { requests });
    const lines = calls();
    expect(lines.slice(0, 7).map(({ outcome }) => outcome)).toEqual(['malformed', ...Array(5).fill('mismatch'), 'throttled']);
    expect(lines.slice(0, 7).every(({ code }) => code === 'OK')).toBe(true);
    expect(lines[7].outcomes).toEqual({ mismatch: 2, malformed: 1 });
    expect(lines[7]).not.toHaveProperty('outcome');
  });

  test('a stream that its caller leaves', async () => {
    const watch = openWatch(wire.client, wire.server.apiKey, { key });
    await watch.first;
    expect(calls()).toEqual([]);
    watch.call.cancel();
    await expect.poll(calls).toMatchObject([{ method: '/otp.v1.OtpService/WatchToken', code: 'CANCELLED' }]);
  });

  test('streams reset as soon as they are opened, each of them', async () => {
    const connection = await openConnection(wire.server.address);
    for (const path of [TOKEN, '/otp.v1.OtpService/WatchToken', '/grpc.health.v1.Health/Watch'])
      for (let opened = 0; opened < 100; opened += 1) openStream(connection, path, { 'x-api-key': wire.server.apiKey }).close(8);
    await expect.poll(() => calls().length).toBe(300);
    await sleep(50);
    expect(calls()).toHaveLength(300);
    connection.destroy();
  });
});

describe('canaries', () => {
  const parameters = { type: 'totp', algorithm: DEFAULTS.algorithm, digits: 6, period: 30 } as const;
  const uri = formatUri({ secret: parseSecret(SECRET), issuer: 'ACME', accountName: 'alice', parameters, counter: undefined });
  const byUri = (more: string) => ({ source: { case: 'uri', value: uri + more } }) as const;

  function expectClean(texts: readonly string[], apiKey: string): void {
    for (const text of texts)
      for (const canary of [SECRET, SECRET.toLowerCase(), CODE, apiKey, apiKey.split('_')[2] ?? apiKey])
        expect(text).not.toContain(canary);
  }

  test('neither the log, nor an error, nor standard error holds a secret, a code or an API key', async () => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const console_ = vi.spyOn(console, 'error').mockReturnValue();
    const connection = await openConnection(wire.server.address);
    const { apiKey } = wire.server;
    const errors: Answer<unknown>[] = [
      await wire.client.call(methods.token, { key: { ...key, digits: 5 } }),
      await wire.client.call(methods.token, { key: { source: { case: 'secret', value: `${SECRET}1` } } }),
      await wire.client.call(methods.token, { key: byUri('&period=30s') }),
      await wire.client.call(methods.token, { key: byUri(`&secret=${SECRET}`) }),
      await wire.client.call(methods.generate, { secret: SECRET, issuer: 'a:b' }),
      await wire.client.call(methods.generate, { accountName: 'alice', secret: `${SECRET}!` }),
      await wire.client.call(methods.verify, { key, code: CODE.repeat(20) }),
      await wire.client.call(methods.verify, { key, code: CODE, requestId: CODE }),
      await wire.client.callBytes(
        methods.token,
        Buffer.concat([toBinary(methods.token.input, create(methods.token.input, { key })), Buffer.from([0xff])]),
      ),
      await wire.client.call(methods.token, { key }, { apiKey: `${apiKey}x` }),
      await wire.client.call(methods.token, { key }, { metadata: { 'x-request-id': uri } }),
      await wire.client.call(methods.token, {}, { metadata: { 'x-request-id': apiKey } }),
    ];
    await wire.client.call(methods.verify, { key, code: CODE });
    const raw = [
      await rawCall(connection, TOKEN, { headers: { 'x-api-key': `${apiKey}é` }, body: frame(Buffer.alloc(0)) }),
      await rawCall(connection, TOKEN, { headers: { 'x-api-key': [apiKey, apiKey] }, body: frame(Buffer.alloc(0)) }),
      await rawCall(connection, TOKEN, {
        headers: { 'x-api-key': apiKey, 'grpc-timeout': SECRET },
        body: frame(Buffer.alloc(0)),
      }),
    ];
    connection.destroy();
    const written = [...stderr.mock.calls, ...console_.mock.calls].flat().map(String);
    vi.restoreAllMocks();
    expectClean(written, apiKey);
    expectClean(wire.server.log, apiKey);
    for (const { message, details } of errors) expectClean([message, JSON.stringify(details, withBigints)], apiKey);
    for (const { message, details } of raw) expectClean([message, JSON.stringify(details, withBigints)], apiKey);
    expect(wire.server.log.length).toBeGreaterThan(errors.length);
  });

  test('an error thrown by a bug takes what it quotes no further', async () => {
    const memory = createMemoryStore();
    const findMany = () => Promise.reject(new Error(`cannot find ${SECRET} ${CODE}`, { cause: new Error(SECRET) }));
    const faulty = await startServer({ store: { ...memory, keys: { ...memory.keys, findMany } } });
    const caller = createTestClient(faulty.address, faulty.apiKey);
    const { code, message, details } = await caller.call(methods.token, { key });
    caller.close();
    await faulty.close();
    expect(code).toBe('INTERNAL');
    expectClean([...faulty.log, message, JSON.stringify(details, withBigints)], faulty.apiKey);
  });
});

function withBigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
