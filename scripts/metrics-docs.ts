/** Writes docs/metrics.md from the metrics. With `--check` only reports whether the page is current. */
import { createMetrics } from '../src/observability/metrics.ts';
import { writeOrCheck } from './made-file.ts';

/** A metric as prom-client describes it. The types of prom-client lack these fields. */
interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labelNames?: readonly string[];
  readonly aggregator?: string;
}

/** The words for how the values of several workers are combined. */
const TOGETHER: Readonly<Record<string, string>> = { sum: 'sum', min: 'least', max: 'greatest', first: 'any' };

const metrics = createMetrics('sqlite', '0.0.0');
metrics.watch({ openConnections: () => 0, openStreams: () => 0, certificateEnd: () => 0, sealingKeys: () => ({}) });
const rows = (metrics.registry.getMetricsAsArray() as unknown as Described[]).map(
  ({ name, type, labelNames = [], help, aggregator = 'sum' }) =>
    `| \`${name}\` | ${type} | ${labelNames.map((label) => `\`${label}\``).join(', ')} | ${TOGETHER[aggregator]} | ${help} |\n`,
);
metrics.close();

const page = `# Metrics

\`otpd serve\` answers \`GET /metrics\` on the operations door (\`--ops-listen\`, 127.0.0.1:9464 unless something else is said) in the text format of
Prometheus. The door needs no API key: let only operators reach it. No label holds an API key, its id, a tenant, an account or an address.

With \`--workers\` the primary answers for all workers; the column "workers" says how their values become one. The counters of a worker begin at zero when it is
replaced. If a worker does not answer the primary within 5 s, the scrape fails, since without its values the sums would seem to start again.

| metric | type | labels | workers | meaning |
|---|---|---|---|---|
${rows.join('')}
- \`rpc_method\` is the method, such as \`otp.v1.OtpService/Verify\`, or the path of a call of a REST API; \`_OTHER\` stands for what is no call of ours. \`rpc_system_name\` is the door:
  \`grpc\`, \`connect\`, \`grpc_web\` or \`rest\`. Both names are those of OpenTelemetry.
- A scraper that prefers \`application/openmetrics-text\`, as Prometheus does, is answered in that format, in which
  \`otpd_drift_steps\` has buckets alone, since its values may be negative. Where calls are traced ([operations.md](operations.md#traces)), the buckets of
  \`rpc_server_call_duration_seconds\` then name the last call that was sampled as an exemplar (\`trace_id\`, \`span_id\`): start Prometheus with
  \`--enable-feature=exemplar-storage\`. With \`--workers\` each bucket names the newest of all workers.
- \`/livez\` answers 200 while the process runs. \`/readyz\` answers 200 while calls are served, and 503 while the server starts or stops, or its store cannot be reached.
- [deploy/prometheus/rules.yaml](../deploy/prometheus/rules.yaml) has alerts, and [deploy/grafana/otpd.json](../deploy/grafana/otpd.json) a dashboard.

\`node scripts/metrics-docs.ts\` writes this page.
`;

writeOrCheck('docs/metrics.md', page, 'node scripts/metrics-docs.ts');
