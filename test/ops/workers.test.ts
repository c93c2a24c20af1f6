/** The operations door of a primary, which answers for its workers. */
import { expect, test } from 'vitest';
import { methods } from '../support/client.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { callAll, key, startGroup } from '../workers/group.ts';
import { sampleOf, scrape } from './scrape.ts';

const PATIENT = { timeout: 15_000 };

test('the calls of all workers are summed, and a group with a dead worker is not ready', async () => {
  await using receiver = await startOtlpReceiver();
  const traces = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '10' };
  await using group = await startGroup(2, { OTPD_OPS_LISTEN: '127.0.0.1:0', ...traces });
  const url = await expect
    .poll(() => /Metrics and probes are served at (\S+)/.exec(group.instance.output.join('\n'))?.[1], PATIENT)
    .toMatch(/^http/)
    .then(() => /Metrics and probes are served at (\S+)/.exec(group.instance.output.join('\n'))?.[1] ?? '');
  const callers = group.connect(4, group.apiKeys.unlimited);
  await callAll(callers, 40);
  await expect.poll(() => group.served().size, { timeout: 15_000 }).toBe(2);
  const found = await scrape(url);
  const labels = { rpc_method: 'otp.v1.OtpService/Token', rpc_status_code: 'OK', rpc_system_name: 'grpc' };
  expect(sampleOf(found, 'rpc_server_call_duration_seconds_count', labels)).toBe(160);
  expect(sampleOf(found, 'otpd_store_up', { backend: 'sqlite' })).toBe(1);
  expect(found.text.match(/^# TYPE otpd_store_up/gm)).toHaveLength(1);
  // Each worker sends its own calls; exemplars cannot be added up, so that the format without them is the only one.
  await expect.poll(() => receiver.spans.filter(({ kind }) => kind === 2).length, PATIENT).toBe(160);
  expect(new Set(receiver.spans.map(({ instance }) => instance)).size).toBe(2);
  const { headers } = await fetch(`${url}/metrics`, { headers: { accept: 'application/openmetrics-text' } });
  expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');

  const ready = async () => (await fetch(`${url}/readyz`)).status;
  expect(await ready()).toBe(200);
  const [pid = 0] = group.pids();
  process.kill(pid, 'SIGKILL');
  await expect.poll(ready, PATIENT).toBe(503);
  await expect.poll(ready, PATIENT).toBe(200);
  await callers[0]?.call(methods.token, { key });
});
