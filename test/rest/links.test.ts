/** The links in Gentlent's answers: they lead to the server as its caller reaches it, and work on every instance with the same fingerprint key. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { connect } from 'node:http2';
import { request as requestHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeAuthority, makeCertificate, readPair } from '../support/certificates.ts';
import type { TestServerOptions } from '../support/server.ts';
import { postJson, type RestServer, startRestServer } from './rest-server.ts';

const PATH = '/tools/v1/otp';
const GENERATE = { type: 'time_based', action: 'generate' };

let parts: AsyncDisposableStack;
let shared: RestServer;

beforeAll(async () => {
  shared = await startRestServer();
});
afterAll(() => shared.close());
beforeEach(() => {
  parts = new AsyncDisposableStack();
});
afterEach(() => parts.disposeAsync());

async function start(options: TestServerOptions = {}): Promise<RestServer> {
  return parts.adopt(await startRestServer(options), (server) => server.close());
}

function makeFolder(): string {
  return parts.adopt(mkdtempSync(join(tmpdir(), 'otpd-links-')), (folder) => rmSync(folder, { recursive: true }));
}

/** Returns the link in an answer over HTTP/1.1 to a request with these headers, since `fetch` sets the host itself. */
async function linkOf(server: RestServer, more: Readonly<Record<string, string>> = {}, ca?: Buffer): Promise<string> {
  const headers = { 'x-api-key': server.apiKey, 'content-type': 'application/json', ...more };
  const send = ca === undefined ? requestHttp : requestHttps;
  const body = await new Promise<string>((resolve, reject) => {
    const options = { method: 'POST', headers, ...(ca && { ca }) };
    const sent = send(server.origin + PATH, options, async (response) => resolve((await response.toArray()).join('')));
    sent.on('error', reject).end(JSON.stringify(GENERATE));
  });
  return JSON.parse(body).qrcode_url;
}

const LINK = /^([^?]*)\/tools\/v1\/barcodes\?type=qr_code&scale=6&data=[\w-]+$/;
const originOf = (link: string): string | undefined => LINK.exec(link)?.[1];

describe('the origin of a link', () => {
  it.each([
    ['otp.example.com', 'http://otp.example.com'],
    ['otp.example.com:8443', 'http://otp.example.com:8443'],
    ['[2001:db8::1]:80', 'http://[2001:db8::1]:80'],
    ['otp.example.com/path', ''],
    ['evil.example@otp.example.com', ''],
    ['a"b', ''],
    ['otp.example.com:port', ''],
  ])('for host: %s is %s', async (host, origin) => {
    expect(originOf(await linkOf(shared, { host }))).toBe(origin);
  });

  it.each([
    ['127.0.0.1', 'https://otp.example.com'],
    ['192.0.2.1', 'http://inner'],
  ])('behind a proxy is what it says only if it is trusted: %s', async (trustedProxies, origin) => {
    const server = await start({ flags: { trustedProxies } });
    const headers = { host: 'inner', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'otp.example.com' };
    expect(originOf(await linkOf(server, headers))).toBe(origin);
  });

  it('is the authority of a call over HTTP/2', async () => {
    const session = parts.adopt(connect(shared.origin), (one) => one.destroy());
    const stream = session.request({
      ':method': 'POST',
      ':path': PATH,
      ':authority': 'otp.example.com',
      'x-api-key': shared.apiKey,
      'content-type': 'application/json',
    });
    stream.end(JSON.stringify(GENERATE));
    const body = JSON.parse((await stream.toArray()).join(''));
    expect(originOf(body.qrcode_url)).toBe('http://otp.example.com');
  });

  it('is of https over TLS', async () => {
    const folder = makeFolder();
    const authority = makeAuthority(folder, 'authority');
    const pair = makeCertificate(folder, 'server', authority);
    const server = await start({ flags: { tlsCert: pair.cert, tlsKey: pair.key } });
    expect(originOf(await linkOf(server, {}, readPair(authority).cert))).toBe(server.origin);
    expect(server.origin).toMatch(/^https:/);
  });
});

it('a link of one instance opens at another with its fingerprint key, and at no other', async () => {
  const one = shared;
  const fingerprintKeyFile = join(one.dataDir, 'fingerprint.key');
  const [same, another] = [await start({ flags: { fingerprintKeyFile } }), await start()];
  const { json } = await one.askWithKey(PATH, postJson(GENERATE));
  const path = (json as { qrcode_url: string }).qrcode_url.slice(one.origin.length);
  const statuses = await Promise.all([one, same, another].map(async (server) => (await server.ask(path)).status));
  expect(statuses).toEqual([200, 200, 404]);
});

it('callers of pictures are bounded, with a reason', async () => {
  const server = shared;
  const { json } = await server.askWithKey(PATH, postJson({ ...GENERATE, label: 'a'.repeat(250), issuer: 'b'.repeat(120) }));
  const path = (json as { qrcode_url: string }).qrcode_url.slice(server.origin.length);
  const replies = await Promise.all(Array.from({ length: 120 }, () => server.ask(path)));
  const statuses = new Set(replies.map(({ status }) => status));
  expect([...statuses].toSorted()).toEqual([200, 429]);
  expect(replies.find(({ status }) => status === 429)?.json).toEqual({ error: expect.stringContaining('too many') });
});
