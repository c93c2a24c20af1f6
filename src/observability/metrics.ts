/** The metrics: what is counted, and how several processes are taken together. docs/metrics.md is made from this. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { AggregatorRegistry, Counter, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client';
import { type Code, CodeSchema } from '../../gen/ts/google/rpc/code_pb.ts';
import { CREDIT_WARNINGS } from '../ports/limits.ts';
import type { Call } from '../rpc/call.ts';
import type { CallTrace } from '../rpc/trace.ts';
import type { StoreOperation } from './measured-store.ts';
import { procedureName } from './procedure-name.ts';

const CODE_NAMES: ReadonlyMap<number, string> = new Map(CodeSchema.values.map(({ number, name }) => [number, name]));
/** In seconds: around the milliseconds that a call takes, up to the deadline of the server. */
const CALL_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const STORE_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
const DRIFT_BUCKETS = [-10, -5, -2, -1, 0, 1, 2, 5, 10];
/** How exactly the delay of the event loop is sampled, in ms. */
const LAG_RESOLUTION_MS = 20;
const SECONDS_A_NANOSECOND = 1e-9;

export type MetricsFormat = 'prometheus' | 'openmetrics';

export interface MetricsText {
  /** The content type. */
  readonly type: string;
  readonly text: string;
}

/** The values that are read at each scrape. */
export interface Gauges {
  readonly openConnections: () => number;
  readonly openStreams: () => number;
  /** When the certificate ends, in ms since the epoch; undefined without TLS. */
  readonly certificateEnd: () => number | undefined;
  /** How many sealing keys are in each state. */
  readonly sealingKeys: () => Readonly<Record<string, number>>;
}

export interface Metrics {
  /** Counts the end of a call, with what its handler and its failure say. */
  readonly call: (call: Call, code: Code) => void;
  readonly refusedConnection: (bound: string) => void;
  /** An API key has come to this share of its credits, in percent. */
  readonly creditWarning: (threshold: number) => void;
  readonly storeOperation: StoreOperation;
  readonly storeUp: (isUp: boolean) => void;
  readonly limitsLocal: (areLocal: boolean) => void;
  /** Has `gauges` read from now on. */
  readonly watch: (gauges: Gauges) => void;
  /** All of it in the text format of Prometheus, or in that of OpenMetrics, which alone has exemplars. */
  readonly text: (format: MetricsFormat) => Promise<MetricsText>;
  /** Hands the metrics to the primary of this worker whenever it asks. */
  readonly share: () => void;
  readonly registry: Registry;
  readonly close: () => void;
}

/** Makes the metrics of this process. `backend` is the engine of the store; with `hasExemplars` the times of calls name the traces that were sampled. */
export function createMetrics(backend: string, version: string, hasExemplars = false): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter({ name, help, labelNames: [...labelNames], registers });

  const calls = new Histogram({
    name: 'rpc_server_call_duration_seconds',
    help: 'Time from the first header of a call to its status, in seconds.',
    labelNames: ['rpc_method', 'rpc_status_code', 'rpc_system_name'],
    buckets: CALL_BUCKETS,
    enableExemplars: hasExemplars,
    // Registered here: prom-client would not have it in a registry that serves the format without exemplars too.
    registers: [],
  });
  registry.registerMetric(calls);
  const verifications = counter('otpd_verifications_total', 'Codes that were checked, by outcome and type of the key.', [
    'outcome',
    'type',
  ]);
  const lockouts = counter('otpd_lockouts_total', 'Wrong codes after which the next code of a secret has to wait.', ['type']);
  const drift = new Histogram({
    name: 'otpd_drift_steps',
    help: 'How far the time step of an accepted TOTP was from the current one, in steps; negative for devices that are behind.',
    buckets: DRIFT_BUCKETS,
    registers,
  });
  const limited = counter('otpd_rate_limited_total', 'Calls that a window of a plan had no room for.', ['plan', 'window']);
  const warnings = counter(
    'otpd_credit_warnings_total',
    'API keys that came to a share of the credits of a month, once for each key, month and share, by the share in percent.',
    ['threshold'],
  );
  for (const threshold of CREDIT_WARNINGS) warnings.inc({ threshold }, 0);
  const unauthenticated = counter('otpd_authentication_failures_total', 'Calls that were refused for their API key, by reason.', [
    'reason',
  ]);
  const refused = counter(
    'otpd_refused_connections_total',
    'Connections that were closed at once, by the bound that they were over.',
    ['bound'],
  );
  const operations = new Histogram({
    name: 'otpd_store_operation_duration_seconds',
    help: 'Time that the store took, in seconds, by operation and engine.',
    labelNames: ['operation', 'backend'],
    buckets: STORE_BUCKETS,
    registers,
  });
  const failures = counter('otpd_store_failures_total', 'Operations that the store failed, by operation and engine.', [
    'operation',
    'backend',
  ]);
  const up = new Gauge({
    name: 'otpd_store_up',
    help: '1 if the store can be written to, 0 if it cannot.',
    labelNames: ['backend'],
    aggregator: 'min',
    registers,
  });
  const local = new Gauge({
    name: 'otpd_limits_local',
    help: '1 while the shared store cannot be reached and each process counts calls by itself, otherwise 0.',
    aggregator: 'max',
    registers,
  });
  up.set({ backend }, 1);
  local.set(0);
  new Gauge({
    name: 'otpd_build_info',
    help: '1, with the version of otpd and of Node as labels.',
    labelNames: ['version', 'node'],
    aggregator: 'first',
    registers,
  }).set({ version, node: process.versions.node }, 1);
  const delay = processGauges(registers);

  return {
    registry,
    call(call, code) {
      const { reason, verdicts, refusedFor, trace } = call;
      const seconds = (performance.now() - call.startedAt) / 1000;
      const labels = {
        rpc_method: procedureName(call),
        rpc_status_code: CODE_NAMES.get(code) ?? '',
        rpc_system_name: call.transport,
      };
      if (!hasExemplars) calls.observe(labels, seconds);
      else calls.observe({ labels, value: seconds, exemplarLabels: exemplarOf(trace) });
      if (verdicts !== undefined) {
        for (const { outcome, type, drift: steps, isLockout } of verdicts) {
          verifications.inc({ outcome, type });
          if (isLockout) lockouts.inc({ type });
          if (outcome === 'accepted' && steps !== undefined) drift.observe(steps);
        }
      }
      if (reason === undefined) return;
      if (refusedFor !== undefined) limited.inc(refusedFor);
      else if (AUTHENTICATION.has(reason)) unauthenticated.inc({ reason: reason.replace('ERROR_REASON_', '') });
    },
    refusedConnection: (bound) => refused.inc({ bound }),
    creditWarning: (threshold) => warnings.inc({ threshold }),
    storeOperation(operation, ms, hasFailed) {
      operations.observe({ operation, backend }, ms / 1000);
      if (hasFailed) failures.inc({ operation, backend });
    },
    storeUp: (isUp) => up.set({ backend }, isUp ? 1 : 0),
    limitsLocal: (areLocal) => local.set(areLocal ? 1 : 0),
    text: async (format) => {
      const page = format === 'prometheus' ? registry : openMetrics(registry);
      return { type: page.contentType, text: await page.metrics() };
    },
    share() {
      AggregatorRegistry.setRegistries(registry);
      new AggregatorRegistry();
    },
    watch: (gauges) => readGauges(registers, gauges),
    close: () => delay.disable(),
  };
}

