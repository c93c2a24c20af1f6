/** Traces over real doors, as a collector receives them. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OtpType } from '../../gen/ts/otp/v1/key_pb.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { allKeys } from '../support/all-keys.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { runningMs } from '../support/running-time.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { openWatch } from '../support/watch.ts';

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const KEY = { source: { case: 'secret', value: SECRET }, accountName: 'alice@example.com', issuer: 'Acme' } as const;
const VERIFY = 'otp.v1.OtpService/Verify';
const PARENT = '00f067aa0ba902b7';
const newTraceId = (): string => randomBytes(16).toString('hex');
const parentOf = (traceId: string, flags = '01'): string => `00-${traceId}-${PARENT}-${flags}`;

const GRACE = { flags: { shutdownGrace: '1' } };

let receiver: OtlpReceiver;

/** Sets variables of the process, which the SDK reads, until the end of the tests. */
function setVariables(variables: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name];
  Object.assign(process.env, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '10', ...variables });
}

beforeAll(async () => {
  receiver = await startOtlpReceiver();
});
afterAll(() => receiver[Symbol.asyncDispose]());
afterEach(() => {
  receiver.status = 200;
  receiver.spans.length = 0;
});

const start = (options: Parameters<typeof startServer>[0] = {}): Promise<TestServer> =>
  startServer({ ...options, env: process.env, flags: { httpListen: '127.0.0.1:0', ...options.flags } });

/** Resolves to the spans of a trace once the span of its call, which is sent last, is among them; in the order of their start. */
async function spansOf(traceId: string): Promise<ReceivedSpan[]> {
  const found = () => receiver.spans.filter((span) => span.traceId === traceId);
  await expect.poll(() => found().filter(({ kind }) => kind === 2).length, { timeout: 5000 }).toBeGreaterThan(0);
  return found().sort((one, other) => other.kind - one.kind || Number(one.startNs - other.startNs));
}

const lineOf = (server: TestServer, requestId: string): Record<string, unknown> =>
  server.log.map((line) => JSON.parse(line)).find((line) => line.requestId === requestId);

