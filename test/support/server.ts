/** A real server on 127.0.0.1:0 with a new data folder, a log in memory, and the API keys that a test needs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, build, type Ports } from '../../src/app/app.ts';
import { ensureRingFile, ringFile } from '../../src/app/ring-file.ts';
import { issueApiKey, type NewApiKey } from '../../src/auth/api-key.ts';
import { type Environment, type Flags, loadConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/observability/log.ts';
import { SCOPES } from '../../src/ports/principal.ts';
import { databaseFile } from '../../src/store/open.ts';
import { openPatientStore } from './patient-store.ts';

export interface TestServer {
  readonly app: App;
  readonly address: string;
  /** The port of the gRPC address. */
  readonly port: number;
  /** The URL of the HTTP door, which is off unless a flag turns it on. */
  readonly httpUrl: string;
  /** The URL of the operations door, which is off unless a flag turns it on. */
  readonly opsUrl: string;
  readonly dataDir: string;
  /** An API key of the plan `unlimited` with all scopes. */
  readonly apiKey: string;
  /** Makes another API key. */
  readonly createKey: (input?: Partial<NewApiKey>) => Promise<string>;
  /** All log lines so far. */
  readonly log: string[];
  readonly close: () => Promise<void>;
}

export interface TestServerOptions extends Partial<Ports> {
  readonly flags?: Flags;
  readonly env?: Environment;
  /** The data folder, which is kept. By default the server uses a new folder, and removes it at the end. */
  readonly dataDir?: string;
}

/** Starts a server. The test must close it. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { flags, env, clock = Date.now } = options;
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'otpd-test-'));
  const written: string[] = [];
  const log = options.log ?? createLog('info', { write: (text) => void written.push(text) });
  // The wire suites run with and without the fast path.
  const fastPath = process.env['OTPD_FAST_PATH'] ?? 'on';
  const config = loadConfig(
    { listen: '127.0.0.1:0', httpListen: 'off', opsListen: 'off', dataDir, shutdownGrace: '2', fastPath, ...flags },
    env ?? {},
  );
  // With a shared store the operator makes the ring, since no instance makes one.
  if (config.redis !== undefined) ensureRingFile(ringFile(dataDir), clock());
  const store = options.store ?? (config.redis === undefined ? openPatientStore(databaseFile(config.dataDir)) : undefined);
  const app = await build(config, { log, clock, ...(store && { store }) });
  const { grpc: address, http, ops } = await app.run();
  const createKey = async (input: Partial<NewApiKey> = {}): Promise<string> => {
    const { apiKey, record } = issueApiKey({ name: 'test', plan: 'unlimited', scopes: SCOPES, ...input }, clock());
    await app.store.keys.insert(record);
    return apiKey;
  };
  return {
    app,
    address,
    port: Number(address.slice(address.lastIndexOf(':') + 1)),
    httpUrl: `${config.tls === undefined ? 'http' : 'https'}://${http}`,
    opsUrl: `http://${ops}`,
    dataDir,
    apiKey: await createKey(),
    createKey,
    get log() {
      log.flush();
      return written.join('').split('\n').slice(0, -1);
    },
    close: async () => {
      await app.close();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
