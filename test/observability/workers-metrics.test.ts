/** The combined metrics of several processes, with the exemplars that prom-client omits from its sums. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Code } from '../../gen/ts/google/rpc/code_pb.ts';
import { createMetrics, type Metrics } from '../../src/observability/metrics.ts';
import { type MetricsFormat, type MetricValues, writePage } from '../../src/observability/metrics-page.ts';
import { sumMetrics } from '../../src/observability/workers-metrics.ts';
import type { Call } from '../../src/rpc/call.ts';

const BUCKET = 'rpc_server_call_duration_seconds_bucket';
const [ONE, OTHER, THIRD] = ['1'.repeat(32), '2'.repeat(32), '3'.repeat(32)] as const;
const SPAN = 'f'.repeat(16);

let made: Metrics[];
beforeEach(() => {
  made = [];
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 1_800_000_000_000 });
});
afterEach(() => {
  for (const metrics of made) metrics.close();
  vi.useRealTimers();
});

function worker(isTraced = true): Metrics {
  const metrics = createMetrics('sqlite', '1.2.3', isTraced);
  made.push(metrics);
  return metrics;
}

/** Counts a call with this duration, and with a sampled or unsampled trace. */
function end({ call }: Metrics, traceId: string, { ms = 3, isSampled = true, transport = 'grpc' } = {}): void {
  const trace = { traceId, spanId: SPAN, isSampled };
  const startedAt = performance.now() - ms;
  call({ method: {}, procedure: '/otp.v1.OtpService/Verify', transport, startedAt, trace } as Call, Code.OK);
}

/** Returns the page of a primary, whose workers send JSON. */
async function page(workers: readonly Metrics[], format: MetricsFormat = 'openmetrics'): Promise<string> {
  const values = await Promise.all(workers.map((metrics) => metrics.values()));
  return (await writePage(await sumMetrics(JSON.parse(JSON.stringify(values)) as MetricValues[]), format)).text;
}

/** Returns the line of a bucket of Verify over gRPC. */
const lineOf = (text: string, le: string): string | undefined =>
  text.split('\n').find((line) => line.startsWith(`${BUCKET}{le="${le}",`) && line.includes('rpc_system_name="grpc"'));

test('a bucket that several workers have an exemplar for names the newest, whichever worker has it', async () => {
  const [one, other] = [worker(), worker()];
  end(one, ONE);
  vi.advanceTimersByTime(1);
  end(other, OTHER);
  for (const workers of [
    [one, other],
    [other, one],
  ])
    expect(lineOf(await page(workers), '0.005')).toMatch(
      new RegExp(`\\} 2 # \\{trace_id="${OTHER}",span_id="${SPAN}"\\} 0\\.003\\d* 1800000000\\.001$`),
    );
  vi.advanceTimersByTime(1);
  end(one, THIRD);
  expect(lineOf(await page([one, other]), '0.005')).toContain(`} 3 # {trace_id="${THIRD}"`);
});

test('each bucket and each door keeps the exemplar of the worker that has one', async () => {
  const [one, other, idle] = [worker(), worker(), worker()];
  end(one, ONE);
  end(other, OTHER, { ms: 60_000 });
  end(other, THIRD, { transport: 'connectrpc' });
  const text = await page([idle, one, other]);
  expect(lineOf(text, '0.005')).toContain(`} 1 # {trace_id="${ONE}"`);
  expect(lineOf(text, '+Inf')).toContain(`} 2 # {trace_id="${OTHER}"`);
  expect(text.split('\n').filter((line) => line.includes(' # '))).toHaveLength(3);
});

test('a call that is not sampled has no exemplar, and removes none', async () => {
  const [one, other] = [worker(), worker()];
  end(other, OTHER, { isSampled: false });
  expect(await page([one, other])).not.toContain(' # ');
  end(one, ONE);
  vi.advanceTimersByTime(1);
  end(one, THIRD, { isSampled: false });
  expect(lineOf(await page([one, other]), '0.005')).toContain(`} 3 # {trace_id="${ONE}"`);
});

test('the text format of Prometheus has the sums without exemplars', async () => {
  const [one, other] = [worker(), worker()];
  end(one, ONE);
  end(other, OTHER);
  expect(lineOf(await page([one, other], 'prometheus'), '0.005')).toMatch(/\} 2$/);
});

test('workers that trace nothing have the same sums', async () => {
  const [one, other] = [worker(false), worker(false)];
  end(one, ONE);
  end(other, OTHER);
  const text = await page([one, other]);
  expect(lineOf(text, '0.005')).toMatch(/\} 2$/);
  expect(text).not.toContain(' # ');
  // As from a single process: OpenMetrics adds the suffix itself, and has no sum if values may be negative.
  expect(text).toMatch(/^# TYPE otpd_credit_warnings counter$/m);
  expect(text).toMatch(/^otpd_credit_warnings_total\{threshold="80"\} 0$/m);
  expect(text).not.toMatch(/otpd_drift_steps_(sum|count)|_total_total/);
  expect(text.endsWith('\n# EOF\n')).toBe(true);
});
