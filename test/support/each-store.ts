/** Runs a suite over the wire, on a server with each kind of store. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { ensureFingerprintKey } from '../../src/app/fingerprint-key.ts';
import type { Flags } from '../../src/config/config.ts';
import { type RedisServer, redisSuite, startRedis } from './redis.ts';
import { startServer, type TestServer } from './server.ts';

/** Starts a server on the store of the suite. */
export type Start = (flags?: Flags) => Promise<TestServer>;

/** Runs the suite with SQLite and, if it is installed, with Redis. All servers on the same Redis share a fingerprint key. */
export function onEachStore(name: string, suite: (start: Start) => void): void {
  describe(`${name} with SQLite`, () => suite((flags = {}) => startServer({ flags })));

  redisSuite(`${name} with Redis`, () => {
    let redis: RedisServer;
    let fingerprintKeyFile: string;
    beforeAll(async () => {
      redis = await startRedis();
      fingerprintKeyFile = join(redis.folder, 'fingerprint.key');
      ensureFingerprintKey(fingerprintKeyFile);
    });
    afterAll(() => redis.stop());

    suite((flags = {}) => startServer({ flags: { redisUrl: redis.url, fingerprintKeyFile, ...flags } }));
  });
}
