/** The operations door of a primary, which answers for its workers. */
import { execFileSync } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { databaseFile } from '../../src/store/open.ts';
import { methods, type TestClient } from '../support/client.ts';
import { suiteUnless } from '../support/needy-suite.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { until } from '../support/until.ts';
import { callAll, type Group, key, startGroup } from '../workers/group.ts';
import { noPromtool, PROMTOOL } from './promtool.ts';
import { sampleOf, scrape } from './scrape.ts';

const PATIENT = { timeout: 15_000 };

let receiver: OtlpReceiver;
let group: Group;
let callers: TestClient[];
let url: string;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  const traces = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '10' };
  group = await startGroup(2, { OTPD_OPS_LISTEN: '127.0.0.1:0', ...traces });
  const served = () => /Metrics and probes are served at (\S+)/.exec(group.instance.output.join('\n'))?.[1];
  await until('the address of the door', () => served() !== undefined);
  url = served() ?? '';
  callers = group.connect(4, group.apiKeys.unlimited);
}, 90_000);
afterAll(async () => {
  await group[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

async function read(accept: string): Promise<{ readonly type: string | null; readonly text: string }> {
  const response = await fetch(`${url}/metrics`, { headers: { accept } });
  return { type: response.headers.get('content-type'), text: await response.text() };
}

test('the calls of all workers are summed, and each worker sends its own spans', async () => {
  await callAll(callers, 40);
  await expect.poll(() => group.served().size, PATIENT).toBe(2);
  const found = await scrape(url);
  const labels = { rpc_method: 'otp.v1.OtpService/Token', rpc_status_code: 'OK', rpc_system_name: 'grpc' };
  expect(sampleOf(found, 'rpc_server_call_duration_seconds_count', labels)).toBe(160);
  expect(sampleOf(found, 'otpd_store_up', { backend: 'sqlite' })).toBe(1);
  expect(found.text.match(/^# TYPE otpd_store_up/gm)).toHaveLength(1);
  await expect.poll(() => receiver.spans.filter(({ kind }) => kind === 2).length, PATIENT).toBe(160);
  expect(new Set(receiver.spans.map(({ instance }) => instance)).size).toBe(2);
});

test('a trace that any worker sampled is named by a bucket, in OpenMetrics alone', async () => {
  const [one, other, unsampled] = ['a1', 'b2', 'c3'].map((byte) => byte.repeat(16)) as [string, string, string];
  const under = (traceId: string, flags = '01') => ({ metadata: { traceparent: `00-${traceId}-00f067aa0ba902b7-${flags}` } });
  // Connections alternate between the workers.
  await callers[0]?.call(methods.verify, { key, code: '000000' }, under(one));
  await callers[1]?.call(methods.generate, {}, under(other));
  await callers[1]?.call(methods.verify, { key, code: '000000' }, under(unsampled, '00'));
  const workerOf = (id: string) => group.instance.log().find(({ traceId }) => traceId === id)?.worker;
  await expect.poll(() => [one, other, unsampled].map(workerOf), PATIENT).not.toContain(undefined);
  expect(workerOf(one)).not.toBe(workerOf(other));

  const { type, text } = await read('application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.3');
  expect(type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  const tracesOf = (method: string) =>
    text.split('\n').flatMap((line) => {
      const [, called, traceId] =
        /^rpc_server_call_duration_seconds_bucket\{.*rpc_method="([^"]+)".*\} \d+ # \{trace_id="([\da-f]{32})",span_id="[\da-f]{16}"\} \S+ \S+$/.exec(
          line,
        ) ?? [];
      return called === method ? [traceId] : [];
    });
  expect(tracesOf('otp.v1.OtpService/Verify')).toEqual([one]);
  expect(tracesOf('otp.v1.OtpService/Generate')).toEqual([other]);
  expect(text.endsWith('\n# EOF\n')).toBe(true);
  const plain = await read('text/plain');
  expect(plain.type).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(plain.text).not.toContain('trace_id');
});

suiteUnless(noPromtool, 'by promtool', () => {
  test('the sums are in order', async () => {
    const { text } = await read('text/plain');
    expect(execFileSync(PROMTOOL, ['check', 'metrics'], { input: text, encoding: 'utf8', stdio: 'pipe' })).toBe('');
  });
});

test('a group with a dead worker, or without its store, is not ready, and is scraped without the worker', async () => {
  const ready = async () => (await fetch(`${url}/readyz`)).status;
  expect(await ready()).toBe(200);
  const [pid = 0] = group.pids();
  // The worker stops answering, and ends during the question or before it.
  process.kill(pid, 'SIGSTOP');
  const gathered = read('text/plain');
  process.kill(pid, 'SIGKILL');
  expect((await gathered).text).toMatch(/^otpd_store_up\{/m);
  await expect.poll(ready, PATIENT).toBe(503);
  await expect.poll(ready, PATIENT).toBe(200);
  await callers[0]?.call(methods.token, { key });
  expect((await read('text/plain')).text).toMatch(/^otpd_store_up\{/m);

  // The workers report that they cannot use the store, and that it is back.
  const other = new DatabaseSync(databaseFile(group.folder));
  other.exec('BEGIN IMMEDIATE');
  await expect.poll(ready, PATIENT).toBe(503);
  other.exec('COMMIT');
  other.close();
  await expect.poll(ready, PATIENT).toBe(200);
}, 60_000);
