/** A server and a client for the tests of a file. */
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { createTestClient, type TestClient } from './client.ts';
import { startServer, type TestServer, type TestServerOptions } from './server.ts';

/** The server and the client, which run while a test runs. */
export interface Wire {
  readonly server: TestServer;
  readonly client: TestClient;
  /** Replaces the server by another. */
  restart(options: TestServerOptions): Promise<void>;
}

/** Returns the API key of each call that names no other. */
type KeyOf = (server: TestServer) => string | undefined;

const OWN_KEY: KeyOf = ({ apiKey }) => apiKey;

/** Starts a server for all tests of a file. */
export function wireForAll(): Wire {
  const [wire, start, stop] = createWire(OWN_KEY);
  beforeAll(() => start());
  afterAll(stop);
  return wire;
}

/** Starts a server for each test. */
export function wireForEach(keyOf: KeyOf = OWN_KEY): Wire {
  const [wire, start, stop] = createWire(keyOf);
  beforeEach(() => start());
  afterEach(stop);
  return wire;
}

function createWire(keyOf: KeyOf): [Wire, (options?: TestServerOptions) => Promise<void>, () => Promise<void>] {
  let server: TestServer | undefined;
  let client: TestClient | undefined;
  const start = async (options?: TestServerOptions) => {
    server = await startServer(options);
    client = createTestClient(server.address, keyOf(server));
  };
  const stop = async () => {
    client?.close();
    await server?.close();
  };
  const wire: Wire = {
    get server() {
      return running(server);
    },
    get client() {
      return running(client);
    },
    restart: async (options) => {
      await stop();
      await start(options);
    },
  };
  return [wire, start, stop];
}

function running<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('there is no server yet');
  return part;
}
