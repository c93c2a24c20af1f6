/** The real service on a free port, with a key for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../../src/app/app.ts';
import { issueApiKey } from '../../src/auth/api-key.ts';
import { loadConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/observability/log.ts';
import { SCOPES } from '../../src/ports/principal.ts';
import { databaseFile } from '../../src/store/open.ts';
import { openPatientStore } from '../support/patient-store.ts';

export interface Real extends AsyncDisposable {
  readonly dataDir: string;
  /** The environment of a client. */
  readonly env: Readonly<{ OTPD_ADDRESS: string; OTPD_API_KEY: string }>;
}

/** Starts the service in a new folder; `flags` as for `otpd serve`. */
export async function startReal(flags: Readonly<Record<string, string>> = {}): Promise<Real> {
  const dataDir = makeFolder();
  const config = loadConfig(
    { dataDir, listen: '127.0.0.1:0', httpListen: 'off', opsListen: 'off', logLevel: 'silent', ...flags },
    {},
  );
  const app = await build(config, {
    log: createLog('silent'),
    clock: Date.now,
    store: openPatientStore(databaseFile(config.dataDir)),
  });
  const { apiKey, record } = issueApiKey({ name: 'test', plan: 'unlimited', scopes: SCOPES }, Date.now());
  await app.store.keys.insert(record);
  const { grpc: address } = await app.run();
  const stop = async () => {
    await app.close();
    rmSync(dataDir, { recursive: true });
  };
  return { dataDir, env: { OTPD_ADDRESS: address, OTPD_API_KEY: apiKey }, [Symbol.asyncDispose]: stop };
}

/** Makes a new empty folder. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'otpd-cli-'));
}
