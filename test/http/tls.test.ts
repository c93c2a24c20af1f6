/** HTTPS: the protocol that ALPN chooses, who is admitted, and that replaced certificates take effect without a restart. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type PeerCertificate } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { makeAuthority, makeCertificate, type Pair, readPair } from '../support/certificates.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { http1, http2 } from './raw.ts';

const PATH = '/otp.v1.OtpService/Token';
const BODY = '{"key":{"secret":"JBSWY3DPEHPK3PXP"}}';
const folder = mkdtempSync(join(tmpdir(), 'otpd-https-'));
const inUse: Pair = { cert: join(folder, 'in-use.crt'), key: join(folder, 'in-use.key') };
let ours: Pair;
let first: Pair;
let second: Pair;
let server: TestServer;
let port: number;

beforeAll(() => {
  ours = makeAuthority(folder, 'ours');
  first = makeCertificate(folder, 'first', ours);
  second = makeCertificate(folder, 'second', ours);
});
beforeEach(() => install(first));
afterEach(() => server.close());
afterAll(() => rmSync(folder, { recursive: true }));

function install({ cert, key }: Pair): void {
  copyFileSync(cert, inUse.cert);
  copyFileSync(key, inUse.key);
}

async function start(isMutual = false): Promise<void> {
  const files = { tlsCert: inUse.cert, tlsKey: inUse.key, ...(isMutual && { tlsClientCa: ours.cert }) };
  server = await startServer({ flags: { httpListen: '127.0.0.1:0', ...files } });
  expect(server.httpUrl).toMatch(/^https:/);
  port = Number(new URL(server.httpUrl).port);
}

const trusted = () => ({ ca: readFileSync(ours.cert), servername: 'localhost', host: '127.0.0.1', port });

/** Resolves to the status of a call over HTTP/1.1, or to the code of its error. */
function callHttp1(more: ConnectionOptions = {}): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ ...trusted(), ...more });
    const headers = { 'content-type': 'application/json', 'x-api-key': server.apiKey };
    socket.once('secureConnect', () => socket.write(http1(`POST ${PATH} HTTP/1.1`, headers, BODY)));
    socket.once('data', (bytes) => {
      resolve(bytes.toString('latin1', 9, 12));
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    socket.on('close', () => resolve('closed'));
  });
}

function certificate(): Promise<PeerCertificate> {
  return new Promise((resolve, reject) => {
    const socket = connect(trusted(), () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('HTTP/2 and HTTP/1.1 are spoken as ALPN chooses, and HTTP/1.1 if the caller knows no ALPN', async () => {
  await start();
  const session = connectHttp2(`https://localhost:${port}`, { ca: readFileSync(ours.cert) });
  const headers = { ':method': 'POST', ':path': PATH, 'content-type': 'application/json', 'x-api-key': server.apiKey };
  expect((await http2(session, headers, BODY)).status).toBe(200);
  expect(session.alpnProtocol).toBe('h2');
  session.destroy();
  expect(await callHttp1({ ALPNProtocols: ['http/1.1'] })).toBe('200');
  expect(await callHttp1()).toBe('200');
  expect(await callHttp1({ ALPNProtocols: ['spdy/3'] })).toMatch(/ERR_SSL|ECONNRESET|closed/);
});

test('a caller without TLS gets no answer', async () => {
  await start();
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
});

test('mutual TLS is demanded here too', async () => {
  await start(true);
  expect(await callHttp1()).toMatch(/ERR_SSL|ECONNRESET|closed/);
  expect(await callHttp1(readPair(first))).toBe('200');
});

test('a certificate that is replaced is used by the next connection', async () => {
  await start();
  const before = (await certificate()).fingerprint256;
  install(second);
  await expect.poll(async () => (await certificate()).fingerprint256, { timeout: 5000 }).not.toBe(before);
});
