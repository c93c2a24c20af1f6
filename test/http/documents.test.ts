/** The documents that anybody may read by HTTP: the page, where it is served at all, and the OpenAPI documents. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDocuments } from '../../src/http/documents.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { http1, send } from './raw.ts';

const MOST_BYTES = 100_000;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
});
afterAll(() => server.close());

const get = (path: string, init: RequestInit = {}) => fetch(`${server.httpUrl}${path}`, init);

/** The files that the page names. */
function partsOf(page: string): string[] {
  return [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = '']) => path);
}

describe('the page', () => {
  test('comes with all its parts, which a digest names and a browser keeps, in less than 100 kB', async () => {
    const response = await get('/');
    const page = await response.text();
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    const parts = partsOf(page);
    expect(parts.map((path) => path.split('.').at(-1)).toSorted()).toEqual(['css', 'js', 'svg']);
    let bytes = gzipSync(page).length;
    for (const path of parts) {
      const part = await get(path);
      expect(part.status).toBe(200);
      bytes += gzipSync(Buffer.from(await part.arrayBuffer())).length;
      if (path.startsWith('/assets/')) expect(part.headers.get('cache-control')).toBe('max-age=31536000, immutable');
    }
    expect(bytes).toBeLessThan(MOST_BYTES);
  });

  test('may run no code and load no style but its own, may be framed by nobody, and has neither inside', async () => {
    const response = await get('/');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"])
      expect(policy.split('; ')).toContain(rule);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(await response.text()).not.toMatch(/<style|style=|<script(?![^>]* src=)|\son\w+=/);
  });

  test('knows the port of gRPC, for the commands that it shows', async () => {
    expect(await (await get('/')).text()).toContain(`name="otpd-grpc-port" content="${server.port}"`);
  });

  test('is answered to HEAD without a body, and to nothing else', async () => {
    const head = await get('/', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await get('/', { method: 'POST' })).status).toBe(404);
  });

  test.each([
    '/index.html',
    '/assets',
    '/assets/',
    '/vite.config.ts',
    '/../package.json',
    '/assets/..%2f..%2fpackage.json',
    '//',
  ])('has no other files: %s', async (path) => {
    expect(await send(Number(new URL(server.httpUrl).port), http1(`GET ${path} HTTP/1.1`, {}))).toMatchObject({ status: 404 });
  });

  test('is served nowhere with --no-page; the OpenAPI documents still are', async () => {
    await using without = await stoppable(await startServer({ flags: { httpListen: '127.0.0.1:0', noPage: true } }));
    expect((await fetch(`${without.url}/`)).status).toBe(404);
    expect((await fetch(`${without.url}/favicon.svg`)).status).toBe(404);
    expect((await fetch(`${without.url}/openapi.json`)).status).toBe(200);
  });
});

describe.each(['openapi.json', 'openapi-admin.json', 'openapi-rest.json'])('/%s', (name) => {
  test('is what is generated', async () => {
    const response = await get(`/${name}`);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(readFileSync(`gen/${name}`));
  });
});

test('files are read once, and only when they are asked for', async () => {
  const documents = createDocuments({ page: true, grpcPort: () => 1 });
  const [one, other] = await Promise.all([documents('/openapi.json'), documents('/openapi.json')]);
  expect(one?.body).toBe(other?.body);
});

async function stoppable({ httpUrl, close }: TestServer): Promise<AsyncDisposable & { url: string }> {
  return { url: httpUrl, [Symbol.asyncDispose]: close };
}
