/** Whether calls are traced: the variables are those of OpenTelemetry, whose SDK reads the rest of them itself. */
import type { Violations } from '../otp/error.ts';

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
const PROTOCOLS = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'];
const PROTOCOL = 'http/protobuf';

/**
 * Whether an endpoint is set, and traces are not switched off by OTEL_SDK_DISABLED or OTEL_TRACES_EXPORTER. Adds a violation for an endpoint that is no
 * URL, and for a protocol that is not spoken: the SDK would send the spans elsewhere without a word.
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
