/** The report for a person: the machine, the figures of each row, and a verdict on each goal. */
import { judgeGoals, type Round, type Verdict } from './goals.ts';
import { type Machine, machineLines } from './machine.ts';
import type { Figures } from './measure.ts';
import { type Spread, spread } from './statistics.ts';
import { cell, short, table } from './table.ts';

const MEBIBYTE = 2 ** 20;

const COLUMNS: readonly (readonly [title: string, figure: (figures: Figures) => number | undefined])[] = [
  ['CPU µs/call', ({ cpuMicros }) => cpuMicros],
  ['calls/s', ({ callsPerSecond }) => callsPerSecond],
  ['p50 ms', ({ p50 }) => p50],
  ['p99 ms', ({ p99 }) => p99],
  ['p99.9 ms', ({ p999 }) => p999],
  ['MiB resident', ({ residentBytes }) => residentBytes / MEBIBYTE],
  ['longest block ms', ({ longestBlockMs }) => longestBlockMs],
  ['metrics µs/call', ({ metricsMicros }) => metricsMicros],
  ['Redis trips/call', ({ roundTrips }) => roundTrips],
  ['Redis CPU µs/call', ({ redisMicros }) => redisMicros],
];

/** Returns the whole text. `more` are verdicts without a row. */
export function report(machine: Machine, rounds: readonly Round[], more: readonly Verdict[]): string {
  const names = [...new Set(rounds.flatMap((round) => [...round.keys()]))];
  const parts = [machineLines(machine), `Medians of ${rounds.length} rounds (least..greatest)`];
  if (names.length > 0)
    parts.push(
      table(
        ['row', ...COLUMNS.map(([title]) => title)],
        names.map((name) => line(name, rounds)),
      ),
    );
  const verdicts = [...judgeGoals(rounds), ...more];
  if (verdicts.length > 0) parts.push(goalTable(verdicts));
  return `${parts.join('\n\n')}\n`;
}

/** Returns a table with a line for each goal. */
export function goalTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ goal, figure, met }) => [
    goal.text,
    `${goal.sense} ${short(goal.bound)}`,
    cell(figure),
    met ? 'met' : 'MISSED',
  ]);
  return table(['goal', 'bound', 'figure', 'verdict'], rows);
}

function line(name: string, rounds: readonly Round[]): string[] {
  return [name, ...COLUMNS.map(([, figure]) => cell(over(name, rounds, figure)))];
}

function over(name: string, rounds: readonly Round[], figure: (figures: Figures) => number | undefined): Spread | undefined {
  const measured = rounds.flatMap((round) => round.get(name) ?? []);
  return spread(measured.flatMap((figures) => figure(figures) ?? []));
}
