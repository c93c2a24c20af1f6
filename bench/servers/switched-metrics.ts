/** The metrics of the product, on in some turns of calls and off in others; on SIGUSR2 the CPU time that a call takes of the main thread in each. */
import { renameSync, writeFileSync } from 'node:fs';
import { threadCpuUsage } from 'node:process';
import { measureStore as measure, type StoreOperation } from '../../src/observability/measured-store.ts';
import { createMetrics as create, type Metrics } from '../../src/observability/metrics.ts';
import type { Store } from '../../src/ports/store.ts';

/** Calls of a turn: a few ms of the clock by which the CPU time is counted. */
const TURN = 512;
/** The first turns, in which V8 compiles. */
const WARM_UP = 40;
/** The share of the turns that is left out at the top: collections of all garbage, and what else comes seldom. */
const OUTLIERS = 0.1;

const file: string | undefined = process.env['BENCH_FIGURES_FILE'];
const turns: Readonly<Record<'on' | 'off', number[]>> = { on: [], off: [] };
let isOn = false;
let calls = 0;
let before = 0;

export function createMetrics(...given: Parameters<typeof create>): Metrics {
  const metrics = create(...given);
  return {
    ...metrics,
    call(call, code) {
      if (isOn) metrics.call(call, code);
      calls += 1;
      if (calls % TURN === 0) nextTurn();
    },
  };
}

export function measureStore(store: Store, tell: StoreOperation): Store {
  const measured = measure(store, tell);
  return {
    ...measured,
    codes: switched(store.codes, measured.codes),
    limits: switched(store.limits, measured.limits),
  };
}

/** The functions of `plain` or of `measured`, as the turn has it. */
function switched<P extends object>(plain: P, measured: P): P {
  const others = Object.entries(measured).map(([name, run]) => {
    const bare = plain[name as keyof P] as unknown;
    if (typeof bare !== 'function' || typeof run !== 'function') return [name, run];
    return [name, (...args: unknown[]): unknown => (isOn ? run(...args) : bare(...args))];
  });
  return Object.fromEntries(others) as P;
}

/** At random: whatever else comes in turns meets both. */
function nextTurn(): void {
  const now = used();
  turns[isOn ? 'on' : 'off'].push((now - before) / TURN);
  isOn = Math.random() < 0.5;
  before = used();
}

function used(): number {
  const { user, system } = threadCpuUsage();
  return user + system;
}

function mean(micros: readonly number[]): number {
  const warm = micros.slice(WARM_UP).toSorted((one, other) => one - other);
  const counted = warm.slice(0, Math.floor(warm.length * (1 - OUTLIERS)));
  return counted.reduce((sum, one) => sum + one, 0) / counted.length;
}

process.on('SIGUSR2', () => {
  if (file === undefined) return;
  writeFileSync(`${file}.new`, JSON.stringify({ metricsMicros: mean(turns.on) - mean(turns.off) }));
  renameSync(`${file}.new`, file);
});
