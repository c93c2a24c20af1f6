/** The public documents: OpenAPI, and the page that tries the calls in a browser. */
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { type Coding, type FileAnswer, type Files, tagOf } from './files.ts';

/** The project's folder, seen from the sources and from the compiled code. */
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

/** The page loads code and styles, and sends forms, only from and to this server, and no other page may embed it. The QR code is in a `data:` URI. */
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

/** The names of these files contain a digest of their content. */
const HASHED = /^\/assets\//;
/** The extensions of compressed files, which the build makes for the files in `assets`. */
const CODED: Readonly<Record<Coding, string>> = { br: '.br', gzip: '.gz' };
const NOT_BUILT = 'The page is not built: run `npm run prepare`.\n';

export interface DocumentsOptions {
  /** Whether to serve the page. */
  readonly page: boolean;
  /** The port of the gRPC address, for the commands that the page shows. */
  readonly grpcPort: () => number;
}

/** The documents of this service. A file is read at its first request. */
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
    const body = String(index.body).replace(/(?<=name="otpd-grpc-port" content=")\d+/, String(grpcPort()));
    return { ...index, body, tag: tagOf(body) };
  };
}

async function readDocument(name: string): Promise<FileAnswer> {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache', ...SAFE };
  const body = await readFile(new URL(`gen/${name}`, ROOT));
  return { status: 200, headers, body, tag: tagOf(body) };
}

/** The files of the page by path; only these can be requested. */
async function readPage(): Promise<ReadonlyMap<string, FileAnswer>> {
  const folder = new URL(PAGE, ROOT);
  // Without a build the folder is missing.
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const read = async (name: string): Promise<[string, Buffer]> => [name, await readFile(new URL(name, folder))];
  const contents = new Map(await Promise.all(names.filter((name) => extname(name) !== '').map(read)));
  const codedOf = (name: string): FileAnswer['coded'] => {
    const found = Object.entries(CODED).flatMap(([coding, ending]) => {
      const content = contents.get(name + ending);
      return content === undefined ? [] : [[coding, content] as const];
    });
    return found.length === 0 ? undefined : Object.fromEntries(found);
  };
  const isCoded = (name: string): boolean => Object.values(CODED).includes(extname(name));
  return new Map(
    [...contents].filter(([name]) => !isCoded(name)).map(([name, body]) => [pathOf(name), fileOf(name, body, codedOf(name))]),
  );
}

function pathOf(name: string): string {
  return name === INDEX ? '/' : `/${name}`;
}

function fileOf(name: string, body: Buffer, coded: FileAnswer['coded']): FileAnswer {
  const type = TYPES[extname(name)] ?? 'application/octet-stream';
  const caching = HASHED.test(pathOf(name)) ? 'max-age=31536000, immutable' : 'no-cache';
  const headers = { 'content-type': type, 'cache-control': caching, ...PAGE_HEADERS };
  return { status: 200, headers, body, tag: tagOf(body), ...(coded && { coded }) };
}

/** Wraps `make`, which is called once, at the first request for its result. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
