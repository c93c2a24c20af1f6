/** The metrics of several processes taken together. */
import type { MetricValues } from './metrics-page.ts';
import { AggregatorRegistry } from './prom-client.ts';

/** The members of a value that prom-client's types leave out. */
interface Sample {
  readonly labels: Readonly<Record<string, unknown>>;
  /** The name of the line, such as that of a bucket; undefined if it is the name of the metric. */
  readonly metricName?: string;
  /** Names the last sampled call in this value; only some metrics have exemplars. */
  readonly exemplar?: Exemplar | null;
}

interface Exemplar {
  /** In seconds since the epoch. */
  readonly timestamp: number;
}

/**
 * Combines the values of all processes: their sum, the greatest or the least, as each metric says. Each value keeps the newest exemplar of any process,
 * since exemplars cannot be added up, and prom-client leaves them out.
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

/** Names a value. The same value has the same name in every process, since all run this program and write the labels in the same order. */
function nameOf(metric: string, { metricName = metric, labels }: Sample): string {
  return `${metricName} ${JSON.stringify(labels)}`;
}