describe.each(['on', 'off'])('with the fast path %s', (fastPath) => {
  let server: TestServer;
  let client: TestClient;
  beforeAll(async () => {
    setVariables({ OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-key=mine', OTEL_SERVICE_NAME: 'logins' });
    server = await start({ flags: { fastPath, opsListen: '127.0.0.1:0' } });
    client = createTestClient(server.address, server.apiKey);
  });
  afterAll(async () => {
    client.close();
    await server.close();
  });

  const verify = (traceparent: string, more: Readonly<Record<string, string>> = {}) =>
    client.call(methods.verify, { key: KEY, code: '000000' }, { metadata: { traceparent, ...more } });
  const byHttp = (path: string, body: unknown, headers: Record<string, string>) =>
    fetch(`${server.httpUrl}${path}`, {
      method: 'POST',
      headers: { 'x-api-key': server.apiKey, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  /** Expects the whole tree of a Verify. */
  function expectTree(spans: readonly ReceivedSpan[], system: string): void {
    const [call, charge, judge] = spans as [ReceivedSpan, ReceivedSpan, ReceivedSpan];
    expect(spans.map(({ name, kind, parentSpanId }) => ({ name, kind, parentSpanId }))).toEqual([
      { name: VERIFY, kind: 2, parentSpanId: PARENT },
      { name: 'charge', kind: 1, parentSpanId: call.spanId },
      { name: 'judge', kind: 1, parentSpanId: call.spanId },
    ]);
    expect(call.attributes).toEqual({
      'rpc.system.name': system,
      'rpc.method': VERIFY,
      'rpc.response.status_code': 'OK',
    });
    expect([call, charge, judge].map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(call.startNs).toBeLessThanOrEqual(charge.startNs);
    expect(charge.endNs).toBeLessThanOrEqual(judge.startNs);
    expect(judge.endNs).toBeLessThanOrEqual(call.endNs);
    expect([charge.attributes, judge.attributes]).toEqual([{}, {}]);
  }

  test('a Verify by gRPC is a tree under its caller, and its log line names it', async () => {
    const [traceId, requestId] = [newTraceId(), randomUUID()];
    await verify(parentOf(traceId), { tracestate: 'vendor=opaque', 'x-request-id': requestId });
    const spans = await spansOf(traceId);
    expectTree(spans, 'grpc');
    expect(spans.map(({ traceState }) => traceState)).toEqual(Array(3).fill('vendor=opaque'));
    expect(lineOf(server, requestId)).toMatchObject({ traceId, spanId: spans[0]?.spanId, msg: 'call' });
    expect(receiver.resource).toMatchObject({ 'service.name': 'logins', 'service.version': expect.any(String) });
    expect(receiver.requests.at(-1)).toMatchObject({ ':path': '/v1/traces', 'x-collector-key': 'mine' });
  });

  test('a Verify by HTTP is the same tree', async () => {
    const traceId = newTraceId();
    await byHttp('/otp.v1.OtpService/Verify', { key: { secret: SECRET }, code: '000001' }, { traceparent: parentOf(traceId) });
    expectTree(await spansOf(traceId), 'connectrpc');
  });

  test('a call of a REST API is named by its path, and charged', async () => {
    const traceId = newTraceId();
    const body = { twoFactorSecret: SECRET };
    await byHttp('/api/2fa/generate', body, { traceparent: parentOf(traceId) });
    const [call, ...parts] = await spansOf(traceId);
    expect(call).toMatchObject({ name: 'api/2fa/generate', parentSpanId: PARENT, attributes: { 'rpc.system.name': 'rest' } });
    expect(parts.map(({ name }) => name)).toEqual(['charge']);
  });

  test('a batch is charged for its items, and judged once', async () => {
    const traceId = newTraceId();
    const requests = ['000002', '000003', '000004'].map((code) => ({ key: KEY, code }));
    const { response } = await client.call(methods.batchVerify, { requests }, { metadata: { traceparent: parentOf(traceId) } });
    expect(response?.results).toHaveLength(3);
    const [call, ...parts] = await spansOf(traceId);
    expect(call?.name).toBe('otp.v1.OtpService/BatchVerify');
    expect(parts.map(({ name }) => name)).toEqual(['charge', 'charge', 'judge']);
    const [first, rest, judge] = parts as [ReceivedSpan, ReceivedSpan, ReceivedSpan];
    expect(first.endNs).toBeLessThanOrEqual(rest.startNs);
    expect(rest.endNs).toBeLessThanOrEqual(judge.startNs);
  });

  test('a recovery code and a run of HOTP codes are judged in a span too', async () => {
    const [recovery, resync] = [newTraceId(), newTraceId()];
    const { response } = await client.call(methods.generateRecoveryCodes, {});
    const request = { ...(response?.set && { set: response.set }), code: response?.codes[0] ?? '' };
    await client.call(methods.verifyRecoveryCode, request, { metadata: { traceparent: parentOf(recovery) } });
    const hotp = { ...KEY, type: OtpType.HOTP, counter: 0n };
    await client.call(
      methods.resyncHotp,
      { key: hotp, codes: ['000000', '000001'] },
      { metadata: { traceparent: parentOf(resync) } },
    );
    for (const traceId of [recovery, resync])
      expect((await spansOf(traceId)).map(({ name }) => name).slice(1)).toEqual(['charge', 'judge']);
    for (const code of response?.codes ?? ['']) expect(receiver.bytes.toString('latin1')).not.toContain(code);
  });

  test('the span of a stream lasts as long as the stream', async () => {
    const before = receiver.spans.length;
    const watch = openWatch(client, server.apiKey, { key: KEY });
    await watch.first;
    expect(receiver.spans.slice(before).map(({ name }) => name)).not.toContain('otp.v1.OtpService/WatchToken');
    watch.call.cancel();
    const ended = () => receiver.spans.find(({ name }) => name === 'otp.v1.OtpService/WatchToken');
    await expect.poll(ended).toMatchObject({ status: 0, attributes: { 'rpc.response.status_code': 'CANCELLED' } });
  });

  test.each([
    ['without any', undefined],
    ['of another form', 'not a parent'],
    ['with capital letters', `00-${'A'.repeat(32)}-${PARENT}-01`],
    ['of zeros', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['of version ff', `ff-${'a'.repeat(32)}-${PARENT}-01`],
    ['with more than its version has', `00-${'a'.repeat(32)}-${PARENT}-01-more`],
    ['far too long', `00-${'a'.repeat(4000)}-${PARENT}-01`],
  ])('a parent %s begins a trace of its own', async (_, traceparent) => {
    const requestId = randomUUID();
    const metadata = { 'x-request-id': requestId, tracestate: ',=,', ...(traceparent && { traceparent }) };
    expect((await client.call(methods.token, { key: KEY }, { metadata })).code).toBe('OK');
    const traceId = String(lineOf(server, requestId)['traceId']);
    const [call] = await spansOf(traceId);
    expect([call?.name, call?.parentSpanId]).toEqual(['otp.v1.OtpService/Token', '']);
    expect(traceId).not.toMatch(/^(a+|0+)$/i);
  });

  test('two parents are none', async () => {
    const requestId = randomUUID();
    const [one, other] = [newTraceId(), newTraceId()];
    const headers = { traceparent: `${parentOf(one)}, ${parentOf(other)}`, 'x-request-id': requestId };
    await byHttp('/otp.v1.OtpService/Token', { key: { secret: SECRET } }, headers);
    expect([one, other]).not.toContain(lineOf(server, requestId)['traceId']);
  });

  test('what its caller does not sample is not sent, and is named in the log all the same', async () => {
    const [unsampled, sampled, requestId] = [newTraceId(), newTraceId(), randomUUID()];
    await verify(parentOf(unsampled, '00'), { 'x-request-id': requestId });
    await verify(parentOf(sampled));
    await spansOf(sampled);
    expect(receiver.spans.filter(({ traceId }) => traceId === unsampled)).toEqual([]);
    expect(lineOf(server, requestId)).toMatchObject({ traceId: unsampled, spanId: expect.stringMatching(/^[\da-f]{16}$/) });
  });

  test('the mistake of a caller is no error of the server', async () => {
    const [invalid, stranger] = [newTraceId(), newTraceId()];
    await client.call(methods.verify, { key: KEY }, { metadata: { traceparent: parentOf(invalid) } });
    await client.call(methods.verify, { key: KEY }, { apiKey: 'otpd_no', metadata: { traceparent: parentOf(stranger) } });
    const [call] = await spansOf(invalid);
    expect([call?.status, call?.attributes['rpc.response.status_code']]).toEqual([0, 'INVALID_ARGUMENT']);
    const [refused, ...parts] = await spansOf(stranger);
    expect(refused?.attributes).toMatchObject({
      'rpc.response.status_code': 'UNAUTHENTICATED',
      'otpd.reason': 'ERROR_REASON_API_KEY_INVALID',
    });
    expect([refused?.status, parts]).toEqual([0, []]);
  });

  test('calls that are no calls of ours have no span', async () => {
    const [other, last] = [newTraceId(), newTraceId()];
    await byHttp('/otp.v1.OtpService/Nothing', {}, { traceparent: parentOf(other) });
    await verify(parentOf(last));
    await spansOf(last);
    expect(receiver.spans.filter(({ traceId }) => traceId === other)).toEqual([]);
  });

  test('nothing that was sent says who called, for whom, or with what', async () => {
    const traceId = newTraceId();
    const code = '918273';
    await client.call(
      methods.verify,
      { key: KEY, code },
      { metadata: { traceparent: parentOf(traceId), 'x-request-id': 'request-of-alice' } },
    );
    const [{ id } = { id: '' }] = await allKeys(server.app.store.keys);
    expect(id).not.toBe('');
    for (const span of await spansOf(traceId)) {
      expect([span.eventCount, span.statusMessage]).toEqual([0, '']);
      expect(
        Object.keys(span.attributes).filter((name) => !/^(rpc\.(system\.name|method|response\.status_code))$/.test(name)),
      ).toEqual([]);
    }
    const sent = receiver.bytes.toString('latin1');
    expect(sent).toContain(VERIFY);
    for (const secret of [SECRET, code, server.apiKey, id, 'alice', 'Acme', 'default', '127.0.0.1'])
      expect(sent).not.toContain(secret);
  });

  test('a bucket of the metrics names a trace, in OpenMetrics alone', async () => {
    const traceId = newTraceId();
    await client.call(methods.token, {}, { apiKey: 'otpd_nobody' });
    await verify(parentOf(traceId));
    const [call] = await spansOf(traceId);
    const read = async (accept: string) => {
      const response = await fetch(`${server.opsUrl}/metrics`, { headers: { accept } });
      return { type: response.headers.get('content-type'), text: await response.text() };
    };
    // The request of Prometheus.
    const open = await read(
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1',
    );
    expect(open.type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(open.text).toContain(` # {trace_id="${traceId}",span_id="${call?.spanId}"} `);
    expect(open.text).toMatch(/^# TYPE otpd_authentication_failures counter$/m);
    expect(open.text).toMatch(/^otpd_authentication_failures_total\{reason="API_KEY_INVALID"\} \d+$/m);
    expect(open.text.endsWith('# EOF\n')).toBe(true);
    expect(open.text).not.toContain('_total_total');
    expect(open.text).toMatch(/^otpd_drift_steps_bucket\{le="\+Inf"\} \d+$/m);
    expect(open.text).not.toMatch(/otpd_drift_steps_(sum|count)/);
    for (const accept of [
      '*/*',
      'text/plain',
      'text/plain, application/openmetrics-text;q=0.5',
      'application/openmetrics-text;q=0',
    ]) {
      const plain = await read(accept);
      expect(plain.type).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(plain.text).not.toContain('trace_id');
      expect(plain.text).toMatch(/^# TYPE otpd_authentication_failures_total counter$/m);
    }
  });
});

describe('a server with traces', () => {
  let server: TestServer | undefined;
  let client: TestClient | undefined;
  afterEach(async () => {
    client?.close();
    await server?.close();
    server = undefined;
  });

  async function startWith(variables: Readonly<Record<string, string>>, options: Parameters<typeof start>[0] = {}) {
    setVariables(variables);
    server = await start(options);
    client = createTestClient(server.address, server.apiKey);
    const own = client;
    const verify = (traceparent?: string) =>
      own.call(methods.verify, { key: KEY, code: '000000' }, { metadata: traceparent === undefined ? {} : { traceparent } });
    return { server, verify };
  }

  test('a fault of the server is an error of the call, and of the part that failed', async () => {
    const store = createMemoryStore();
    const judge = () => Promise.reject(new StoreUnavailableError('away'));
    const { verify } = await startWith({}, { store: { ...store, codes: { ...store.codes, judge } } });
    const traceId = newTraceId();
    await verify(parentOf(traceId));
    const spans = await spansOf(traceId);
    expect(spans.map(({ name, status }) => [name, status])).toEqual([
      [VERIFY, 2],
      ['charge', 0],
      ['judge', 2],
    ]);
    expect(spans[0]?.attributes).toMatchObject({ 'error.type': 'UNAVAILABLE', 'otpd.reason': 'ERROR_REASON_STORE_UNAVAILABLE' });
  });

  test('the sampler comes from the variables, and one that its parent chooses follows it', async () => {
    const { server, verify } = await startWith({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' });
    const traceId = newTraceId();
    await verify();
    await verify(parentOf(traceId));
    await spansOf(traceId);
    expect(new Set(receiver.spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    expect(server.log.filter((line) => line.includes('"traceId"'))).toHaveLength(2);
    expect(receiver.resource).toMatchObject({ 'service.name': 'otpd' });
  });

  test('a stop sends what is left', async () => {
    const { server, verify } = await startWith({ OTEL_BSP_SCHEDULE_DELAY: '600000' });
    for (let call = 0; call < 3; call += 1) await verify();
    expect(receiver.spans).toEqual([]);
    await server.close();
    expect(receiver.spans.map(({ name }) => name).sort()).toEqual(
      [VERIFY, 'charge', 'judge'].flatMap((name) => [name, name, name]).sort(),
    );
  });

  test('a collector that never answers costs no call anything, and a stop no more than its grace', async () => {
    receiver.status = 0;
    const { server, verify } = await startWith({ OTEL_BSP_MAX_QUEUE_SIZE: '4', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '2' }, GRACE);
    for (let call = 0; call < 20; call += 1) expect((await verify()).code).toBe('OK');
    const stoppedAt = runningMs();
    await server.close();
    expect(runningMs() - stoppedAt).toBeLessThan(3000);
    // A batch of two was in transit, and the spans in the queue came after it. The others were dropped.
    expect(receiver.spans.length).toBeLessThanOrEqual(6);
  });

  test('an unreachable collector is reported once, and so is its return', async () => {
    receiver.status = 400;
    const { server, verify } = await startWith({});
    const told = (text: string) => server.log.filter((line) => line.includes(text)).length;
    await expect
      .poll(async () => {
        expect((await verify()).code).toBe('OK');
        return told('traces are not sent');
      })
      .toBe(1);
    for (let call = 0; call < 3; call += 1) await verify();
    const { length } = receiver.requests;
    await expect.poll(() => receiver.requests.length).toBeGreaterThanOrEqual(length);
    receiver.status = 200;
    await expect
      .poll(async () => {
        await verify();
        return told('traces are sent again');
      })
      .toBe(1);
    expect(told('traces are not sent')).toBe(1);
  });
});
