/** Measures the event loop of a server that loads this module with `--import`. On SIGUSR2 writes the figures since the last signal. */
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The interval of the measurement, and so its resolution, in ms. */
const RESOLUTION_MS = 1;

const file: string | undefined = process.env['BENCH_FIGURES_FILE'];
const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
let utilisation = performance.eventLoopUtilization();
histogram.enable();

process.on('SIGUSR2', () => {
  if (file === undefined) return;
  const now = performance.eventLoopUtilization();
  // A timer that is on time measures its own interval.
  const delay = (nanos: number) => Math.max(0, nanos / 1e6 - RESOLUTION_MS);
  const figures = {
    longestMs: delay(histogram.max),
    p99Ms: delay(histogram.percentile(99)),
    utilisation: performance.eventLoopUtilization(now, utilisation).utilization,
  };
  utilisation = now;
  histogram.reset();
  writeFileSync(`${file}.new`, JSON.stringify(figures));
  renameSync(`${file}.new`, file);
});
