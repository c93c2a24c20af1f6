/** The operations door: metrics and probes for operators, in plain HTTP and without an API key. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

// Not by `import`, which evaluates each export of `node:http`, and so loads `fetch` and WebSocket at every start.
const { createServer } = process.getBuiltinModule('node:http');

/** Enough for scrapers and probes. */
const MOST_CONNECTIONS = 100;
const HEADER_BYTES = 8192;
const TIMEOUT_MS = 5000;

export interface OpsDoorParts {
  /** The metrics in a format, with their content type. */
  readonly metrics: (format: 'prometheus' | 'openmetrics') => Promise<{ readonly type: string; readonly text: string }>;
  /** Whether calls are served: everything listens, and the store can be reached. */
  readonly isReady: () => boolean;
  readonly onFault: (error: unknown) => void;
}

export interface OpsDoor {
  /** Listens; resolves to the port. */
  readonly listen: (host: string, port: number) => Promise<number>;
  readonly close: () => Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const TEXT = 'text/plain; charset=utf-8';
const text = (status: number, line: string): Answer => ({ status, type: TEXT, text: `${line}\n` });

/** OpenMetrics for a scraper that prefers it. Compares names alone, since scrapers add parameters. */
async function formatFor(request: IncomingMessage): Promise<'prometheus' | 'openmetrics'> {
  // Loaded with the first scrape instead of at the start.
  const { default: Negotiator } = await import('negotiator');
  const preferred = new Negotiator(request)
    .mediaTypes()
    .find((type) => /^(application\/openmetrics-text|text\/(plain|\*)|\*\/\*)$/.test(type));
  return preferred === 'application/openmetrics-text' ? 'openmetrics' : 'prometheus';
}

/** Makes the door. It answers GET and HEAD of `/metrics`, `/livez` (the process runs) and `/readyz` (it serves calls; otherwise 503). */
export function createOpsDoor({ metrics, isReady, onFault }: OpsDoorParts): OpsDoor {
  const pages: Readonly<Record<string, (request: IncomingMessage) => Answer | Promise<Answer>>> = {
    '/metrics': async (request) => ({ status: 200, ...(await metrics(await formatFor(request))) }),
    '/livez': () => text(200, 'ok'),
    '/readyz': () => (isReady() ? text(200, 'ok') : text(503, 'not ready: starting, stopping, or the store cannot be reached')),
  };

  async function answerOf(request: IncomingMessage): Promise<Answer> {
    const { method, url = '' } = request;
    const [path = ''] = url.split('?');
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (page === undefined) return text(404, `not found: there are ${Object.keys(pages).join(', ')}`);
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'only GET');
    try {
      return await page(request);
    } catch (error) {
      onFault(error);
      return text(500, 'the metrics cannot be read: see the log');
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, text: body } = await answerOf(request);
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(status === 405 && { allow: 'GET, HEAD' }),
    });
    // Node sends no body for a HEAD.
    response.end(body);
  }

  const server: Server = createServer(
    { maxHeaderSize: HEADER_BYTES, headersTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS, connectionsCheckingInterval: 1000 },
    (request, response) => void serve(request, response),
  );
  server.maxConnections = MOST_CONNECTIONS;
  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    close: async () => {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}
