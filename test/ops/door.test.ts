/** The operations door: its answers, and the metrics of real calls. */
import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Health, HealthCheckResponse_ServingStatus } from '../../gen/ts/health/v1/health_pb.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { databaseFile } from '../../src/store/open.ts';
import { allKeys } from '../support/all-keys.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { openPatientStore } from '../support/patient-store.ts';
import { answerOf, frame, openConnection, openStream, rawCall } from '../support/raw.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { sampleOf, scrape } from './scrape.ts';

const SECRET = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const OPS = { opsListen: '127.0.0.1:0' };

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ flags: { ...OPS, httpListen: '127.0.0.1:0' } });
});
afterAll(async () => {
  for (const client of clients) client.close();
  await server.close();
});

const clients: TestClient[] = [];
function connect(apiKey: string): TestClient {
  const client = createTestClient(server.address, apiKey);
  clients.push(client);
  return client;
}

async function answer(path: string, method = 'GET') {
  const response = await fetch(`${server.opsUrl}${path}`, { method });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

test.each([
  ['/livez', 'GET', 200, 'ok\n'],
  ['/readyz', 'GET', 200, 'ok\n'],
  ['/readyz?verbose', 'GET', 200, 'ok\n'],
  ['/livez', 'HEAD', 200, ''],
  ['/livez', 'POST', 405, 'only GET\n'],
  ['/', 'GET', 404, 'not found: there are /metrics, /livez, /readyz\n'],
  ['/toString', 'GET', 404, 'not found: there are /metrics, /livez, /readyz\n'],
])('%s by %s is answered %d', async (path, method, status, text) => {
  expect(await answer(path, method)).toMatchObject({ status, text });
});

test('of more than a hundred connections at a time the others are closed at once', async () => {
  const { hostname, port } = new URL(server.opsUrl);
  const sockets = Array.from({ length: 110 }, () =>
    connectTcp(Number(port), hostname)
      .on('error', () => undefined)
      .resume(),
  );
  // A connection without a request gets an answer before it is closed.
  const refused = () => sockets.filter(({ closed, bytesRead }) => closed && bytesRead === 0).length;
  await until('ten connections are closed', () => refused() >= 10);
  for (const socket of sockets) socket.destroy();
  await expect.poll(() => answer('/livez').catch(() => undefined), { timeout: 20_000 }).toMatchObject({ status: 200 });
});

test('metrics are in the text format of Prometheus, and kept by no cache', async () => {
  const { headers, text } = await answer('/metrics');
  expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(text).toMatch(/^# HELP rpc_server_call_duration_seconds /);
});

test('calls are counted by method, status and door, with what they were refused for', async () => {
  const before = await scrape(server.opsUrl);
  const plan = await server.createKey({ plan: 'free', name: 'free' });
  const [client, limited, stranger] = [server.apiKey, plan, 'otpd_nobody'].map(connect) as [TestClient, TestClient, TestClient];
  await client.call(methods.token, { key: SECRET });
  await client.call(methods.token, {});
  for (let call = 0; call < 7; call += 1) await limited.call(methods.token, { key: SECRET });
  await stranger.call(methods.token, { key: SECRET });
  const url = `${server.httpUrl}/otp.v1.OtpService/Token`;
  const headers = { 'x-api-key': server.apiKey, 'content-type': 'application/json' };
  await fetch(url, { method: 'POST', headers, body: '{"key":{"secret":"JBSWY3DPEHPK3PXP"}}' });
  await fetch(`${server.httpUrl}/otp.v1.OtpService/${'x'.repeat(50)}`, { method: 'POST', headers, body: '{}' });
  const after = await scrape(server.opsUrl);
  const grown = (name: string, labels: Record<string, string>) => sampleOf(after, name, labels) - sampleOf(before, name, labels);
  const calls = (code: string, system: string) =>
    grown('rpc_server_call_duration_seconds_count', {
      rpc_method: 'otp.v1.OtpService/Token',
      rpc_status_code: code,
      rpc_system_name: system,
    });
  expect({
    ok: calls('OK', 'grpc'),
    invalid: calls('INVALID_ARGUMENT', 'grpc'),
    exhausted: calls('RESOURCE_EXHAUSTED', 'grpc'),
    unauthenticated: calls('UNAUTHENTICATED', 'grpc'),
    connect: calls('OK', 'connect'),
  }).toEqual({ ok: 6, invalid: 1, exhausted: 2, unauthenticated: 1, connect: 1 });
  expect(grown('otpd_rate_limited_total', { plan: 'free', window: 'minute' })).toBe(2);
  expect(grown('otpd_authentication_failures_total', { reason: 'API_KEY_INVALID' })).toBe(1);
  // Text of a caller is not a label, and neither is the caller.
  expect(after.text).not.toContain('xxxx');
  const ids = (await allKeys(server.app.store.keys)).map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(1);
  for (const id of ids) expect(after.text).not.toContain(id);
});

test('store operations, connections and the process are measured', async () => {
  const client = connect(server.apiKey);
  await client.call(methods.verify, { key: SECRET, code: '000000' });
  const found = await scrape(server.opsUrl);
  expect(
    sampleOf(found, 'otpd_store_operation_duration_seconds_count', { operation: 'codes.judge', backend: 'sqlite' }),
  ).toBeGreaterThan(0);
  expect(sampleOf(found, 'otpd_store_up', { backend: 'sqlite' })).toBe(1);
  expect(sampleOf(found, 'otpd_limits_local', {})).toBe(0);
  expect(sampleOf(found, 'otpd_open_connections', {})).toBeGreaterThan(0);
  expect(sampleOf(found, 'process_resident_memory_bytes', {})).toBeGreaterThan(30e6);
  expect(sampleOf(found, 'process_cpu_seconds_total', {})).toBeGreaterThan(0);
  expect(sampleOf(found, 'nodejs_eventloop_delay_seconds', { percentile: '100' })).toBeGreaterThanOrEqual(0);
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(sampleOf(found, 'otpd_build_info', { version, node: process.versions.node })).toBe(1);
});

test('checks are counted by outcome and type, with lockouts and the drift of accepted codes', async () => {
  const client = connect(server.apiKey);
  const before = await scrape(server.opsUrl);
  const hotp = { source: { case: 'secret', value: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' }, type: 2, counter: 0n } as const;
  const totp = { source: { case: 'secret', value: 'KRSXG5DTMVRXEZLUKRSXG5DTMVRXEZLU' }, periodSeconds: 86_400 } as const;
  const now = (await client.call(methods.token, { key: totp, pastSteps: 1 })).response;
  await client.call(methods.verify, { key: totp, code: now?.neighbours[0]?.code ?? '' });
  await client.call(methods.verify, { key: totp, code: now?.token?.code ?? '' });
  await client.call(methods.verify, { key: totp, code: now?.token?.code ?? '' });
  await client.call(methods.verify, { key: hotp, code: '287082', lookAhead: 5 });
  await client.call(methods.verify, { key: hotp, code: 'x' });
  await client.call(methods.resyncHotp, { key: hotp, codes: ['x', 'y'] });
  for (let sent = 0; sent < 6; sent += 1) await client.call(methods.verify, { key: hotp, code: '000000' });
  const { response: made } = await client.call(methods.generateRecoveryCodes, { count: 1 });
  await client.call(methods.verifyRecoveryCode, { set: made?.set ?? {}, code: made?.codes[0] ?? '' });
  const wrong = { set: made?.set ?? {}, code: '0000-0000-0000-0000' };
  for (let sent = 0; sent < 6; sent += 1) await client.call(methods.verifyRecoveryCode, wrong);
  const after = await scrape(server.opsUrl);
  const grown = (name: string, labels: Record<string, string>) => sampleOf(after, name, labels) - sampleOf(before, name, labels);
  const verified = (outcome: string, type: string) => grown('otpd_verifications_total', { outcome, type });
  expect({
    totp: [verified('accepted', 'totp'), verified('replayed', 'totp')],
    hotp: ['accepted', 'malformed', 'mismatch', 'throttled'].map((outcome) => verified(outcome, 'hotp')),
    recovery: ['accepted', 'mismatch', 'throttled'].map((outcome) => verified(outcome, 'recovery')),
    lockouts: ['totp', 'hotp', 'recovery'].map((type) => grown('otpd_lockouts_total', { type })),
    drift: ['-2', '-1', '0'].map((le) => grown('otpd_drift_steps_bucket', { le })),
  }).toEqual({ totp: [2, 1], hotp: [1, 2, 5, 1], recovery: [1, 5, 1], lockouts: [0, 1, 1], drift: [0, 1, 2] });
});

test('a server that stops is alive, and not ready, while a call is in flight', async () => {
  const other = await startServer({ flags: { ...OPS, shutdownGrace: '20' } });
  const status = async (path: string) => (await fetch(`${other.opsUrl}${path}`)).status;
  const connection = await openConnection(other.address);
  const path = '/otp.v1.OtpService/Token';
  const message = frame(toBinary(methods.token.input, create(methods.token.input, { key: SECRET })));
  const headers = { 'x-api-key': other.apiKey };
  const held = openStream(connection, path, headers);
  const answer = answerOf(held);
  // The answer on the same connection shows that the headers of the first call have arrived.
  expect((await rawCall(connection, path, { headers, body: message })).code).toBe('OK');
  expect(await status('/readyz')).toBe(200);
  const closed = other.close();
  expect([await status('/readyz'), await status('/livez')]).toEqual([503, 200]);
  held.end(message);
  await answer;
  await closed;
});

test('a server whose store is unreachable is live, and not ready', async () => {
  let isAway = false;
  const dataDir = server.dataDir;
  const real = openPatientStore(databaseFile(dataDir));
  const ping = () => (isAway ? Promise.reject(new StoreUnavailableError('away')) : real.ping());
  const other = await startServer({ flags: OPS, dataDir, store: { ...real, ping } });
  const status = async (path: string) => (await fetch(`${other.opsUrl}${path}`)).status;
  const client = createTestClient(other.address);
  clients.push(client);
  try {
    expect(await status('/readyz')).toBe(200);
    isAway = true;
    await expect.poll(() => status('/readyz'), { timeout: 5000 }).toBe(503);
    expect(await status('/livez')).toBe(200);
    // A gRPC balancer learns the state of the services; the process as a whole need not restart.
    const health = async (service: string) => (await client.call(Health.method.check, { service })).response?.status;
    expect(await health('otp.v1.OtpService')).toBe(HealthCheckResponse_ServingStatus.NOT_SERVING);
    expect(await health('')).toBe(HealthCheckResponse_ServingStatus.SERVING);
    expect(sampleOf(await scrape(other.opsUrl), 'otpd_store_up', { backend: 'sqlite' })).toBe(0);
    isAway = false;
    await expect.poll(() => status('/readyz'), { timeout: 5000 }).toBe(200);
  } finally {
    await other.close();
  }
});

test('nothing is served where it is off', async () => {
  const other = await startServer({ flags: { opsListen: 'off' } });
  expect(other.opsUrl).toBe('http://undefined');
  await other.close();
});
