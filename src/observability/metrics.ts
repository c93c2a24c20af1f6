/** The metrics: what is counted. docs/metrics.md is made from this. */
import type * as prom from 'prom-client';
import type { Code } from '../../gen/ts/google/rpc/code_pb.ts';
import { CREDIT_WARNINGS } from '../ports/limits.ts';
import type { Call } from '../rpc/call.ts';
import { createBacklog } from './backlog.ts';
import { countCalls } from './call-metrics.ts';
import { type Gauges, processGauges, readGauges } from './gauges.ts';
import type { StoreOperation } from './measured-store.ts';
import { type MetricsFormat, type MetricsText, type MetricValues, writePage } from './metrics-page.ts';
import { Counter, Gauge, Histogram, Registry } from './prom-client.ts';

const STORE_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

export interface Metrics {
  /** Counts the end of a call, with what its handler and its failure say. */
  readonly call: (call: Call, code: Code) => void;
  readonly refusedConnection: (bound: string) => void;
  /** Counts that an API key has used this share of its credits, in percent. */
  readonly creditWarning: (threshold: number) => void;
  readonly storeOperation: StoreOperation;
  readonly storeUp: (isUp: boolean) => void;
  readonly limitsLocal: (areLocal: boolean) => void;
  /** Reads `gauges` at each scrape from now on. */
  readonly watch: (gauges: Gauges) => void;
  /** Returns the present values, from which a primary adds up those of its workers. */
  readonly values: () => Promise<MetricValues>;
  /** Returns the page of this process. */
  readonly text: (format: MetricsFormat) => Promise<MetricsText>;
  readonly registry: prom.Registry;
  readonly close: () => void;
}

/** Makes the metrics of this process. `backend` is the engine of the store; with `hasExemplars` the durations of calls name the sampled traces. */
export function createMetrics(backend: string, version: string, hasExemplars = false): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const call = countCalls(registers, hasExemplars);
  const warnings = new Counter({
    name: 'otpd_credit_warnings_total',
    help: 'API keys that came to a share of the credits of a month, once for each key, month and share, by the share in percent.',
    labelNames: ['threshold'],
    registers,
  });
  for (const threshold of CREDIT_WARNINGS) warnings.inc({ threshold }, 0);
  const refused = new Counter({
    name: 'otpd_refused_connections_total',
    help: 'Connections that were closed at once, by the bound that they were over.',
    labelNames: ['bound'],
    registers,
  });
  const storeOperation = countStoreOperations(backend, registers);
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
    call,
    refusedConnection: (bound) => refused.inc({ bound }),
    creditWarning: (threshold) => warnings.inc({ threshold }),
    storeOperation,
    storeUp: (isUp) => up.set({ backend }, isUp ? 1 : 0),
    limitsLocal: (areLocal) => local.set(areLocal ? 1 : 0),
    values: () => registry.getMetricsAsJSON(),
    async text(format) {
      if (format === 'openmetrics') return writePage(await registry.getMetricsAsJSON(), format);
      // The registry writes its own text format in a third of the time of `writePage`.
      return { type: registry.contentType, text: await registry.metrics() };
    },
    watch: (gauges) => readGauges(registers, gauges),
    close: () => delay.disable(),
  };
}

/** Registers the metrics of the store. */
function countStoreOperations(backend: string, registers: prom.Registry[]): StoreOperation {
  const ended = createBacklog(([operation, ms, hasFailed]: Parameters<StoreOperation>) => {
    times.observe({ operation, backend }, ms / 1000);
    if (hasFailed) failures.inc({ operation, backend });
  });
  const labelNames = ['operation', 'backend'] as const;
  const common = { labelNames, registers, collect: ended.flush };
  const times = new Histogram({
    name: 'otpd_store_operation_duration_seconds',
    help: 'Time that the store took, in seconds, by operation and engine.',
    buckets: STORE_BUCKETS,
    ...common,
  });
  const failures = new Counter({
    name: 'otpd_store_failures_total',
    help: 'Operations that the store failed, by operation and engine.',
    ...common,
  });
  return (...operation) => ended.add(operation);
}
