/** The bounds hold with the fast path and without it. */
import type { ClientHttp2Session } from 'node:http2';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { openConnection, openStream, rawCall } from '../support/raw.ts';
import { startServer, type TestServer, type TestServerOptions } from '../support/server.ts';
import {
  askForToken,
  connectionsAreBounded,
  keylessCallsAreBounded,
  leftOpenStreamsAreClosed,
  metadataIsBounded,
  NOTHING,
  PATHS,
  SMALL,
} from './bounds.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closers.splice(0).reverse()) await close();
});

describe.each(['on', 'off'])('with the fast path %s', (fastPath) => {
  async function start({ flags, ...options }: TestServerOptions = {}): Promise<TestServer> {
    const server = await startServer({ ...options, flags: { fastPath, ...flags } });
    closers.push(() => server.close());
    return server;
  }

  test('connections, in all and of one address', async () => connectionsAreBounded(await start({ flags: SMALL })));
  test('streams that are left open', async () => leftOpenStreamsAreClosed(await start()));
  test('calls without an API key', async () => keylessCallsAreBounded(await start()));
  test('metadata', async () => metadataIsBounded(await start()));

  async function connect(server: TestServer) {
    const connection = await openConnection(server.address);
    closers.push(() => connection.destroy());
    return connection;
  }
  const WRONG = `otpd_${'a'.repeat(48)}`;

  test('a connection with 200 calls in a row without a right key is closed, and a good one of its address continues', async () => {
    const server = await start();
    const [good, bad] = [await connect(server), await connect(server)];
    for (let count = 0; count < 199; count += 1) {
      const { code } = await askForToken(bad, WRONG);
      expect(['UNAUTHENTICATED', 'RESOURCE_EXHAUSTED']).toContain(code);
    }
    expect(bad.destroyed).toBe(false);
    expect((await askForToken(good, server.apiKey)).code).toBe('OK');
    await askForToken(bad, WRONG);
    await expect.poll(() => bad.destroyed).toBe(true);
    for (let count = 0; count < 250; count += 1) expect((await askForToken(good, server.apiKey)).code).toBe('OK');
    expect(good.destroyed).toBe(false);
  });

  test('a right key that cannot be looked up does not count', async () => {
    const server = await start();
    const away = () => Promise.reject(new StoreUnavailableError(new Error('taken away by the test')));
    const unseen = await server.createKey();
    for (const name of ['find', 'findMany', 'version'] as const) vi.spyOn(server.app.store.keys, name).mockImplementation(away);
    const connection = await connect(server);
    for (let count = 0; count < 250; count += 1) expect((await askForToken(connection, unseen)).code).toBe('UNAVAILABLE');
    vi.restoreAllMocks();
    expect((await askForToken(connection, unseen)).code).toBe('OK');
  });

  const checkHealth = async (connection: ClientHttp2Session): Promise<string | undefined> =>
    (await rawCall(connection, PATHS.healthCheck, { body: NOTHING })).code;

  test('a health check does not count', async () => {
    const connection = await connect(await start());
    for (let count = 0; count < 250; count += 1) expect(await checkHealth(connection)).toBe('OK');
    expect(connection.destroyed).toBe(false);
  });

  test('a call over the bound of calls without a key is', async () => {
    const connection = await connect(await start());
    for (let count = 0; count < 10; count += 1) openStream(connection, PATHS.healthWatch);
    for (let count = 0; count < 199; count += 1) expect(await checkHealth(connection)).toBe('RESOURCE_EXHAUSTED');
    expect(connection.destroyed).toBe(false);
    await checkHealth(connection);
    await expect.poll(() => connection.destroyed).toBe(true);
  });

  test('a right key resets the count', async () => {
    const server = await start();
    const connection = await connect(server);
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < 199; count += 1) await askForToken(connection, WRONG);
      expect((await askForToken(connection, server.apiKey)).code).toBe('OK');
    }
    expect(connection.destroyed).toBe(false);
  });
});
