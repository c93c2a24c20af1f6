/** The values that are read at each scrape: of the doors, the certificate and the ring, and of the process. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type * as prom from 'prom-client';
import { Counter, Gauge } from './prom-client.ts';

/** The interval between two samples of the delay of the event loop, in ms. */
const LAG_RESOLUTION_MS = 20;
const SECONDS_A_NANOSECOND = 1e-9;

/** The values that are read at each scrape. */
export interface Gauges {
  readonly openConnections: () => number;
  readonly openStreams: () => number;
  /** Returns the end of the certificate, in ms since the epoch; undefined without TLS. */
  readonly certificateEnd: () => number | undefined;
  /** Returns the number of sealing keys in each state. */
  readonly sealingKeys: () => Readonly<Record<string, number>>;
}

/** Registers the metrics that are read from `gauges` at each scrape. */
export function readGauges(
  registers: prom.Registry[],
  { openConnections, openStreams, certificateEnd, sealingKeys }: Gauges,
): void {
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
export function processGauges(registers: prom.Registry[]): ReturnType<typeof monitorEventLoopDelay> {
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
