/** The origins whose pages may call (Fetch standard, CORS protocol): none by default, and never with cookies. */
import type { Exchange } from './exchange.ts';

const METHODS = 'GET, POST';
const REQUEST_HEADERS = [
  ...['authorization', 'content-type', 'x-api-key', 'x-request-id', 'traceparent', 'tracestate'],
  ...['connect-protocol-version', 'connect-timeout-ms', 'connect-accept-encoding', 'connect-content-encoding'],
  ...['grpc-timeout', 'x-grpc-web', 'x-user-agent'],
].join(', ');
const EXPOSED = [
  ...['x-request-id', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'x-otpd-usage', 'retry-after'],
  ...['grpc-status', 'grpc-message', 'grpc-status-details-bin', 'connect-content-encoding'],
].join(', ');
/** How long a browser may cache the answer to a preflight, in s: the longest time that a browser accepts. */
const MAX_AGE = '7200';

export interface Cors {
  /**
   * Adds the headers that a page of another origin needs. Returns the next step: `serve` the request, `refuse` a preflight, or `nothing` for a
   * preflight that was answered here.
   */
  readonly handle: (exchange: Exchange) => 'serve' | 'refuse' | 'nothing';
}

/** @param origins such as `https://app.example.com`, or `*` for any. */
export function createCors(origins: readonly string[]): Cors {
  const isAny = origins.includes('*');
  const allowed = new Set(origins);
  return {
    handle(exchange) {
      const origin = exchange.header('origin');
      if (origin === undefined) return 'serve';
      const isAllowed = isAny || allowed.has(origin);
      const isPreflight = exchange.method === 'OPTIONS' && exchange.header('access-control-request-method') !== undefined;
      const vary = isAny || allowed.size === 0 ? {} : { vary: 'origin' };
      const own = isAllowed
        ? { 'access-control-allow-origin': isAny ? '*' : origin, 'access-control-expose-headers': EXPOSED }
        : {};
      exchange.common = { ...exchange.common, ...vary, ...own };
      if (!isPreflight) return 'serve';
      if (!isAllowed) return 'refuse';
      exchange.send(
        204,
        {
          'access-control-allow-methods': METHODS,
          'access-control-allow-headers': REQUEST_HEADERS,
          'access-control-max-age': MAX_AGE,
        },
        '',
      );
      return 'nothing';
    },
  };
}
