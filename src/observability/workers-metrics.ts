/** The metrics of several processes taken together. */
import type { MetricValues } from './metrics-page.ts';
import { AggregatorRegistry } from './prom-client.ts';

/** The members of a value that prom-client's types leave out. */
interface Sample {
  readonly labels: Readonly<Record<string, unknown>>;
  /** Such as that of a bucket; undefined where it is the name of the metric. */
  readonly metricName?: string;
  /** The call that a value was last counted for and whose trace was sampled; of some metrics alone. */
  readonly exemplar?: Exemplar | null;
}

interface Exemplar {
  /** In seconds since the epoch. */
  readonly timestamp: number;
}

/**
 * Adds up the values of all, or takes the greatest or the least, as each metric says. Each value keeps the newest exemplar that any process has
 * for it, since exemplars cannot be added up, and prom-client leaves them out.
 */
export async function sumMetrics(all: readonly MetricValues[]): Promise<MetricValues> {
  const newest = newestExemplars(all);
  const sums = await AggregatorRegistry.aggregate([...all]).getMetricsAsJSON();
  if (newest.size === 0) return sums;
  return sums.map((metric) => ({
    ...metric,
    values: metric.values.map((value) => ({ ...value, exemplar: newest.get(nameOf(metric.name, value)) })),
  }));
}

function newestExemplars(all: readonly MetricValues[]): ReadonlyMap<string, Exemplar> {
  const newest = new Map<string, Exemplar>();
  for (const { name, values } of all.flat())
    for (const value of values as readonly Sample[]) {
      const { exemplar } = value;
      if (!exemplar) continue;
      const known = newest.get(nameOf(name, value));
      if (known === undefined || known.timestamp < exemplar.timestamp) newest.set(nameOf(name, value), exemplar);
    }
  return newest;
}

/** The same for the same value of every process: all run this program, and write the labels in the same order. */
function nameOf(metric: string, { metricName = metric, labels }: Sample): string {
  return `${metricName} ${JSON.stringify(labels)}`;
}
