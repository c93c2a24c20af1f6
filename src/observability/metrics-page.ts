/** The page of metrics that a scraper reads. */
import type * as prom from 'prom-client';
import { Gauge, Registry } from './prom-client.ts';

export type MetricsFormat = 'prometheus' | 'openmetrics';

export interface MetricsText {
  /** The content type. */
  readonly type: string;
  readonly text: string;
}

/** All metrics with their values at one time. Workers send it to the primary as JSON. */
export type MetricValues = Awaited<ReturnType<prom.Registry['getMetricsAsJSON']>>;

/** Writes them in the text format of Prometheus, or in that of OpenMetrics, which alone has exemplars. */
export async function writePage(metrics: MetricValues, format: MetricsFormat): Promise<MetricsText> {
  const isOpen = format === 'openmetrics';
  const page = new Registry<prom.RegistryContentType>();
  page.setContentType(isOpen ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE);
  // prom-client's own AggregatorRegistry registers its sums in this way.
  for (const metric of isOpen ? metrics.map(asOpenMetrics) : metrics) page.registerMetric(holding(metric));
  return { type: page.contentType, text: await page.metrics() };
}

/** Makes a metric that holds these values. The page has the type of the values, not that of the metric. */
function holding(values: MetricValues[number]): prom.Metric {
  const { name, help } = values;
  const metric = new Gauge({ name, help, registers: [] });
  metric.get = async () => values;
  return metric;
}

function asOpenMetrics({ name, values, ...metric }: MetricValues[number]): MetricValues[number] {
  // OpenMetrics has neither sum nor count where values may be negative, and parsers refuse a page that has them. The last bucket counts all values.
  const isSigned = values.some(({ labels }) => Number(labels['le']) < 0);
  return {
    ...metric,
    // prom-client adds `_total` itself.
    name: name.replace(/_total$/, ''),
    values: isSigned ? values.filter(({ labels }) => labels['le'] !== undefined) : values,
  };
}
