/** The parts of prom-client that are used. */
import { createRequire } from 'node:module';
import type * as prom from 'prom-client';

// Each from its own file: the index loads default metrics that nobody asks for, and with them the API of OpenTelemetry (docs/performance.md).
const load = createRequire(import.meta.url);
export const Registry: typeof prom.Registry = load('prom-client/lib/registry.js');
export const Counter: typeof prom.Counter = load('prom-client/lib/counter.js');
export const Gauge: typeof prom.Gauge = load('prom-client/lib/gauge.js');
export const Histogram: typeof prom.Histogram = load('prom-client/lib/histogram.js');
export const AggregatorRegistry: typeof prom.AggregatorRegistry = load('prom-client/lib/cluster.js');
