/** `npm run bench:scale`: prints the cost of a call as keys, connections and secrets grow, as a table and a plot; with --soak, as time passes. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { cleanUpAtExit } from './cleanup.ts';
import { describeMachine, machineLines } from './machine.ts';
import { pinSelf } from './pinning.ts';
import { drawPlots } from './plot.ts';
import { goalTable } from './report.ts';
import { root } from './root.ts';
import { type Effort, measureSizes } from './scaling.ts';
import { growth, judgeSeries, type Measured, number, SERIES } from './series.ts';
import { soak } from './soak.ts';
import { build } from './start-time.ts';
import { spread } from './statistics.ts';
import { cell, short, table } from './table.ts';

const HELP = `npm run bench:scale -- [--rounds N] [--seconds S] [--most N] [--soak MINUTES]

  --rounds N       how often each size is measured, in turns (default 5)
  --seconds S      for how long each time (default 2)
  --most N         leave out sizes above N
  --soak MINUTES   instead: Token and Verify in turns for so long, with figures of each minute

Figures never fail it: exit code 1 only if a server failed or an answer was wrong.
`;
const COLUMNS = ['grows', 'size', 'CPU µs/call', 'to the first', 'calls/s', 'MiB idle', 'MiB loaded', 'MiB after'];

cleanUpAtExit();
try {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      most: { type: 'string', default: 'Infinity' },
      soak: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const effort = { rounds: Math.ceil(positive(values.rounds)), seconds: positive(values.seconds) };
  if (values.help) process.stdout.write(HELP);
  else if (values.soak === undefined) await main(effort, positive(values.most));
  else await endure(positive(values.soak));
} catch (error) {
  process.stderr.write(`bench:scale: ${(error as Error).message}\n`);
  // The exit also ends the processes that still run.
  process.exit(1);
}

async function main(effort: Effort, most: number): Promise<void> {
  const machine = prepare();
  const measured: Measured[] = [];
  for (const series of SERIES) {
    const sizes = series.sizes.filter((size) => size <= most);
    process.stderr.write(`${series.title}: ${sizes.map(number).join(', ')} ${series.unit}\n`);
    const cases = new Map(sizes.map((size) => [size, series.of(size)]));
    measured.push({ ...series, points: await measureSizes(cases, effort) });
  }
  process.stdout.write(`Medians of ${effort.rounds} rounds of ${effort.seconds} s (least..greatest)\n\n`);
  process.stdout.write(`${table(COLUMNS, measured.flatMap(lines))}\n\n${goalTable(judgeSeries(measured))}\n`);
  const plots = measured.map(({ title, unit, points }) => ({
    title,
    unit,
    points: points.flatMap(({ size, cpuMicros }) => {
      const median = spread(cpuMicros)?.median;
      return median === undefined ? [] : [{ size, cpuMicros: median }];
    }),
  }));
  writeFileSync(root('bench/scale.svg'), drawPlots(plots, machine.split('\n')[0] ?? ''));
}

async function endure(minutes: number): Promise<void> {
  prepare();
  await soak(minutes, (line) => process.stdout.write(`${line}\n`));
}

/** Compiles the product as its package does, and returns the description of the machine. */
function prepare(): string {
  const machine = machineLines(describeMachine());
  pinSelf();
  process.stdout.write(`${machine}\n\n`);
  process.stderr.write('compiling\n');
  build();
  return machine;
}

function lines(series: Measured): string[][] {
  const grown = new Map(growth(series).map(({ size, ratios }) => [size, spread(ratios)]));
  return series.points.map(({ size, cpuMicros, callsPerSecond, idleMiB, loadedMiB, afterMiB }) => [
    `${series.title}, ${series.unit}`,
    number(size),
    cell(spread(cpuMicros)),
    cell(grown.get(size)),
    cell(spread(callsPerSecond)),
    ...[idleMiB, loadedMiB, afterMiB].map(short),
  ]);
}

function positive(text: string): number {
  if (Number(text) > 0) return Number(text);
  throw new Error(`not a number above 0: ${text}; see --help`);
}
