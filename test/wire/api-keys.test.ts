/** API keys over the wire: revoked, expired, rotated, and without a scope; a guesser learns nothing and is slowed down. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { issueApiKey, parseApiKey, revokeApiKey, rotateApiKey } from '../../src/auth/api-key.ts';
import { SCOPES, type Scope } from '../../src/ports/principal.ts';
import { type Answer, createTestClient, methods, type TestClient } from '../support/client.ts';
import { expectError } from '../support/expect-error.ts';
import { startServer, type TestServer } from '../support/server.ts';

const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
/** The methods that each scope allows; `export` opens sealed keys for others. */
const OPENS: Readonly<Record<Scope, readonly string[]>> = {
  generate: ['generate'],
  token: ['token'],
  verify: ['verify'],
  seal: ['seal', 'rewrap'],
  export: [],
  admin: [],
};
const SECOND = 1000;

let now: number;
let server: TestServer;
let client: TestClient;

beforeEach(async () => {
  now = Date.parse('2026-01-01T00:00:00Z');
  server = await startServer({ clock: () => now });
  client = createTestClient(server.address);
});
afterEach(async () => {
  client.close();
  await server.close();
});

const call = (apiKey: string) => client.call(methods.token, { key }, { apiKey });
const idOf = (apiKey: string) => parseApiKey(apiKey)?.id ?? '';
const revoke = (apiKey: string) => server.app.store.keys.update(idOf(apiKey), (record) => revokeApiKey(record, now));

async function rotate(apiKey: string, graceMs: number): Promise<string> {
  let rotated = '';
  await server.app.store.keys.update(idOf(apiKey), (record) => {
    const issued = rotateApiKey(record, graceMs, now);
    rotated = issued.apiKey;
    return issued.record;
  });
  return rotated;
}

describe('an end of a key takes effect within a second', () => {
  test('revoked', async () => {
    const apiKey = await server.createKey();
    expect((await call(apiKey)).code).toBe('OK');
    await revoke(apiKey);
    now += SECOND;
    expectError(await call(apiKey), 'UNAUTHENTICATED', 'API_KEY_INVALID');
  });

  test('expired, to the millisecond', async () => {
    const apiKey = await server.createKey({ expiresAt: now + 10_000 });
    now += 9_999;
    expect((await call(apiKey)).code).toBe('OK');
    now += 1;
    expectError(await call(apiKey), 'UNAUTHENTICATED', 'API_KEY_INVALID');
  });

  test('rotated: both work during the grace, then the new one alone', async () => {
    const old = await server.createKey();
    expect((await call(old)).code).toBe('OK');
    const fresh = await rotate(old, 60_000);
    now += SECOND;
    expect([(await call(old)).code, (await call(fresh)).code]).toEqual(['OK', 'OK']);
    now += 59 * SECOND;
    expectError(await call(old), 'UNAUTHENTICATED', 'API_KEY_INVALID');
    expect((await call(fresh)).code).toBe('OK');
  });

  test('rotated without a grace: the old one ends', async () => {
    const old = await server.createKey();
    expect((await call(old)).code).toBe('OK');
    const fresh = await rotate(old, 0);
    now += SECOND;
    expectError(await call(old), 'UNAUTHENTICATED', 'API_KEY_INVALID');
    expect((await call(fresh)).code).toBe('OK');
  });

  test('a new key works at once', async () => {
    const { apiKey, record } = issueApiKey({ name: 'late', plan: 'unlimited', scopes: SCOPES }, now);
    expectError(await call(apiKey), 'UNAUTHENTICATED', 'API_KEY_INVALID');
    await server.app.store.keys.insert(record);
    now += SECOND;
    expect((await call(apiKey)).code).toBe('OK');
  });
});

test('unknown, malformed, wrong, revoked and expired are one answer', async () => {
  const revoked = await server.createKey();
  await revoke(revoked);
  const expired = await server.createKey({ expiresAt: now + 1 });
  now += SECOND;
  const unknown = issueApiKey({ name: 'never stored', plan: 'unlimited', scopes: SCOPES }, now).apiKey;
  const other = await server.createKey();
  const wrong = await rotate(other, 0);
  await rotate(other, 0);
  const keys = [unknown, 'nonsense', `${server.apiKey}x`, wrong, revoked, expired];
  const answers = await Promise.all(
    keys.map((apiKey) => client.call(methods.token, { key }, { apiKey, metadata: { 'x-request-id': 'same' } })),
  );
  const [first] = answers;
  expectError(first as Answer<unknown>, 'UNAUTHENTICATED', 'API_KEY_INVALID');
  for (const answer of answers) expect(answer).toEqual(first);
});

test('authorization: Bearer opens as x-api-key does, which goes first', async () => {
  const bearer = (header: string, apiKey?: string) =>
    client.call(methods.token, { key }, { apiKey, metadata: { authorization: header } });
  expect((await bearer(`Bearer ${server.apiKey}`)).code).toBe('OK');
  expect((await bearer(`bearer   ${server.apiKey}`)).code).toBe('OK');
  expect((await bearer(`Bearer ${server.apiKey}`, '')).code).toBe('OK');
  expect((await bearer(`Bearer ${server.apiKey}`, 'otpd_wrong')).code).toBe('UNAUTHENTICATED');
});

test.each(SCOPES)('the scope %s opens its own methods and no other', async (scope) => {
  const apiKey = await server.createKey({ scopes: [scope] });
  const codes = {
    generate: (await client.call(methods.generate, { accountName: 'alice' }, { apiKey })).code,
    token: (await call(apiKey)).code,
    verify: (await client.call(methods.verify, { key, code: '0' }, { apiKey })).code,
    seal: (await client.call(methods.seal, { items: [{ key }] }, { apiKey })).code,
    rewrap: (await client.call(methods.rewrap, { items: [{}] }, { apiKey })).code,
  };
  const expected = Object.keys(codes).map((name) => [name, OPENS[scope].includes(name) ? 'OK' : 'PERMISSION_DENIED']);
  expect(codes).toEqual(Object.fromEntries(expected));
});

test('a guesser is throttled after 100 failures a minute; a right key of the same address is not, seen before or not', async () => {
  const [used, unused] = [await server.createKey(), await server.createKey()];
  const guess = () => call(issueApiKey({ name: 'never stored', plan: 'unlimited', scopes: SCOPES }, now).apiKey);
  expect((await call(used)).code).toBe('OK');
  for (let failure = 0; failure < 100; failure += 1) expect((await guess()).code).toBe('UNAUTHENTICATED');
  const answer = await guess();
  expectError(answer, 'RESOURCE_EXHAUSTED', 'AUTHENTICATION_THROTTLED');
  expect(answer.trailers).toMatchObject({ 'retry-after': '60', 'grpc-retry-pushback-ms': '60000' });
  expect(answer.details.retryInfo?.retryDelay?.seconds).toBe(60n);
  expect((await call(used)).code).toBe('OK');
  expect((await call(unused)).code).toBe('OK');
  now += 60_000;
  expect((await guess()).code).toBe('UNAUTHENTICATED');
});

test('a malformed key is refused with a reason, however often it is sent, and does not count as a failure', async () => {
  for (let guess = 0; guess < 150; guess += 1) expectError(await call(`otpd_${guess}`), 'UNAUTHENTICATED', 'API_KEY_INVALID');
  const unknown = issueApiKey({ name: 'never stored', plan: 'unlimited', scopes: SCOPES }, now).apiKey;
  expectError(await call(unknown), 'UNAUTHENTICATED', 'API_KEY_INVALID');
});
