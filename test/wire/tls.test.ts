/** TLS and mutual TLS: who is admitted, and that replaced certificates take effect without a restart. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type PeerCertificate } from 'node:tls';
import { credentials } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeAuthority, makeCertificate, type Pair, readPair } from '../support/certificates.ts';
import { createTestClient, methods } from '../support/client.ts';
import { startServer, type TestServer } from '../support/server.ts';

const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const folder = mkdtempSync(join(tmpdir(), 'otpd-tls-'));
const inUse: Pair = { cert: join(folder, 'in-use.crt'), key: join(folder, 'in-use.key') };
let ours: Pair;
let theirs: Pair;
let first: Pair;
let second: Pair;
let server: TestServer | undefined;

beforeAll(() => {
  ours = makeAuthority(folder, 'ours');
  theirs = makeAuthority(folder, 'theirs');
  first = makeCertificate(folder, 'first', ours);
  second = makeCertificate(folder, 'second', ours);
});
beforeEach(() => install(first));
afterEach(async () => server?.close());
afterAll(() => rmSync(folder, { recursive: true }));

function install({ cert, key }: Pair): void {
  copyFileSync(cert, inUse.cert);
  copyFileSync(key, inUse.key);
}

async function start(mutual: boolean): Promise<TestServer> {
  const files = { tlsCert: inUse.cert, tlsKey: inUse.key, ...(mutual && { tlsClientCa: ours.cert }) };
  server = await startServer({ flags: files });
  return server;
}

/** Calls Token with a trusted authority, and shows a certificate. */
async function call({ port, apiKey }: TestServer, trusted: Pair | undefined, shown?: Pair): Promise<string> {
  const own = shown && readPair(shown);
  const secure = trusted && credentials.createSsl(readFileSync(trusted.cert), own?.key ?? null, own?.cert ?? null);
  // By name, since Node refuses an IP address as the name that grpc-js requests.
  const client = createTestClient(`localhost:${port}`, apiKey, secure);
  const { code } = await client.call(methods.token, { key }, { deadlineMs: 3000 });
  client.close();
  return code;
}

/** Resolves to the name in the certificate that a new connection gets. */
function shownName({ port }: TestServer): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, ca: readFileSync(ours.cert), ALPNProtocols: ['h2'] };
    const socket = connect(options, () => {
      resolve(String((socket.getPeerCertificate() as PeerCertificate).subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe('TLS', () => {
  test('who trusts the authority is served, who trusts another or speaks plaintext is not', async () => {
    const running = await start(false);
    expect(await call(running, ours)).toBe('OK');
    expect(await call(running, theirs)).toBe('UNAVAILABLE');
    expect(await call(running, undefined)).toBe('UNAVAILABLE');
    expect(await call(running, ours)).toBe('OK');
  });

  test('files that cannot be used stop the start', async () => {
    writeFileSync(inUse.key, 'no key');
    await expect(start(false)).rejects.toThrow();
    copyFileSync(second.key, inUse.key);
    await expect(start(false)).rejects.toThrow();
    server = undefined;
  });
});

describe('mutual TLS', () => {
  test('only who shows a certificate of the authority is served', async () => {
    const running = await start(true);
    expect(await call(running, ours, makeCertificate(folder, 'client', ours))).toBe('OK');
    expect(await call(running, ours)).toBe('UNAVAILABLE');
    expect(await call(running, ours, makeCertificate(folder, 'stranger', theirs))).toBe('UNAVAILABLE');
  });
});

describe('certificates replaced on disk', () => {
  test('are shown to new connections within two seconds, and calls continue', async () => {
    const running = await start(false);
    expect(await shownName(running)).toBe('first');
    install(second);
    await expect.poll(() => shownName(running), { timeout: 2500, interval: 100 }).toBe('second');
    expect(await call(running, ours)).toBe('OK');
  });

  test('that cannot be used are reported once, the old ones stay, and later good ones are used', async () => {
    const running = await start(false);
    const told = () => running.log.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50);
    copyFileSync(second.cert, inUse.cert);
    await expect.poll(told, { timeout: 2500 }).toHaveLength(1);
    await sleep(2200);
    expect(told()).toHaveLength(1);
    expect(running.log.join('')).not.toContain(folder);
    expect(await shownName(running)).toBe('first');
    expect(await call(running, ours)).toBe('OK');
    copyFileSync(second.key, inUse.key);
    await expect.poll(() => shownName(running), { timeout: 2500, interval: 100 }).toBe('second');
  }, 15_000);
});
