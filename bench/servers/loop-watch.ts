/** Loaded into a server with `--import`: measures its event loop, and on SIGUSR2 writes down what was since the last one. */
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** In ms: how often it looks, and so how finely it sees. */
const RESOLUTION_MS = 1;

const file: string | undefined = process.env['BENCH_LOOP_FILE'];
const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
let utilisation = performance.eventLoopUtilization();
histogram.enable();

process.on('SIGUSR2', () => {
  if (file === undefined) return;
  const now = performance.eventLoopUtilization();
  // A timer that is on time counts its own period.
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
