/** Writes docs/metrics.md from the metrics themselves; with `--check` it only says whether the page is current. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createMetrics } from '../src/observability/metrics.ts';

const FILE = 'docs/metrics.md';

/** A metric as prom-client describes it; its types leave out what its metrics have. */
interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labelNames?: readonly string[];
  readonly aggregator?: string;
}

/** How the values of several workers become one. */
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
Prometheus. The door needs no API key: keep it to those who run the service. No label holds an API key, its id, a tenant, an account or an address.

With \`--workers\` the primary answers for all workers; the column "workers" says how their values become one. The counters of a worker begin at zero when it is
replaced.

| metric | type | labels | workers | meaning |
|---|---|---|---|---|
${rows.join('')}
- \`rpc_method\` is the method, such as \`otp.v1.OtpService/Verify\`, or the path of a call of a REST API; \`_OTHER\` stands for what is no call of ours. \`rpc_system_name\` is the door:
  \`grpc\`, \`connect\`, \`grpc_web\` or \`rest\`. Both names are those of OpenTelemetry.
- A scraper that prefers \`application/openmetrics-text\`, as Prometheus does, is answered in that format, in which
  \`otpd_drift_steps\` has buckets alone, since its values may be negative. Where calls are traced ([operations.md](operations.md#traces)), the buckets of
  \`rpc_server_call_duration_seconds\` then name the last call that was sampled as an exemplar (\`trace_id\`, \`span_id\`): start Prometheus with
  \`--enable-feature=exemplar-storage\`. With \`--workers\` there are no exemplars, for they cannot be added up, and the answer is always in the plain format.
- \`/livez\` answers 200 while the process runs. \`/readyz\` answers 200 while calls are served, and 503 while the server starts or stops, or its store cannot be reached.
- [deploy/prometheus/rules.yaml](../deploy/prometheus/rules.yaml) has alerts, and [deploy/grafana/otpd.json](../deploy/grafana/otpd.json) a dashboard.

\`node scripts/metrics-docs.ts\` writes this page.
`;

if (!process.argv.includes('--check')) {
  writeFileSync(FILE, page);
} else if (readFileSync(FILE, 'utf8') !== page) {
  process.stderr.write(`${FILE} is out of date: run \`node scripts/metrics-docs.ts\`\n`);
  process.exitCode = 1;
}