/**
 * The same metrics for a page of OpenMetrics: a registry that changes its format renames its counters for good, and OpenMetrics writes the
 * ending `_total` itself.
 */
function openMetrics(registry: Registry): Registry<OpenMetricsContentType> {
  const page = new Registry<OpenMetricsContentType>();
  page.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  for (const { name } of registry.getMetricsAsArray()) {
    const metric = registry.getSingleMetric(name);
    if (metric === undefined) continue;
    const opened = name.replace(/_total$/, '');
    const read = async () => {
      const found = await metric.get();
      // Where values may be negative, OpenMetrics has neither sum nor count, and parsers refuse the page: the last bucket counts all.
      const isSigned = found.values.some(({ labels }) => Number(labels['le']) < 0);
      const values = isSigned ? found.values.filter(({ labels }) => labels['le'] !== undefined) : found.values;
      return { ...found, name: opened, values };
    };
    page.registerMetric(Object.create(metric, { name: { value: opened, writable: true }, getForPromString: { value: read } }));
  }
  return page;
}

const AUTHENTICATION: ReadonlySet<string> = new Set([
  'ERROR_REASON_API_KEY_MISSING',
  'ERROR_REASON_API_KEY_INVALID',
  'ERROR_REASON_AUTHENTICATION_THROTTLED',
  'ERROR_REASON_SCOPE_MISSING',
]);

/** The trace of a call that is sent to a collector, so that it can be found from a bucket; nothing for any other call. */
function exemplarOf(trace: CallTrace | undefined): Record<string, string> {
  return trace?.isSampled === true ? { trace_id: trace.traceId, span_id: trace.spanId } : {};
}

function readGauges(registers: Registry[], { openConnections, openStreams, certificateEnd, sealingKeys }: Gauges): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('otpd_open_connections', 'Connections that are open, on all doors.', openConnections);
  gauge('otpd_open_streams', 'Streams that are open, such as WatchToken.', openStreams);
  if (certificateEnd() !== undefined) {
    new Gauge({
      name: 'otpd_certificate_expiry_timestamp_seconds',
      help: 'When the certificate of the server ends, in seconds since the epoch.',
      aggregator: 'min',
      registers,
      collect() {
        this.set((certificateEnd() ?? 0) / 1000);
      },
    });
  }
  new Gauge({
    name: 'otpd_sealing_keys',
    help: 'Sealing keys in the ring, by state: staged (it opens, and will seal), seals, opens, retired.',
    labelNames: ['state'],
    aggregator: 'max',
    registers,
    collect() {
      for (const [state, count] of Object.entries(sealingKeys())) this.set({ state }, count);
    },
  });
}

/** CPU, memory and delays of the process. */
function processGauges(registers: Registry[]): ReturnType<typeof monitorEventLoopDelay> {
  const delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  delay.enable();
  new Gauge({
    name: 'nodejs_eventloop_delay_seconds',
    help: 'How late timers were since the scrape before, in seconds, by percentile; of several processes the latest.',
    labelNames: ['percentile'],
    aggregator: 'max',
    registers,
    collect() {
      // The histogram counts the pause itself.
      const beyond = (ns: number) => Math.max(0, ns * SECONDS_A_NANOSECOND - LAG_RESOLUTION_MS / 1000);
      for (const percentile of [50, 99, 100])
        this.set({ percentile }, delay.count === 0 ? 0 : beyond(delay.percentile(percentile)));
      delay.reset();
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of all processes, in bytes.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'When the process started, in seconds since the epoch; of several processes the last.',
    aggregator: 'max',
    registers,
  }).set((Date.now() - performance.now()) / 1000);
  const cpu = new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time of all processes, in seconds.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      cpu.reset();
      cpu.inc((user + system) / 1e6);
    },
  });
  return delay;
}

/** The metrics of all workers of this primary together. */
export function createWorkersMetrics(): () => Promise<MetricsText> {
  const registry = new AggregatorRegistry();
  return async () => ({ type: registry.contentType, text: await registry.clusterMetrics() });
}
