/** The series of `bench:scale`: the quantity that grows, its sizes, and the goals. */
import { goal, type Verdict, verdict } from './goals.ts';
import { CONNECTIONS } from './rows.ts';
import type { Case, Point } from './scaling.ts';
import { spread } from './statistics.ts';

export interface Series {
  readonly title: string;
  readonly unit: string;
  readonly sizes: readonly number[];
  readonly of: (size: number) => Case;
}

/** A series with its measured cost. */
export interface Measured extends Series {
  readonly points: readonly Point[];
}

/** The calls in progress at any size. The product accepts no more on a single connection. */
const UNDER_WAY = 100;
const PLAIN: Case = { keys: 1, connections: CONNECTIONS, underWay: UNDER_WAY, secrets: 0, code: 'none' };
const CROWDS = [1, 100, 1000];
const RATE = 4000;
const FLAT = 1.1;
const MOST_MIB = { idle: 100, loaded: 300 } as const;

export const SERIES: readonly Series[] = [
  { title: 'Token', unit: 'API keys in use', sizes: [10, 1000, 10_000], of: (keys) => ({ ...PLAIN, keys }) },
  // On a single connection, 100 calls share reads and writes, which they do on no other number of connections. The series at a fixed rate shows the
  // cost of a connection where calls arrive separately anyway.
  { title: 'Token', unit: 'connections', sizes: CROWDS, of: (connections) => ({ ...PLAIN, connections }) },
  {
    title: `Token at ${number(RATE)} calls/s`,
    unit: 'connections',
    sizes: CROWDS,
    of: (connections) => ({ ...PLAIN, connections, rate: RATE }),
  },
  {
    title: 'Verify',
    unit: 'secrets seen before',
    sizes: [1000, 100_000, 1_000_000],
    of: (secrets) => ({ ...PLAIN, secrets, code: 'wrong' }),
  },
];

/** Returns the CPU time of a call at each size, divided by that at the first size in the same round. 1 means flat. */
export function growth({ points }: Pick<Measured, 'points'>): { size: number; ratios: number[] }[] {
  const [first, ...rest] = points;
  return rest.map(({ size, cpuMicros }) => ({
    size,
    ratios: cpuMicros.map((micros, round) => micros / (first?.cpuMicros[round] ?? Number.NaN)),
  }));
}

/** Returns a verdict for each size of a series except the first, and the verdicts on memory. */
export function judgeSeries(measured: readonly Measured[]): Verdict[] {
  const points = measured.flatMap((series) => series.points);
  return [
    ...measured.flatMap((series) =>
      growth(series).flatMap(({ size, ratios }) =>
        judged(
          `5  ${series.title}, CPU a call: ${number(size)} / ${number(series.points[0]?.size ?? 0)} ${series.unit}`,
          ratios,
          FLAT,
        ),
      ),
    ),
    ...judged('5  MiB resident before the first call, the most', [most(points.map(({ idleMiB }) => idleMiB))], MOST_MIB.idle),
    ...judged('5  MiB resident right after a load, the most', [most(points.map(({ loadedMiB }) => loadedMiB))], MOST_MIB.loaded),
  ];
}

function judged(text: string, figures: readonly number[], bound: number): Verdict[] {
  const figure = spread(figures);
  return figure === undefined
    ? []
    : [
        verdict(
          goal(text, () => Number.NaN, 'at most', bound),
          figure,
        ),
      ];
}

/** Returns the greatest figure; NaN for an empty list. */
function most(figures: readonly number[]): number {
  return figures.length === 0 ? Number.NaN : Math.max(...figures);
}

export function number(size: number): string {
  return size.toLocaleString('en-GB');
}
