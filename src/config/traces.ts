/** Whether calls are traced. The variables are those of OpenTelemetry, whose SDK reads the other variables itself. */
import type { Violations } from '../otp/error.ts';

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
const PROTOCOLS = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'];
const PROTOCOL = 'http/protobuf';

/**
 * Whether an endpoint is set, and tracing is not turned off by OTEL_SDK_DISABLED or OTEL_TRACES_EXPORTER. Notes a violation for an endpoint that is not a
 * URL, and for an unsupported protocol: the SDK would silently send the spans elsewhere.
 */
export function wantsTraces(env: Readonly<Record<string, string | undefined>>, violations: Violations): boolean {
  const read = (name: string): string => env[name]?.trim() ?? '';
  const firstOf = (names: readonly string[]): string | undefined => names.find((name) => read(name) !== '');
  const endpoint = firstOf(ENDPOINTS);
  const isOff = read('OTEL_SDK_DISABLED').toLowerCase() === 'true' || read('OTEL_TRACES_EXPORTER') === 'none';
  if (endpoint === undefined || isOff) return false;
  if (!/^https?:$/.test(URL.parse(read(endpoint))?.protocol ?? ''))
    violations.add(endpoint, 'must be the URL of a collector, such as http://localhost:4318');
  const protocol = firstOf(PROTOCOLS);
  if (protocol !== undefined && read(protocol) !== PROTOCOL) violations.add(protocol, `must be ${PROTOCOL}, or unset`);
  return true;
}
