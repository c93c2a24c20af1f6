/** `npm run bench:scale`: what a call costs as keys, connections and secrets grow, as a table and a plot; with --soak, as time goes by. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { cleanUpAtExit } from './cleanup.ts';
import { describeMachine, machineLines } from './machine.ts';
import { pinSelf } from './pinning.ts';
import { drawPlots } from './plot.ts';
import { root } from './root.ts';
import { measureCase, type Point, SERIES } from './scaling.ts';
import { soak } from './soak.ts';
import { short, table } from './table.ts';

const HELP = `npm run bench:scale -- [--seconds S] [--most N] [--soak MINUTES]

  --seconds S      for how long each size is measured (default 5)
  --most N         leave out sizes above N
  --soak MINUTES   instead: Token for so long, with figures of each minute
`;

cleanUpAtExit();
try {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '5' },
      most: { type: 'string', default: 'Infinity' },
      soak: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) process.stdout.write(HELP);
  else await main(positive(values.seconds), positive(values.most), values.soak === undefined ? undefined : positive(values.soak));
} catch (error) {
  process.stderr.write(`bench:scale: ${(error as Error).message}\n`);
  // Whatever is still running is ended with it.
  process.exit(1);
}

async function main(seconds: number, most: number, minutes: number | undefined): Promise<void> {
  const machine = machineLines(describeMachine());
  pinSelf();
  process.stdout.write(`${machine}\n\n`);
  if (minutes !== undefined) return soak(minutes, (line) => process.stdout.write(`${line}\n`));
  const measured: { title: string; unit: string; points: Point[] }[] = [];
  for (const { title, unit, sizes, of } of SERIES) {
    const points: Point[] = [];
    for (const size of sizes.filter((each) => each <= most)) {
      process.stderr.write(`${title}: ${size} ${unit}\n`);
      points.push(await measureCase(size, of(size), seconds));
    }
    measured.push({ title, unit, points });
  }
  process.stdout.write(
    `${table(['grows', 'size', 'CPU µs/call', 'to the first', 'calls/s', 'MiB idle', 'MiB loaded'], measured.flatMap(lines))}\n`,
  );
  writeFileSync(root('bench/scale.svg'), drawPlots(measured, machine.split('\n')[0] ?? ''));
}

function lines({ title, unit, points }: { title: string; unit: string; points: readonly Point[] }): string[][] {
  const first = points[0]?.cpuMicros ?? Number.NaN;
  return points.map(({ size, cpuMicros, callsPerSecond, idleMiB, loadedMiB }) => [
    `${title}, ${unit}`,
    size.toLocaleString('en-GB'),
    short(cpuMicros),
    `${(100 * (cpuMicros / first - 1)).toFixed(0)} %`,
    ...[callsPerSecond, idleMiB, loadedMiB].map(short),
  ]);
}

function positive(text: string): number {
  if (Number(text) > 0) return Number(text);
  throw new Error(`not a number above 0: ${text}; see --help`);
}
