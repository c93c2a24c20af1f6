/** The public documents over HTTP: the page, if it is served, and the OpenAPI documents. */
import { readFileSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
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
/** Returns the answer as it is on the wire. */
const getRaw = (path: string, headers: Readonly<Record<string, string>>) =>
  send(Number(new URL(server.httpUrl).port), http1(`GET ${path} HTTP/1.1`, { connection: 'close', ...headers }));

/** Returns the files that the page names. */
function partsOf(page: string): string[] {
  return [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = '']) => path);
}

describe('the page', () => {
  test('has all its parts, which a digest names and a browser caches, in less than 100 kB', async () => {
    const response = await get('/');
    const page = await response.text();
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    const parts = partsOf(page);
    expect(parts.map((path) => path.split('.').at(-1)).toSorted()).toEqual(['css', 'js', 'svg']);
    for (const coding of ['br', 'gzip']) {
      let bytes = 0;
      for (const path of ['/', ...parts]) {
        const { status, headers } = await getRaw(path, { 'accept-encoding': coding });
        expect(status).toBe(200);
        bytes += Number(headers['content-length']);
        if (path.startsWith('/assets/')) expect(headers['cache-control']).toBe('max-age=31536000, immutable');
      }
      expect(bytes).toBeLessThan(MOST_BYTES);
    }
  });

  test.each([
    ['no word', undefined, undefined],
    ['gzip', 'gzip', 'gzip'],
    ['what browsers say', 'gzip, deflate, br, zstd', 'br'],
    ['anything', '*', 'br'],
    ['anything but br', '*, br;q=0', 'gzip'],
    ['nothing that is here', 'zstd, identity;q=0.5', undefined],
    ['neither', 'br;q=0, gzip;q=0', undefined],
    ['nonsense', ';;q=,,=', undefined],
  ])('is sent compressed as the caller takes it: %s', async (_, accepted, coding) => {
    for (const path of partsOf(await (await get('/')).text()).filter((part) => part.startsWith('/assets/'))) {
      const plain = await getRaw(path, {});
      const { status, headers, body } = await getRaw(path, accepted === undefined ? {} : { 'accept-encoding': accepted });
      expect([status, headers['content-encoding'], headers['vary']]).toEqual([200, coding, 'accept-encoding']);
      expect(headers['content-type']).toBe(plain.headers['content-type']);
      const decode = coding === 'br' ? brotliDecompressSync : coding === 'gzip' ? gunzipSync : (bytes: Buffer) => bytes;
      expect(decode(Buffer.from(body, 'latin1')).toString('latin1')).toBe(plain.body);
      if (coding !== undefined) expect(headers['etag']).not.toBe(plain.headers['etag']);
    }
  });

  test('is not sent again to a browser that has it', async () => {
    for (const path of ['/', '/favicon.svg', '/openapi.json', ...partsOf(await (await get('/')).text())]) {
      const first = await getRaw(path, { 'accept-encoding': 'gzip' });
      const { etag = '' } = first.headers;
      expect(etag).toMatch(/^"[\w-]{22}(?:-gzip)?"$/);
      for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await getRaw(path, { 'accept-encoding': 'gzip', 'if-none-match': tags });
        expect([again.status, again.body, again.headers['etag']]).toEqual([304, '', etag]);
        expect(again.headers['cache-control']).toBe(first.headers['cache-control']);
      }
      expect((await getRaw(path, { 'accept-encoding': 'gzip', 'if-none-match': '"other"' })).status).toBe(200);
    }
  });

  test('may run only its own code and styles, may not be framed, and has nothing inline', async () => {
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
    '/assets/COMPRESSED',
  ])('has no other files: %s', async (given) => {
    const [part = ''] = partsOf(await (await get('/')).text()).filter((one) => one.endsWith('.js'));
    const path = given.replace('/assets/COMPRESSED', `${part}.br`);
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
