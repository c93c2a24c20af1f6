/** The documents that anybody may read: OpenAPI's, and the page that tries the calls in a browser. */
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { FileAnswer, Files } from './files.ts';

/** Below the sources and below the compiled code alike. */
const ROOT = new URL('../../', import.meta.url);
const OPENAPI: ReadonlySet<string> = new Set(['openapi.json', 'openapi-admin.json', 'openapi-rest.json']);
const PAGE = 'web/dist/';
const INDEX = 'index.html';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** No code, style or form goes anywhere but here, and no other page may hold this one. The QR code comes in a `data:` URI. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');
const SAFE = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};
const PAGE_HEADERS = {
  ...SAFE,
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

/** The name of a built file has a digest of its content, but for these. */
const HASHED = /^\/assets\//;
const NOT_BUILT = 'The page is not built: run `npm run prepare`.\n';

export interface DocumentsOptions {
  /** Whether to serve the page. */
  readonly page: boolean;
  /** The port of the gRPC address, for the commands that the page shows. */
  readonly grpcPort: () => number;
}

/** The documents of this service. Files are read when they are asked for first. */
export function createDocuments({ page, grpcPort }: DocumentsOptions): Files {
  const loadPage = once(readPage);
  const openapi = new Map([...OPENAPI].map((name) => [`/${name}`, once(() => readDocument(name))]));
  return async (path) => {
    const document = openapi.get(path);
    if (document !== undefined) return document();
    if (!page) return undefined;
    const files = await loadPage();
    if (path !== '/') return files.get(path);
    const index = files.get(path);
    if (index === undefined) return { status: 404, headers: { 'content-type': 'text/plain' }, body: NOT_BUILT };
    return { ...index, body: String(index.body).replace(/(?<=name="otpd-grpc-port" content=")\d+/, String(grpcPort())) };
  };
}

async function readDocument(name: string): Promise<FileAnswer> {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache', ...SAFE };
  return { status: 200, headers, body: await readFile(new URL(`gen/${name}`, ROOT)) };
}

/** Every file of the page by its path: what is not in this list cannot be asked for. */
async function readPage(): Promise<ReadonlyMap<string, FileAnswer>> {
  const folder = new URL(PAGE, ROOT);
  // Without a build there is no folder.
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files = await Promise.all(
    names
      .filter((name) => extname(name) !== '')
      .map(async (name): Promise<[string, FileAnswer]> => {
        const path = name === INDEX ? '/' : `/${name}`;
        const type = TYPES[extname(name)] ?? 'application/octet-stream';
        const caching = HASHED.test(path) ? 'max-age=31536000, immutable' : 'no-cache';
        const headers = { 'content-type': type, 'cache-control': caching, ...PAGE_HEADERS };
        return [path, { status: 200, headers, body: await readFile(new URL(name, folder)) }];
      }),
  );
  return new Map(files);
}

/** `make`, called once even if its result is asked for many times. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
