/** Connections that do not begin to speak HTTP/2 are closed after ten seconds, whatever they send; people with curl get an explanation. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority, makeCertificate, type Pair } from '../support/certificates.ts';
import { openConnection } from '../support/raw.ts';
import { runningMs } from '../support/running-time.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { askForToken } from './bounds.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const SILENT_MS = 10_000;
const folder = mkdtempSync(join(tmpdir(), 'otpd-silent-'));
const closers: (() => unknown)[] = [];
let pair: Pair;

beforeAll(() => {
  pair = makeCertificate(folder, 'server', makeAuthority(folder, 'ours'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function start(fastPath: string, tls = false): Promise<TestServer> {
  const server = await startServer({ flags: { fastPath, ...(tls && { tlsCert: pair.cert, tlsKey: pair.key }) } });
  closers.push(() => server.close());
  return server;
}

function open({ port }: TestServer): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  closers.push(() => socket.destroy());
  return socket.resume();
}

/** Sends a byte every half second, which takes longer than the time limit. */
async function drip(socket: Socket, text: string): Promise<void> {
  for (const byte of text) {
    if (socket.destroyed) return;
    socket.write(byte);
    await sleep(500);
  }
}

async function secure(socket: Socket): Promise<Socket> {
  const secured = connectTls({ socket, rejectUnauthorized: false, ALPNProtocols: ['h2'] }).on('error', () => undefined);
  await once(secured, 'secureConnect');
  return secured.resume();
}

/** Opens connections that send nothing or too little, and one that speaks HTTP/2. */
async function beSilent(fastPath: string): Promise<void> {
  const [plaintext, tls] = [await start(fastPath), await start(fastPath, true)];
  const [started, running] = [performance.now(), runningMs()];
  const silent: Record<string, Socket> = {
    nothing: open(plaintext),
    'half a preface': open(plaintext),
    'a preface byte by byte': open(plaintext),
    'no handshake': open(tls),
    'half a handshake': open(tls),
    'a handshake and nothing': open(tls),
    'a late handshake and half a preface': open(tls),
  };
  const closed = Object.entries(silent).map(async ([name, socket]) => {
    await once(socket, 'close');
    return { name, ms: performance.now() - started, busyMs: runningMs() - running };
  });
  const speaking = await openConnection(plaintext.address);
  closers.push(() => speaking.destroy());
  silent['half a preface']?.write(PREFACE.slice(0, 12));
  void drip(silent['a preface byte by byte'] as Socket, PREFACE);
  silent['half a handshake']?.write(Buffer.from('16030100f1010000ed0303', 'hex'));
  await secure(silent['a handshake and nothing'] as Socket);
  await sleep(SILENT_MS / 2);
  (await secure(silent['a late handshake and half a preface'] as Socket)).write(PREFACE.slice(0, 12));

  for (const { name, ms, busyMs } of await Promise.all(closed)) {
    expect(ms, name).toBeGreaterThan(SILENT_MS - 500);
    expect(busyMs, name).toBeLessThan(SILENT_MS + 3000);
  }
  expect((await askForToken(speaking, plaintext.apiKey)).code).toBe('OK');
  expect([...plaintext.log, ...tls.log].map((line) => JSON.parse(line)).filter(({ level }) => level >= 40)).toEqual([]);
}

test('they are closed after ten seconds, and others continue, in both modes', { timeout: 20_000 }, async () => {
  await Promise.all(['on', 'off'].map(beSilent));
});

describe.each(['on', 'off'])('with the fast path %s', (fastPath) => {
  test.each([
    'GET / HTTP/1.1\r\nhost: a\r\n\r\n',
    'POST /otp.v1.OtpService/Verify HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n',
  ])('HTTP/1.1 gets a short answer: %j', async (request) => {
    const socket = open(await start(fastPath));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.write(request);
    await once(socket, 'close');
    expect(answer).toBe(
      'HTTP/1.1 505 HTTP Version Not Supported\r\ncontent-type: text/plain\r\ncontent-length: 45\r\nconnection: close\r\n\r\n' +
        'This address speaks gRPC, over HTTP/2 alone.\n',
    );
  });

  test('anything else is closed at once, without an answer', async () => {
    const server = await start(fastPath);
    for (const bytes of ['SSH-2.0-x\r\n', Buffer.alloc(24, 0xa5), `${PREFACE.slice(0, 23)}X`, '\r\n']) {
      const socket = open(server);
      let answer = 0;
      socket.on('data', (chunk) => {
        answer += chunk.length;
      });
      socket.write(bytes);
      await once(socket, 'close');
      expect(answer).toBe(0);
    }
  });

  test('a stop waits for none of them', async () => {
    for (const tls of [false, true]) {
      const server = await start(fastPath, tls);
      const socket = open(server);
      await once(socket, 'connect');
      await sleep(50);
      const started = runningMs();
      await Promise.all([once(socket, 'close'), server.app.close()]);
      expect(runningMs() - started).toBeLessThan(1000);
    }
  });
});
