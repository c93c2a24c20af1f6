/** `otpd health`: its request, and its exit code if no server answers. */
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createOpsDoor } from '../../src/ops/server.ts';
import { freePort } from '../support/free-port.ts';
import { otpd } from './harness.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function openDoor(isReady: boolean, host = '127.0.0.1'): Promise<number> {
  const door = createOpsDoor({
    metrics: async () => ({ type: 'text/plain', text: '' }),
    isReady: () => isReady,
    onFault: () => undefined,
  });
  closers.push(door.close);
  return door.listen(host, 0);
}

/** Accepts connections, and answers with `answer`, by default with nothing. */
async function openSilence(answer = ''): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(answer);
    closers.unshift(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as { port: number }).port;
}

const at = (port: number) => ['health', '--ops-listen', `127.0.0.1:${port}`];

describe('otpd health', () => {
  it('exits 0 where calls are served', async () => {
    const port = await openDoor(true);
    expect(await otpd(at(port))).toEqual({ code: 0, out: 'ok\n', err: '' });
  });

  it('exits 1 where they are not, though the process lives', async () => {
    const port = await openDoor(false);
    const out = 'not ready: starting, stopping, or the store cannot be reached\n';
    expect(await otpd(at(port))).toEqual({ code: 1, out, err: '' });
    expect(await otpd([...at(port), '--live'])).toEqual({ code: 0, out: 'ok\n', err: '' });
  });

  it.each(['0.0.0.0', '[::]'])('asks over loopback a server that listens at %s', async (host) => {
    const port = await openDoor(true, host === '[::]' ? '::1' : '127.0.0.1');
    expect(await otpd(['health'], { env: { OTPD_OPS_LISTEN: `${host}:${port}` } })).toEqual({ code: 0, out: 'ok\n', err: '' });
  });

  it('exits with 1 if no server listens, and names the address', async () => {
    const port = await freePort();
    expect(await otpd(at(port))).toEqual({
      code: 1,
      out: `nobody answers at http://127.0.0.1:${port}/readyz (ECONNREFUSED): otpd does not run, or listens elsewhere (--ops-listen, OTPD_OPS_LISTEN)\n`,
      err: '',
    });
  });

  it('does not wait for ever, and exits 1', async () => {
    const port = await openSilence();
    expect(await otpd([...at(port), '--timeout', '0.2'])).toEqual({
      code: 1,
      out: `no answer from http://127.0.0.1:${port}/readyz within 0.2 s\n`,
      err: '',
    });
  });

  it('exits 1 on an answer that breaks off, and on one that is no HTTP', async () => {
    for (const answer of ['HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok', 'otpd?']) {
      const port = await openSilence(answer);
      expect((await otpd([...at(port), '--timeout', '0.2'])).code).toBe(1);
    }
  });

  it('prints JSON for machines', async () => {
    const port = await openDoor(false);
    const { code, out } = await otpd([...at(port), '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      healthy: false,
      url: `http://127.0.0.1:${port}/readyz`,
      detail: 'not ready: starting, stopping, or the store cannot be reached',
    });
  });

  it.each([
    ['off', 'error: the operations door is off: set --ops-listen/OTPD_OPS_LISTEN to ask the server\n'],
    ['9464', 'error: --ops-listen: not an address: use host:port, such as 127.0.0.1:50051 or [::1]:50051\n'],
  ])('exits 2 for %s', async (address, err) => {
    expect(await otpd(['health', '--ops-listen', address])).toEqual({ code: 2, out: '', err });
  });
});
